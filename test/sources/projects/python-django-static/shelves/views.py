from django.http import HttpResponse
from django.shortcuts import render

from shelves.models import Visit


def index(request):
    return render(request, "index.html")


def visits(request):
    Visit.objects.create()
    return HttpResponse(f"visits: {Visit.objects.count()}")
