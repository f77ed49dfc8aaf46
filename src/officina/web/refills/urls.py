"""Addresses of the refills desk."""

from django.urls import path

from officina.web.refills import views

app_name = "refills"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("due/", views.due, name="due"),
    path("<uuid:code>/", views.of_patient, name="of_patient"),
    path("<uuid:code>/one-date/", views.one_date, name="one_date"),
]
