"""The addresses of this desk."""

from django.urls import URLPattern

app_name = "audit"
urlpatterns: list[URLPattern] = []
