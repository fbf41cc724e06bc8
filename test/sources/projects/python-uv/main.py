from importlib.util import find_spec

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def index(request):
    return PlainTextResponse(f"Fair; group dev installed: {find_spec('iniconfig') is not None}")


app = Starlette(routes=[Route("/", index)])
