"""The addresses of this desk."""

from django.urls import URLPattern

app_name = "checking"
urlpatterns: list[URLPattern] = []
