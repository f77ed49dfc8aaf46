"""Addresses of the drug desk."""

from django.urls import path

from officina.web.drugdesk import views

app_name = "drugdesk"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("packages/", views.packages, name="packages"),
]
