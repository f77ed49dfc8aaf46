"""Addresses of the filling desk."""

from django.urls import path

from officina.web.filling import views

app_name = "filling"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("<uuid:code>/", views.work, name="work"),
    path("<uuid:code>/label.<str:kind>", views.label, name="label"),
]
