import os
from importlib.metadata import version

from bottle import Bottle

site = Bottle()


@site.get("/")
def index():
    return f"Tides {version('tides')}"


def main():
    site.run(host="0.0.0.0", port=int(os.environ.get("PORT", "8000")), quiet=True)
