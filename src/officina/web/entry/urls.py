"""Addresses of the entry desk."""

from django.urls import path

from officina.web.entry import views

app_name = "entry"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("<uuid:code>/", views.work, name="work"),
]
