"""Addresses of the cash desk."""

from django.urls import path

from officina.web.cash import views

app_name = "cash"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("account/<uuid:code>/", views.account, name="account"),
]
