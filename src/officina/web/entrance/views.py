"""The entrance: signing in with a password, switching by PIN, locking, signing out."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import Resolver404, resolve
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from officina.base import entering
from officina.base import queries as house
from officina.kernel.errors import Refused
from officina.web import shell
from officina.web.answers import show
from officina.web.entrance import second_factor
from officina.web.entrance.again import again
from officina.web.entrance.forms import PinForm, SignInForm
from officina.web.forms import form
from officina.web.http import DeskRequest, address_of

STATION_AGE = timedelta(days=400)


@shell.public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: DeskRequest) -> HttpResponse:
    if request.method == "POST":
        try:
            return _sign_in(request)
        except Refused as no:
            return again(request, "entrance/sign_in.html", no, _sign_in_page(request))
    return show(request, "entrance/sign_in.html", _sign_in_page(request))


def _sign_in_page(request: DeskRequest) -> dict[str, Any]:
    remembered = {"station": request.COOKIES.get("station", "")}
    asked = form(request, SignInForm, initial=remembered)
    # After a wrong password the name stays, and the cursor stands where the next try is typed.
    first = "password" if asked.is_bound and asked.data.get("username") else "username"
    asked.fields[first].widget.attrs["autofocus"] = True
    return {"form": asked, "next": _next(request)}


def _sign_in(request: DeskRequest) -> HttpResponse:
    facts = form(request, SignInForm, initial={}).facts()
    station = facts["station"]
    entered = entering.sign_in(
        facts["username"], facts["password"], station=station, address=address_of(request), at=request.at
    )
    if entered.needs_code:
        second_factor.keep_half(request, entered.actor, then=_next(request))
        response = HttpResponseRedirect("/sign-in/code")
    else:
        shell.seat(request.session, entered.actor, at=request.at, by="half" if entered.must_set_up else "password")
        response = HttpResponseRedirect("/second-factor" if entered.must_set_up else _next(request))
    rotate_token(request)
    _remember(response, station)
    return response


def _remember(response: HttpResponse, station: str) -> None:
    response.set_cookie(
        "station",
        station,
        max_age=STATION_AGE,
        httponly=True,
        samesite="Strict",
        secure=settings.SESSION_COOKIE_SECURE,
    )


@shell.at_the_lock
@sensitive_post_parameters("pin")
@require_http_methods(["GET", "POST"])
def switch(request: DeskRequest) -> HttpResponse:
    if request.method == "POST":
        try:
            return _open(request)
        except Refused as no:
            return again(request, "entrance/switch.html", no, _switch_page(request))
    return show(request, "entrance/switch.html", _switch_page(request))


def _switch_page(request: DeskRequest) -> dict[str, Any]:
    people = [c for c in house.colleagues(request.actor.site_id) if c.has_pin]
    return {"form": form(request, PinForm), "people": people, "next": _next(request), "chosen": _chosen(request)}


def _chosen(request: DeskRequest) -> int:
    """The person marked at first: whoever was chosen before a wrong PIN, else whoever sits here."""
    asked = request.POST.get("user", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 12 else request.actor.user_id


def _open(request: DeskRequest) -> HttpResponse:
    """Let the person whose PIN fits sit down; a page that was only covered is told to uncover itself."""
    facts = form(request, PinForm).facts()
    before = request.actor.user_id
    actor = entering.switch(
        request.actor.site_id,
        facts["user"],
        facts["pin"],
        station=request.session.get("station", ""),
        opened_by=request.session.get("opened_by", 0),
        proven=frozenset(request.session.get("proven", [])),
        at=request.at,
    )
    shell.seat(request.session, actor, at=request.at, by="pin")
    if "X-Cover" in request.headers and actor.user_id == before:
        return HttpResponse(status=204)
    return HttpResponseRedirect(_next(request))


@shell.at_the_lock
@sensitive_post_parameters("pin")
@require_http_methods(["GET", "POST"])
def lock(request: DeskRequest) -> HttpResponse:
    if request.method != "POST":
        return show(request, "entrance/lock.html", _lock_page(request))
    if request.POST.get("do") != "open":
        entering.lock(request.actor, at=request.at)
        shell.lock(request.session)
        if "X-Cover" in request.headers:
            return HttpResponse(status=204)
        return HttpResponseRedirect(f"/lock?{urlencode({'next': _next(request)})}")
    try:
        return _open(request)
    except Refused as no:
        if "X-Cover" in request.headers:
            return HttpResponse(no.sentence, status=422, content_type="text/plain; charset=utf-8")
        return again(request, "entrance/lock.html", no, _lock_page(request))


def _lock_page(request: DeskRequest) -> dict[str, Any]:
    return {"form": form(request, PinForm), "next": _next(request)}


@shell.at_the_lock
@require_POST
def sign_out(request: DeskRequest) -> HttpResponse:
    entering.sign_out(request.actor, at=request.at)
    request.session.flush()
    return HttpResponseRedirect("/sign-in")


def here(request: DeskRequest) -> HttpResponse:
    """Somebody types at a page that sends nothing for long: the door has noted it by now."""
    return HttpResponse(status=204)


def _next(request: DeskRequest) -> str:
    """Where to go on: a page of this house, by its path alone; the counter where somebody else's address stands there."""
    asked = request.POST.get("next") or request.GET.get("next") or "/"
    path = asked.split("?")[0]
    try:
        found = resolve(path)
    except Resolver404:
        return "/"
    return "/" if found.app_name == "entrance" or not path.startswith("/") or path.startswith("//") else path
