import os

from bottle import Bottle
from waitress import serve

from greeting import TEXT

app = Bottle()


@app.get("/")
def index():
    return TEXT


if __name__ == "__main__":
    serve(app, host="0.0.0.0", port=int(os.environ["PORT"]))
