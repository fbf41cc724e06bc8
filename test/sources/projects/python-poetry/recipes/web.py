from importlib.util import find_spec

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return f"Recipes; group dev installed: {find_spec('iniconfig') is not None}"
