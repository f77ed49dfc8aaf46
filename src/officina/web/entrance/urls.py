"""The addresses of the entrance: in, over to somebody else, locked, out."""

from django.urls import path

from officina.web.entrance import own, second_factor, views

app_name = "entrance"
urlpatterns = [
    path("sign-in", views.sign_in, name="sign-in"),
    path("sign-in/code", second_factor.code, name="code"),
    path("second-factor", second_factor.set_up, name="second-factor"),
    path("own", own.own, name="own"),
    path("switch", views.switch, name="switch"),
    path("lock", views.lock, name="lock"),
    path("here", views.here, name="here"),
    path("sign-out", views.sign_out, name="sign-out"),
]
