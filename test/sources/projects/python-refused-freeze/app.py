from bottle import Bottle

app = Bottle()


@app.get("/")
def index():
    return "Frozen in an environment of Conda\n"
