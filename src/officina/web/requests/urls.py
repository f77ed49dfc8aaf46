"""Addresses of the prescribers desk."""

from django.urls import path

from officina.web.requests import views

app_name = "requests"
urlpatterns = [path("", views.desk, name="desk")]
