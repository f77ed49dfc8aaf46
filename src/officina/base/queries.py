"""Reading sites and people: the actor of a request, the people at a station."""

from dataclasses import dataclass, replace

from django.db.models import BigIntegerField

from officina.base import acts
from officina.base.access import Actor, LicenceFact, Supervisor
from officina.base.models import Licence, Membership, User
from officina.base.models import Site as Site
from officina.base.rows import Question


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person who can take over a station by PIN."""

    user_id: int
    name: str
    initials: str
    role_title: str
    has_pin: bool


_LICENCES = Question(lambda user: Licence.objects.filter(user=user).order_by("id"), user=BigIntegerField())
_WORKS = Question(
    lambda user, site: Membership.objects.select_related("user", "site", "role", "supervisor").filter(
        user=user, site=site, is_active=True, user__is_active=True
    ),
    user=BigIntegerField(),
    site=BigIntegerField(),
)
_SITE = Question(lambda pk: Site.objects.filter(pk=pk), pk=BigIntegerField())


def _licences(user: User) -> tuple[LicenceFact, ...]:
    return tuple(LicenceFact(x.kind, x.jurisdiction, x.number, x.expires_on) for x in _LICENCES(user=user.pk))


def actor_for(user_id: int, site_id: int, *, station: str = "", key: str = "") -> Actor | None:
    """The actor a person is at a site; None where they may not work there now. Two statements, four with a supervisor."""
    found = _WORKS.first(user=user_id, site=site_id)
    if found is None:
        return None
    site = found.site
    return Actor(
        user_id=found.user_id,
        name=found.user.name,
        initials=found.user.initials,
        site_id=site.pk,
        site_name=site.name,
        zone=site.zone,
        jurisdiction=site.jurisdiction,
        training=site.training,
        role=found.role.key,
        role_title=found.role.title,
        grants=found.role.grants,
        role_licences=tuple(found.role.licences),
        licences=_licences(found.user),
        supervisor=_supervisor(found.supervisor, site) if found.supervisor else None,
        station=station,
        entrance=found.user.entrance,
        key=key,
    )


def _supervisor(boss: User, site: Site) -> Supervisor | None:
    works = _WORKS.first(user=boss.pk, site=site.pk)
    if works is None:
        return None
    return Supervisor(boss.pk, boss.name, works.role.grants, _licences(boss), tuple(works.role.licences))


def actor_called(username: str, site_id: int, *, station: str = "") -> Actor | None:
    """The actor that a person of this user name is at a site; None where nobody of that name works there now."""
    found = User.objects.filter(username=username.strip(), is_active=True).values_list("pk", flat=True).first()
    return actor_for(found, site_id, station=station) if found is not None else None


def colleagues(site_id: int) -> list[Colleague]:
    """The people who work at a site, by name."""
    rows = Membership.objects.select_related("user", "role").filter(
        site_id=site_id, is_active=True, user__is_active=True
    )
    return [
        Colleague(m.user_id, m.user.name, m.user.initials, m.role.title, bool(m.user.pin_hash))
        for m in rows.exclude(role__key="interface").order_by("user__name")
    ]


def site(site_id: int) -> Site:
    """The site itself: its name, address and numbers for labels and messages."""
    found = _SITE.first(pk=site_id)
    if found is None:
        raise Site.DoesNotExist
    return found


def sites() -> list[Site]:
    """Every site of this installation, oldest first."""
    return list(Site.objects.order_by("pk"))


def sites_of(user_id: int) -> list[Site]:
    """The sites where a person works, newest first."""
    return list(Site.objects.filter(memberships__user_id=user_id, memberships__is_active=True).order_by("-pk"))


def interface_actor(site_id: int, *, station: str = "", key: str = "") -> Actor:
    """The actor under which messages come in by themselves."""
    user_id = Membership.objects.filter(site_id=site_id, role__key="interface").values_list("user_id", flat=True).get()
    actor = actor_for(user_id, site_id, station=station, key=key)
    assert actor is not None
    return actor


def setup_of(site: Site) -> Actor:
    """Who sets a site up before anybody works there, from the machine's own keyboard."""
    return Actor(
        user_id=0,
        name="Setup",
        initials="—",
        site_id=site.pk,
        site_name=site.name,
        zone=site.zone,
        jurisdiction=site.jurisdiction,
        training=site.training,
        role="setup",
        role_title="Setup",
        grants={acts.MANAGE_STAFF.code: "alone"},
        station="command line",
    )


def setup_actor(site_id: int) -> Actor:
    """Who sets up a site that exists."""
    return setup_of(site(site_id))


def nobody_at(site: Site, *, station: str) -> Actor:
    """Who tried a name that nobody here has: may do nothing, and has a line in the audit trail."""
    return replace(setup_of(site), name="Nobody known", role="", role_title="", grants={}, station=station)
