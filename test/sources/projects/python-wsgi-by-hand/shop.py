def greet(path):
    return f"WSGI without a framework at {path}"
