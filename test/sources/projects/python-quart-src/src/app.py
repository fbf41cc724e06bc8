from quart import Quart

from pages import TITLE

app = Quart(__name__)


@app.get("/")
async def index():
    return f"<h1>{TITLE}</h1>"
