"""Addresses of a medicine's page."""

from django.urls import path

from officina.web.drug import views

app_name = "drug"
urlpatterns = [path("<str:ndc>/", views.sheet, name="sheet")]
