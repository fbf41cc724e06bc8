from bottle import Bottle, static_file, template

app = Bottle()


@app.get("/")
def index():
    return template("index")


@app.get("/static/<name>")
def static(name):
    return static_file(name, root="static")
