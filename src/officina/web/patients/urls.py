"""Addresses of the patients' desk."""

from django.urls import path

from officina.web.patients import merging, views

app_name = "patients"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("new/", views.new, name="new"),
    path("duplicates/", merging.duplicates, name="duplicates"),
    path("<uuid:code>/", views.work, name="work"),
    path("<uuid:code>/with/<uuid:other>/", merging.compare, name="compare"),
]
