"""Addresses of the checking desk."""

from django.urls import path

from officina.web.checking import views

app_name = "checking"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("<uuid:code>/", views.work, name="work"),
    path("<uuid:code>/label.png", views.label, name="label"),
    path("<uuid:code>/bag.<str:kind>", views.tag, name="tag"),
]
