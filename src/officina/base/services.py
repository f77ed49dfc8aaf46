"""Opening a site, adding people, signing in and switching at a station."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password

from officina.base import acts, audit, queries, roles
from officina.base.access import Actor, LicenceFact
from officina.base.command import command
from officina.base.models import AuditEntry, AuditSeal, Licence, Membership, Role, Site, User
from officina.kernel.errors import Refused

SIGN_IN_WINDOW = timedelta(minutes=15)
SIGN_IN_TRIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSite:
    """What is needed to open a pharmacy."""

    name: str
    setting: str = "community"
    training: bool = False
    zone: str = "America/Chicago"
    jurisdiction: str = "US-WI"
    street: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    phone: str = ""
    npi: str = ""
    dea: str = ""
    ncpdp_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """A person who joins a site; `password` and `pin` are hashed before they are kept."""

    username: str
    name: str
    initials: str
    role: str
    password: str = ""
    pin: str = ""
    licences: tuple[LicenceFact, ...] = ()
    supervisor: str = ""
    """Username of the pharmacist under whom supervised acts are done."""


def open_site(new: NewSite, *, at: datetime) -> Actor:
    """Open a pharmacy with its default roles and its electronic interface; the answer may add the first people."""
    site = Site(**{f: getattr(new, f) for f in new.__slots__})
    actor = replace(queries.setup_of(site), site_id=0)
    return _open(actor, site=site, at=at)


@command
def _open(actor: Actor, *, site: Site, at: datetime) -> Actor:
    site.save()
    for r in roles.defaults(site.jurisdiction):
        Role.objects.create(site=site, key=r.key, title=r.title, grants=dict(r.grants), licences=list(r.licences))
    actor = queries.setup_of(site)
    audit.record(actor, audit.SITE_OPENED, at=at, on=site)
    add_person(
        actor,
        person=NewPerson(
            username=f"interface-{site.pk}", name="Electronic prescriptions", initials="e", role="interface"
        ),
        at=at,
    )
    return actor


@command
def add_person(actor: Actor, *, person: NewPerson, at: datetime) -> User:
    """Add a person with a role at the actor's site, with licences and, where supervised, a supervisor."""
    actor.must(acts.MANAGE_STAFF, at=at)
    if not Role.objects.filter(site_id=actor.site_id, key=person.role).exists():
        raise Refused("no_role", f"There is no role {person.role!r} here.", {"role": "Choose one of the site's roles"})
    if User.objects.filter(username=person.username).exists():
        raise Refused("username_taken", f"The name {person.username} is taken.", {"username": "This name is taken."})
    boss = User.objects.filter(username=person.supervisor).first() if person.supervisor else None
    if person.supervisor and boss is None:
        raise Refused(
            "no_supervisor",
            f"There is nobody named {person.supervisor} here to supervise.",
            {"supervisor": "No such person"},
        )
    user = User(username=person.username, name=person.name, initials=person.initials)
    user.password = make_password(person.password or None)
    user.pin_hash = make_password(person.pin) if person.pin else ""
    user.save()
    Membership.objects.create(
        user=user, site_id=actor.site_id, role=Role.objects.get(site_id=actor.site_id, key=person.role), supervisor=boss
    )
    Licence.objects.bulk_create(
        Licence(user=user, kind=x.kind, jurisdiction=x.jurisdiction, number=x.number, expires_on=x.expires_on)
        for x in person.licences
    )
    audit.record(actor, audit.USER_ADDED, at=at, on=user, after={"role": person.role, "username": person.username})
    return user


def sign_in(username: str, password: str, *, station: str, at: datetime) -> Actor:
    """The actor of a person who gives a right password, at the newest site they work at; Refused otherwise, in one sentence for all causes."""
    user = User.objects.filter(username=username.strip().lower(), is_active=True).first()
    sites = queries.sites_of(user.pk) if user else []
    right = check_password(password, user.password if user else make_password("nobody"))
    actor = queries.actor_for(user.pk, sites[0].pk, station=station) if user and sites else None
    if actor is None:
        raise Refused("sign_in", "The name and password do not fit together.")
    _throttle(actor, at=at)
    if not right:
        _note(actor, what=audit.SIGN_IN_FAILED, at=at)
        raise Refused("sign_in", "The name and password do not fit together.")
    _note(actor, what=audit.SIGNED_IN, at=at)
    return actor


def switch(site_id: int, user_id: int, pin: str, *, station: str, at: datetime) -> Actor:
    """Another person takes over a shared station by PIN."""
    actor = queries.actor_for(user_id, site_id, station=station)
    if actor is None:
        raise Refused("pin", "This PIN does not fit this person.")
    _throttle(actor, at=at)
    hashed = User.objects.values_list("pin_hash", flat=True).get(pk=user_id)
    if not hashed or not check_password(pin, hashed):
        _note(actor, what=audit.SIGN_IN_FAILED, at=at)
        raise Refused("pin", "This PIN does not fit this person.")
    _note(actor, what=audit.SWITCHED, at=at)
    return actor


def sign_out(actor: Actor, *, at: datetime) -> None:
    """Say that a person left the station."""
    _note(actor, what=audit.SIGNED_OUT, at=at)


def lock(actor: Actor, *, at: datetime) -> None:
    """Say that the station was locked, by hand or by idleness."""
    _note(actor, what=audit.LOCKED, at=at)


@command
def _note(actor: Actor, *, what: str, at: datetime) -> None:
    audit.record(actor, what, at=at)


def _throttle(actor: Actor, *, at: datetime) -> None:
    """A PIN or password cannot be guessed by trying: after some failures the person is shut out for a while."""
    failed = AuditEntry.objects.filter(
        site_id=actor.site_id, verb=audit.SIGN_IN_FAILED, user_id=actor.user_id, at__gt=at - SIGN_IN_WINDOW
    ).count()
    if failed >= SIGN_IN_TRIES:
        raise Refused("too_many_tries", "Too many wrong tries for this person. Wait 15 minutes, or ask the owner.")


@command
def seal_audit(actor: Actor, *, at: datetime) -> AuditSeal | None:
    """Close the span of audit entries written since the last seal."""
    return audit.seal(actor.site_id, at=at)


def people(actor: Actor) -> Sequence[queries.Colleague]:
    """The people who work at the actor's site."""
    return queries.colleagues(actor.site_id)
