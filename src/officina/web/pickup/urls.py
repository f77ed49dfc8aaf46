"""Addresses of the pick-up counter."""

from django.urls import path

from officina.web.pickup import views

app_name = "pickup"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("<uuid:code>/", views.work, name="work"),
]
