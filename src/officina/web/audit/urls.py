"""Addresses of the audit desk."""

from django.urls import path

from officina.web.audit import views

app_name = "audit"
urlpatterns = [path("", views.desk, name="desk")]
