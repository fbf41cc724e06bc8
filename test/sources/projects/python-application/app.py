from bottle import Bottle

from shelves.store import found_things

app = Bottle()


@app.get("/")
def index():
    return "Found: " + ", ".join(found_things()) + "\n"
