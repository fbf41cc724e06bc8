# /// script
# requires-python = ">=3.10"
# dependencies = [
#   "bottle==0.13.4",
# ]
# ///
import os

from bottle import get, run


@get("/")
def index():
    return "Tides of one file"


if __name__ == "__main__":
    run(host="0.0.0.0", port=int(os.environ.get("PORT", 8000)))
