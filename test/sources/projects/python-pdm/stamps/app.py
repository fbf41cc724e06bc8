from importlib.util import find_spec

import falcon


class Index:
    def on_get(self, request, response):
        response.text = f"Stamps; group dev installed: {find_spec('iniconfig') is not None}"


app = falcon.App()
app.add_route("/", Index())
