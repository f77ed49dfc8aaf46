"""Addresses of the patients' desk."""

from django.urls import path

from officina.web.patients import views

app_name = "patients"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("new/", views.new, name="new"),
    path("<uuid:code>/", views.work, name="work"),
]
