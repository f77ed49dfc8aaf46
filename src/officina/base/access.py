"""Who may do what: acts, roles, licences and supervision, decided by one pure function that every service asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from uuid import uuid4

from officina.kernel.clock import day_of
from officina.kernel.errors import Refused

KEY_LENGTH = 64
"""So long may a key be under which a command is done once."""


def as_key(text: str) -> str:
    """A key of that name; a name that is too long is known by its digest."""
    return text if len(text) <= KEY_LENGTH else sha256(text.encode(errors="surrogatepass")).hexdigest()


class Licence(StrEnum):
    """The kinds of licence that law asks for."""

    PHARMACIST = "pharmacist"
    INTERN = "intern"
    TECHNICIAN = "technician"
    TRAINEE = "technician_trainee"
    PRODUCT_VERIFICATION = "technician_product_verification"


class Level(StrEnum):
    """How far a role may do an act."""

    ALONE = "alone"
    SUPERVISED = "supervised"


@dataclass(frozen=True, slots=True)
class Act:
    """Something a person does that may be allowed or not."""

    code: str
    title: str
    """Completes the sentence 'may …': 'pass the final check'."""
    licences: tuple[Licence, ...] = ()
    """One of these must be valid; empty asks only for the role's own."""
    not_by: tuple[str, ...] = ()
    """Names of earlier parts in the work ('filler') that must have been done by somebody else."""


_ACTS: dict[str, Act] = {}


def declare(code: str, title: str, *, licences: tuple[Licence, ...] = (), not_by: tuple[str, ...] = ()) -> Act:
    """Make an act known; each package declares its own in acts.py. A code declared twice is a bug."""
    assert code not in _ACTS, code
    _ACTS[code] = Act(code, title, licences, not_by)
    return _ACTS[code]


def act(code: str) -> Act:
    """The act of that code; an unknown code is a bug and raises KeyError."""
    return _ACTS[code]


def all_acts() -> tuple[Act, ...]:
    """Every declared act, by code."""
    return tuple(_ACTS[code] for code in sorted(_ACTS))


@dataclass(frozen=True, slots=True)
class LicenceFact:
    """A licence as held: its kind, the state that gave it ('US-WI'), number and last day of validity."""

    kind: str
    jurisdiction: str
    number: str
    expires_on: date

    def valid(self, jurisdiction: str, on: date) -> bool:
        return self.jurisdiction in {jurisdiction, "US"} and on <= self.expires_on

    def __str__(self) -> str:
        return f"{self.kind} {self.jurisdiction} {self.number} to {self.expires_on.isoformat()}"


