import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"in {os.getcwd()} with itsdangerous {version('itsdangerous')}".encode())


HTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
