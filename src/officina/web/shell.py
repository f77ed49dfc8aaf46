"""The door: who sits at this station, deny by default, the idle lock, and what every answer carries in its head."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from officina.base import queries as house
from officina.base.access import KEY_LENGTH, Actor
from officina.kernel import clock
from officina.web.http import DeskRequest, Outcome, Said

By = Literal["password", "pin", "half"]
"""How somebody sat down; "half": by a password alone where the role asks for a second factor, too."""
V = TypeVar("V", bound=Callable[..., Any])

SEEN_EVERY = timedelta(seconds=min(15, settings.IDLE_LOCK_SECONDS / 4))
"""Writing 'still here' at every click would make each page a write."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
"""No page asks for any of these: what runs in it by mistake shall not, either."""


def public(view: V) -> V:
    """A page that may be seen by nobody in particular. Everything else asks who is there."""
    view.door = "public"  # type: ignore[attr-defined]
    return view


def at_the_lock(view: V) -> V:
    """A page for a station that is taken but may be locked: the lock itself, and the switch."""
    view.door = "lock"  # type: ignore[attr-defined]
    return view


def setting_up(view: V) -> V:
    """The page that must be done before anything else opens, by whoever's role asks for a second factor."""
    view.door = "set up"  # type: ignore[attr-defined]
    return view


def seat(session: SessionBase, actor: Actor, *, at: datetime, by: By = "password") -> None:
    """Let a person sit down at the station of this session; a new session key, so that an old one opens nothing."""
    session.cycle_key()
    session["entrance"] = actor.entrance
    session.pop("half", None)
    session.pop("set_up", None)
    if by != "pin":
        session["opened_at"] = at.isoformat()
    if by == "password":
        prove(session, actor)
    elif by == "half":
        session["set_up"] = True
    session["user"], session["site"], session["station"] = actor.user_id, actor.site_id, actor.station
    session["seen"], session["locked"] = at.isoformat(), False
    session.pop("said", None)


def stay(session: SessionBase, actor: Actor) -> None:
    """Go on at this station under a new key after one's own password was changed; every other session of theirs has ended."""
    session.cycle_key()
    session["entrance"] = actor.entrance


def prove(session: SessionBase, actor: Actor) -> None:
    """All that was asked of this person was given here: now the station is open, and their PIN holds at it."""
    session["opened_by"] = actor.user_id
    session["proven"] = sorted({*session.get("proven", []), actor.user_id})
    session.pop("set_up", None)


def lock(session: SessionBase) -> None:
    """Cover the work; a PIN opens it again."""
    session["locked"] = True


def is_locked(session: SessionBase, *, at: datetime) -> bool:
    """Whether the station was locked by hand, or nobody did anything for too long."""
    seen = session.get("seen")
    idle = seen is None or at - datetime.fromisoformat(seen) > timedelta(seconds=settings.IDLE_LOCK_SECONDS)
    return bool(session.get("locked")) or idle


def is_over(session: SessionBase, *, at: datetime) -> bool:
    """Whether the password that opened the station was given too long ago, however busy it was since."""
    opened = session.get("opened_at")
    return opened is None or at - datetime.fromisoformat(opened) > timedelta(seconds=settings.SESSION_COOKIE_AGE)


def said(session: SessionBase) -> list[Said]:
    """What the last answer left to say, once."""
    return [Said(**s) for s in session.pop("said", [])] if "said" in session else []


class Door:
    """Puts actor, instant and outcome on the request; lets nobody in whom the house does not know today."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        desk = cast("DeskRequest", request)
        desk.at, desk.outcome = clock.now(), Outcome()
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Answers in place of the view where nobody is signed in, or the station is locked."""
        desk = cast("DeskRequest", request)
        door = getattr(view, "door", "signed")
        actor = _actor(desk)
        if actor is not None:
            desk.actor = actor
        if door == "public":
            return None
        if actor is None:
            desk.session.flush()
            return _to("/sign-in", desk, status=401)
        if door == "lock":
            return None
        if is_locked(desk.session, at=desk.at):
            return _to("/lock", desk, status=423)
        if desk.session.get("set_up") and door != "set up":
            return _to("/second-factor", desk, status=401)
        _note_seen(desk)
        return None


def _actor(request: DeskRequest) -> Actor | None:
    """The person of the session, as the house knows them now: whoever is switched off is out with the next click."""
    user_id, site_id = request.session.get("user"), request.session.get("site")
    if user_id is None or site_id is None:
        return None
    actor = house.actor_for(user_id, site_id, station=request.session.get("station", ""))
    if actor and (actor.entrance != request.session.get("entrance") or is_over(request.session, at=request.at)):
        return None
    key = request.POST.get("key", "")[:KEY_LENGTH] if request.method == "POST" else ""
    # Our pages send letters and digits; a zero byte is kept by no database.
    return replace(actor, key=key) if actor and key.isprintable() and key else actor


def _note_seen(request: DeskRequest) -> None:
    # A page that refreshes itself is not a person who is there.
    seen = datetime.fromisoformat(request.session["seen"])
    if request.at - seen >= SEEN_EVERY and "X-Refresh" not in request.headers:
        request.session["seen"] = request.at.isoformat()


def _to(path: str, request: DeskRequest, *, status: int) -> HttpResponse:
    """Send to a page and back again; a fragment cannot be sent away, so its page is told to go."""
    if request.htmx:
        return HttpResponse(
            status=status, headers={"HX-Trigger": "officina:locked"} if status == 423 else {"HX-Redirect": path}
        )
    back = request.get_full_path() if request.method == "GET" else request.path
    return HttpResponseRedirect(f"{path}?{urlencode({'next': back})}")
