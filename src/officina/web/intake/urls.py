"""Addresses of the intake desk."""

from django.urls import path

from officina.web.intake import views

app_name = "intake"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("transfer/", views.transfer, name="transfer"),
    path("emergency/", views.emergency, name="emergency"),
    path("by-hand/", views.by_hand, name="by_hand"),
    path("picture/<uuid:code>/", views.picture, name="picture"),
    path("<uuid:code>/", views.message, name="message"),
]
