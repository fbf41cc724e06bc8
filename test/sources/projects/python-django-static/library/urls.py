from django.urls import path
from shelves import views

urlpatterns = [path("", views.index), path("visits", views.visits)]
