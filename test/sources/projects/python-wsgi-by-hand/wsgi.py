from shop import greet


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [greet(environ["PATH_INFO"]).encode()]
