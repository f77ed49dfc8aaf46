"""Addresses of a prescription."""

from django.urls import path, re_path

from officina.web.prescription import views

app_name = "prescription"
urlpatterns = [
    path("<uuid:code>/", views.work, name="work"),
    re_path(r"^label/(?P<code>[0-9a-f-]{36})\.(?P<kind>png|pdf|zpl)$", views.label, name="label"),
]
