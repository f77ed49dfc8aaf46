"""Addresses of the pick-up counter."""

from django.urls import path

from officina.web.pickup import deliveries, logbook, receipts, views, waiting

app_name = "pickup"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("reminders/", waiting.reminders, name="reminders"),
    path("returns/", waiting.returns, name="returns"),
    path("returns/tags.pdf", waiting.tags, name="tags"),
    path("pseudoephedrine/", logbook.logbook, name="logbook"),
    path("deliveries/", deliveries.deliveries, name="deliveries"),
    path("deliveries/<uuid:code>/", deliveries.delivery, name="delivery"),
    path("<uuid:code>/", views.work, name="work"),
    path("<uuid:code>/receipt/", receipts.receipt, name="receipt"),
    path("<uuid:code>/receipt.<str:kind>", receipts.paper, name="receipt_paper"),
]
