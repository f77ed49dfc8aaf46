"""Addresses of the desk of sig codes."""

from django.urls import path

from officina.web.sigcodes import views

app_name = "sigcodes"
urlpatterns = [path("", views.desk, name="desk")]
