from importlib.metadata import version

from bottle import Bottle

application = Bottle()


@application.get("/")
def index():
    return f"Ledger {version('ledger')}"
