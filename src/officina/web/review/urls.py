"""Addresses of the review desk."""

from django.urls import path

from officina.web.review import views

app_name = "review"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("<uuid:code>/", views.work, name="work"),
]
