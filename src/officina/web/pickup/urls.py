"""The addresses of this desk."""

from django.urls import URLPattern

app_name = "pickup"
urlpatterns: list[URLPattern] = []
