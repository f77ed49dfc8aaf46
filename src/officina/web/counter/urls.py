"""The addresses of the counter: what waits where, the search, the keys."""

from django.urls import path

from officina.web.counter import views

app_name = "counter"
urlpatterns = [
    path("", views.counter, name="counter"),
    path("search", views.search, name="search"),
    path("help/keys", views.keys, name="keys"),
]
