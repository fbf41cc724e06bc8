from bottle import Bottle

site = Bottle()


@site.get("/")
def index():
    return "Installed by config.json"
