from bottle import Bottle

app = Bottle()


@app.get("/")
def index():
    return "Locked by PEP 751"
