"""At the door: in by password and, where asked, a second factor; over by PIN; locked; out. Every try is slowed and recorded."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.hashers import make_password

from officina.base import audit, queries, second_factor, secrets, throttle
from officina.base.access import Actor
from officina.base.command import command
from officina.base.content import unkept
from officina.base.models import Role, User
from officina.kernel.errors import Refused


@dataclass(frozen=True, slots=True)
class Entered:
    """A person whose password was right, and what is still asked of them before they may work."""

    actor: Actor
    needs_code: bool
    """They have a second factor: nothing is open until its code is right."""
    must_set_up: bool
    """Their role asks for one that they have not set up: nothing is open but the page that sets it up."""


def sign_in(username: str, password: str, *, station: str, address: str, at: datetime) -> Entered:
    """Whoever gives a right password, at the newest site they work at; Refused otherwise, in one sentence and at one cost for all causes."""
    username = username.strip().lower()
    throttle.begin_password(username, address, at=at)
    user = User.objects.filter(username=username, is_active=True).first()
    right = secrets.fits(password, user.password if user else "")
    sites = queries.sites_of(user.pk) if user else []
    actor = queries.actor_for(user.pk, sites[0].pk, station=station) if user and sites else None
    if actor is None or not right:
        _note_failure(actor, station=station, address=address, at=at)
        raise Refused("sign_in", "The name and password do not fit together.")
    has = second_factor.is_set_up(actor.user_id)
    entered = Entered(actor, needs_code=has, must_set_up=not has and asks_second_factor(actor))
    if not has:
        _let_in(actor, username, address, at=at)
    return entered


def give_code(actor: Actor, code: str, *, address: str, at: datetime) -> None:
    """The second half of signing in: a code of the person's device, or one of their recovery codes; Refused where neither fits."""
    username = User.objects.values_list("username", flat=True).get(pk=actor.user_id)
    throttle.begin_password(username, address, at=at)
    if not second_factor.takes(actor, code, at=at):
        _note(actor, what=audit.SIGN_IN_FAILED, at=at, after={"address": address, "part": "second factor"})
        raise Refused("code", "This code does not fit. Wait for the next one, or type a recovery code.")
    _let_in(actor, username, address, at=at)


def asks_second_factor(actor: Actor) -> bool:
    """Whether the actor's role asks for a second factor. One statement."""
    return Role.objects.filter(site_id=actor.site_id, key=actor.role, asks_second_factor=True).exists()


def switch(
    site_id: int, user_id: int, pin: str, *, station: str, opened_by: int, proven: frozenset[int], at: datetime
) -> Actor:
    """Another person takes over, by PIN, a station that `opened_by` opened with a password and where they still may work.

    Whoever has a second factor, or needs one, must have given it at this station before (`proven`): a PIN does not stand in for it.
    """
    actor = queries.actor_for(user_id, site_id, station=station)
    if actor is None:
        raise Refused("pin", "This PIN does not fit this person.")
    if queries.actor_for(opened_by, site_id) is None:
        raise Refused("pin_station", "Nobody who works here opened this station: sign in with your password.")
    if user_id not in proven and (second_factor.is_set_up(user_id) or asks_second_factor(actor)):
        raise Refused("pin_factor", f"{actor.name} signs in once with password and code here; then the PIN holds.")
    throttle.begin_pin(user_id, actor.name, station, at=at)
    hashed = User.objects.values_list("pin_hash", flat=True).get(pk=user_id)
    if not secrets.fits(pin, hashed):
        _note(actor, what=audit.SIGN_IN_FAILED, at=at, after={"part": "PIN"})
        raise Refused("pin", "This PIN does not fit this person.")
    throttle.pin_was_right(user_id, station)
    _note(actor, what=audit.SWITCHED, at=at)
    return actor


def sign_out(actor: Actor, *, at: datetime) -> None:
    """Say that a person left the station."""
    _note(actor, what=audit.SIGNED_OUT, at=at)


def lock(actor: Actor, *, at: datetime) -> None:
    """Say that the station was locked, by hand or by idleness."""
    _note(actor, what=audit.LOCKED, at=at)


def change_own(actor: Actor, *, password: str, new_password: str, new_pin: str, address: str, at: datetime) -> Actor:
    """Somebody's own new password or PIN, after the present password was right; every other session of theirs ends with a new password.

    Tries are slowed like those at the door: who finds an open station must not guess there.
    """
    user = User.objects.get(pk=actor.user_id)
    throttle.begin_password(user.username, address, at=at)
    if not secrets.fits(password, user.password):
        _note(actor, what=audit.SIGN_IN_FAILED, at=at, after={"address": address, "part": "present password"})
        raise Refused(
            "password", "This is not your present password.", {"password": "This is not your present password."}
        )
    throttle.password_was_right(user.username, address, actor.user_id, at=at)
    if not (new_password or new_pin):
        nothing = "Type a new password, a new PIN, or both."
        raise Refused("nothing_new", nothing, {"new_password": nothing})
    try:
        if new_password:
            secrets.must_be_good_password(new_password, username=user.username)
        if new_pin:
            secrets.must_be_good_pin(new_pin)
    except Refused as weak:
        raise Refused(
            weak.code, weak.sentence, {f"new_{field}": said for field, said in (weak.fields or {}).items()}
        ) from weak
    _change_own(actor, user=user, new_password=new_password, new_pin=new_pin, at=at)
    return replace(actor, entrance=user.entrance)


@command
@unkept
def _change_own(actor: Actor, *, user: User, new_password: str, new_pin: str, at: datetime) -> None:
    if new_password:
        user.password = make_password(new_password)
        user.entrance += 1
    if new_pin:
        user.pin_hash = make_password(new_pin)
    user.save(update_fields=["password", "entrance", "pin_hash"])
    parts = [name for name, new in (("password", new_password), ("PIN", new_pin)) if new]
    audit.record(actor, audit.PASSWORD_SET, at=at, on=user, after={"own": parts})


def _let_in(actor: Actor, username: str, address: str, *, at: datetime) -> None:
    throttle.password_was_right(username, address, actor.user_id, at=at)
    throttle.pin_holds_again(actor.user_id, actor.station)
    _note(actor, what=audit.SIGNED_IN, at=at, after={"address": address})


def _note_failure(actor: Actor | None, *, station: str, address: str, at: datetime) -> None:
    """A name that nobody has is recorded at the newest site, and not kept: it may be a password in the wrong field."""
    sites = queries.sites()
    if actor is None and not sites:
        return
    who = actor or queries.nobody_at(sites[-1], station=station)
    _note(who, what=audit.SIGN_IN_FAILED, at=at, after={"address": address, "part": "password"})


@command
def _note(actor: Actor, *, what: str, at: datetime, after: dict[str, str] | None = None) -> None:
    audit.record(actor, what, at=at, after=after)
