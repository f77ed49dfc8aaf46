"""Addresses of the stockroom."""

from django.urls import path

from officina.web.stockroom import views

app_name = "stockroom"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("lot/<uuid:code>/", views.lot, name="lot"),
    path("lot/<uuid:code>/tag.<str:kind>", views.tag, name="tag"),
]
