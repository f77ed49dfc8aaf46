"""Addresses of a prescription."""

from django.urls import path

from officina.web.prescription import views

app_name = "prescription"
urlpatterns = [
    path("<uuid:code>/", views.work, name="work"),
    path("transfer/<uuid:code>/", views.transfer_record, name="transfer"),
    path("label/<uuid:code>.<str:kind>", views.label, name="label"),
]
