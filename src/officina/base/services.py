"""Opening a site; adding people, switching them off, and what an owner asks of them at the door."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.hashers import make_password

from officina.base import acts, audit, queries, roles, secrets
from officina.base.access import Actor, LicenceFact
from officina.base.command import command
from officina.base.content import unkept
from officina.base.models import AuditSeal, Licence, Membership, Role, Site, User
from officina.kernel.errors import Refused


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


def catch_up(*, at: datetime) -> None:
    """Give every site's default roles the acts that this edition added: else nobody in an older house may do what is new."""
    for site in queries.sites():
        if _behind(site):
            _catch_up(queries.setup_of(site), at=at)


def _behind(site: Site) -> list[tuple[Role, dict[str, str]]]:
    """Roles with the acts that the pack gives them and the house does not have yet. One statement."""
    wanted = {r.key: r.grants for r in roles.defaults(site.jurisdiction)}
    found = []
    for role in Role.objects.filter(site=site).order_by("key"):
        new = {act: level for act, level in wanted.get(role.key, {}).items() if act not in role.grants}
        if new:
            found.append((role, new))
    return found


@command
def _catch_up(actor: Actor, *, at: datetime) -> None:
    for role, new in _behind(queries.site(actor.site_id)):
        role.grants = {**role.grants, **new}
        role.save(update_fields=["grants"])
        audit.record(actor, audit.ROLE_RENEWED, at=at, on=role, after={"role": role.key, "acts": sorted(new)})


@command
@unkept
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
    if person.password and not actor.training:  # a training house prints its password for whoever tries it
        secrets.must_be_good_password(person.password, username=person.username)
    if person.pin and not actor.training:
        secrets.must_be_good_pin(person.pin)
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


@command
def switch_off(actor: Actor, *, username: str, at: datetime) -> User:
    """A person who left works here no more: every page of theirs is closed with its next request."""
    return _switch_to(actor, username=username, active=False, at=at)


@command
def switch_on(actor: Actor, *, username: str, at: datetime) -> User:
    """A person who was switched off may work here again."""
    return _switch_to(actor, username=username, active=True, at=at)


def _switch_to(actor: Actor, *, username: str, active: bool, at: datetime) -> User:
    actor.must(acts.MANAGE_STAFF, at=at)
    works = membership(actor, username)
    works.is_active = active
    works.save(update_fields=["is_active"])
    audit.record(actor, audit.SWITCHED_ON if active else audit.SWITCHED_OFF, at=at, on=works.user)
    return works.user


@command
@unkept
def set_password(actor: Actor, *, username: str, password: str, at: datetime) -> User:
    """Give a person a new password: whoever knew the old one is out with the next click."""
    actor.must(acts.MANAGE_STAFF, at=at)
    user = membership(actor, username).user
    secrets.must_be_good_password(password, username=user.username)
    user.password = make_password(password)
    user.entrance += 1
    user.save(update_fields=["password", "entrance"])
    audit.record(actor, audit.PASSWORD_SET, at=at, on=user)
    return user


@command
def ask_second_factor(actor: Actor, *, role: str, asked: bool, at: datetime) -> Role:
    """Say whether a role of the actor's site asks for a second factor, from the next sign-in on."""
    actor.must(acts.MANAGE_STAFF, at=at)
    found = Role.objects.filter(site_id=actor.site_id, key=role).first()
    if found is None:
        raise Refused("no_role", f"There is no role {role!r} here.")
    before, found.asks_second_factor = found.asks_second_factor, asked
    found.save(update_fields=["asks_second_factor"])
    audit.record(actor, audit.SECOND_FACTOR_ASKED, at=at, on=found, before={role: before}, after={role: asked})
    return found


def membership(actor: Actor, username: str) -> Membership:
    """The place of a person at the actor's site; Refused where nobody of that name works here."""
    found = Membership.objects.select_related("user").filter(site_id=actor.site_id, user__username=username).first()
    if found is None:
        raise Refused("no_person", f"Nobody called {username!r} works here.")
    return found


@command
def seal_audit(actor: Actor, *, at: datetime) -> AuditSeal | None:
    """Close the span of audit entries written since the last seal, or the first part of a long one."""
    return audit.seal(actor.site_id, at=at)


def people(actor: Actor) -> Sequence[queries.Colleague]:
    """The people who work at the actor's site."""
    return queries.colleagues(actor.site_id)
