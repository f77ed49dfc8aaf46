"""The addresses of this desk."""

from django.urls import URLPattern

app_name = "entry"
urlpatterns: list[URLPattern] = []