@dataclass(frozen=True, slots=True)
class Supervisor:
    """The pharmacist under whom a supervised person works now."""

    user_id: int
    name: str
    grants: Mapping[str, str]
    licences: tuple[LicenceFact, ...]
    role_licences: tuple[str, ...] = ()
    """Kinds of which one must be valid for the supervisor's role to count at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person at a site with the role and licences they act by; the first argument of every service."""

    user_id: int
    name: str
    initials: str
    site_id: int
    site_name: str
    zone: str
    jurisdiction: str
    training: bool
    role: str
    role_title: str
    grants: Mapping[str, str]
    role_licences: tuple[str, ...] = ()
    """Kinds of which one must be valid for the role to count at all."""
    licences: tuple[LicenceFact, ...] = ()
    supervisor: Supervisor | None = None
    station: str = ""
    entrance: int = 0
    """Which edition of their password and second factor opened the door."""
    request_id: str = field(default_factory=lambda: uuid4().hex)
    key: str = ""
    """Idempotency key of the request: the same command with the same key is done once."""

    @property
    def state(self) -> str:
        """The state whose law holds at the actor's site, two letters; empty where it stands in none."""
        return self.jurisdiction.removeprefix("US-") if self.jurisdiction.startswith("US-") else ""

    def day(self, at: datetime) -> date:
        """The calendar day at the actor's site."""
        return day_of(at, self.zone)

    def for_part(self, part: object) -> "Actor":
        """The person doing one of several things under the one key of a page: each is a command of its own, done once."""
        if not self.key:
            return self
        return replace(self, key=as_key(f"{self.key}/{part}"))

    def may(self, what: Act, *, at: datetime, **done_by: int | None) -> bool:
        """Whether the act would be allowed: for buttons; services ask `must`."""
        return isinstance(decide(what, self, on=self.day(at), done_by=done_by), Allowed)

    def must(self, what: Act, *, at: datetime, site_id: int | None = None, **done_by: int | None) -> "Allowed":
        """Go on only if the act is allowed here and now; else Refused with the reason and who can."""
        answer = decide(what, self, on=self.day(at), site_id=site_id, done_by=done_by)
        if isinstance(answer, Allowed):
            return answer
        raise Refused(answer.code, answer.sentence)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go on; `under` names the supervising pharmacist where the act is done under one."""

    under: str = ""


@dataclass(frozen=True, slots=True)
class NeedsCosign:
    """Allowed only under a pharmacist who is named first."""

    sentence: str
    code: str = "needs_supervisor"


@dataclass(frozen=True, slots=True)
class Denied:
    """Not allowed; `code` says which of the four words stood in the way."""

    code: str
    sentence: str


Decision = Allowed | NeedsCosign | Denied


def decide(
    what: Act, actor: Actor, *, on: date, site_id: int | None = None, done_by: Mapping[str, int | None] | None = None
) -> Decision:
    """May this person do this act on this day? Role first, then licence, then same-person rules, then supervision.

    `site_id` is the site of the thing acted on; `done_by` names who did the earlier parts ({'filler': user id}).
    """
    if site_id is not None and site_id != actor.site_id:
        return Denied("wrong_site", "This belongs to another pharmacy.")
    level = actor.grants.get(what.code)
    if level is None:
        return Denied("not_in_role", f"{actor.role_title}s may not {what.title}.")
    lapse = _licence_problem(actor.role_licences, actor, on) or _licence_problem(what.licences, actor, on)
    if lapse is not None and level == Level.ALONE:
        return lapse
    if lapse is not None and _licence_problem(actor.role_licences, actor, on) is not None:
        return lapse
    for part in what.not_by:
        if (done_by or {}).get(part) == actor.user_id:
            return Denied("same_person", f"The {part} may not also {what.title}: somebody else must.")
    if level == Level.SUPERVISED:
        return _under_supervision(what, actor, on, done_by or {})
    return Allowed()


def _licence_problem(kinds: tuple[str, ...], actor: Actor, on: date) -> Denied | None:
    """What is wrong with the licences where one of `kinds` is needed; None where nothing is."""
    if not kinds:
        return None
    held = [lic for lic in actor.licences if lic.kind in kinds]
    if any(lic.valid(actor.jurisdiction, on) for lic in held):
        return None
    wanted = " or ".join(kind.replace("_", " ") for kind in kinds)
    if not held:
        return Denied("licence_missing", f"{actor.name} has no {wanted} licence on record here.")
    last = max(held, key=lambda lic: lic.expires_on)
    if on > last.expires_on:
        return Denied(
            "licence_lapsed",
            f"The {wanted} licence of {actor.name} expired on {last.expires_on:%b} {last.expires_on.day}, {last.expires_on.year}.",
        )
    return Denied(
        "licence_elsewhere",
        f"The {wanted} licence of {actor.name} is for {last.jurisdiction}, not for {actor.jurisdiction}.",
    )


def _under_supervision(what: Act, actor: Actor, on: date, done_by: Mapping[str, int | None]) -> Decision:
    """A supervised act needs a named supervisor who may do it alone, today, here."""
    boss = actor.supervisor
    if boss is None:
        return NeedsCosign(
            f"{actor.role_title}s may {what.title} only under a pharmacist: name the pharmacist on duty first."
        )
    if boss.grants.get(what.code) != Level.ALONE:
        return Denied("supervisor_may_not", f"{boss.name} may not {what.title}, so cannot supervise it.")
    valid = {lic.kind for lic in boss.licences if lic.valid(actor.jurisdiction, on)}
    if any(kinds and not valid.intersection(kinds) for kinds in (what.licences, boss.role_licences)):
        return Denied("supervisor_licence", f"{boss.name} has no valid licence to supervise this.")
    if any(done_by.get(part) == boss.user_id for part in what.not_by):
        return Denied("same_person", f"{boss.name} had an earlier part in this work and cannot supervise this act.")
    return Allowed(under=boss.name)
