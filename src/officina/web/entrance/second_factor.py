"""The second factor at the entrance: its code after the password, and the page where a device is set up."""

from datetime import datetime, timedelta
from typing import Any

import segno
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.utils.safestring import mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from officina.base import entering, second_factor, totp
from officina.base import queries as house
from officina.base.access import Actor
from officina.kernel.errors import Refused
from officina.web import shell
from officina.web.answers import show
from officina.web.entrance.again import again
from officina.web.entrance.forms import CodeForm
from officina.web.forms import form
from officina.web.http import DeskRequest, address_of

HALF_AGE = timedelta(minutes=5)
SET_UP = "entrance/second_factor.html"


def keep_half(request: DeskRequest, actor: Actor, *, then: str) -> None:
    """Remember whose password was right until the code comes. It opens nothing: whoever sat here before still does."""
    request.session.cycle_key()
    request.session["half"] = {
        "user": actor.user_id,
        "site": actor.site_id,
        "station": actor.station,
        "entrance": actor.entrance,
        "then": then,
        "at": request.at.isoformat(),
    }


def _half(request: DeskRequest) -> Actor | None:
    """Whose code is waited for; nobody after five minutes, or where the password was changed meanwhile."""
    kept = request.session.get("half")
    if not kept or request.at - datetime.fromisoformat(kept["at"]) > HALF_AGE:
        return None
    actor = house.actor_for(kept["user"], kept["site"], station=kept["station"])
    return actor if actor and actor.entrance == kept["entrance"] else None


@shell.public
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def code(request: DeskRequest) -> HttpResponse:
    actor = _half(request)
    if actor is None:
        request.session.pop("half", None)
        return HttpResponseRedirect("/sign-in")
    if request.method == "POST":
        try:
            return _give(request, actor)
        except Refused as no:
            return again(request, "entrance/code.html", no, {"form": form(request, CodeForm)})
    return show(request, "entrance/code.html", {"form": form(request, CodeForm)})


def _give(request: DeskRequest, actor: Actor) -> HttpResponse:
    then = request.session["half"]["then"]
    given = form(request, CodeForm).facts()["code"]
    entering.give_code(actor, given, address=address_of(request), at=request.at)
    shell.seat(request.session, actor, at=request.at)
    rotate_token(request)
    return HttpResponseRedirect(then)


@shell.setting_up
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def set_up(request: DeskRequest) -> HttpResponse:
    if second_factor.is_set_up(request.actor.user_id):
        return show(request, SET_UP, {"left": second_factor.recovery_left(request.actor.user_id)})
    if request.actor.user_id not in request.session.get("proven", []) and not request.session.get("set_up"):
        # A PIN is short: whoever learned one must not bind a device of their own to somebody else's name.
        return show(request, SET_UP, {"needs_password": True})
    if request.method != "POST":
        return show(request, SET_UP, _device(request))
    try:
        codes = second_factor.confirm(request.actor, code=form(request, CodeForm).facts()["code"], at=request.at)
    except Refused as no:
        return again(request, SET_UP, no, _device(request))
    shell.prove(request.session, request.actor)
    return show(request, SET_UP, {"codes": codes})


def _device(request: DeskRequest) -> dict[str, Any]:
    """The square to scan, the same secret as letters, and the field for the first code."""
    secret = second_factor.begin(request.actor, at=request.at)
    account = f"{request.actor.name}, {request.actor.site_name}"
    address = totp.as_address(secret, account=account, issuer="Officina")
    drawn = segno.make(address, error="m", micro=False).svg_inline(scale=4, dark="#000", light="#fff", border=4)
    return {
        "square": mark_safe(drawn),  # noqa: S308  drawn here, from numbers
        "letters": totp.as_text(secret),
        "form": form(request, CodeForm),
        "asked": bool(request.session.get("set_up")),
    }
