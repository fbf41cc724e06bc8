from django.http import HttpResponse
from django.urls import path


async def index(request):
    return HttpResponse(f"served by {request.__class__.__name__}")


urlpatterns = [path("", index)]
