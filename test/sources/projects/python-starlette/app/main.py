from starlette.applications import Starlette
from starlette.routing import Route

from .pages import homepage

app = Starlette(routes=[Route("/", homepage)])
