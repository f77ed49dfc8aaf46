"""Addresses of the refills desk."""

from django.urls import path

from officina.web.refills import views

app_name = "refills"
urlpatterns = [path("", views.desk, name="desk"), path("<uuid:code>/", views.of_patient, name="of_patient")]
