from importlib.util import find_spec

import bottle

app = bottle.Bottle()


@app.get("/")
def index():
    return f"Bottled; dev-packages installed: {find_spec('iniconfig') is not None}"
