"""The audit trail: recorded in the transaction of the act, in words that outlive the account, sealed span by span."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection, models

from officina.base import numbering
from officina.base.access import Actor
from officina.base.models import AuditEntry, AuditSeal, Counter
from officina.base.paging import Page, page
from officina.base.rows import note
from officina.kernel.clock import add_days, begin_of

SEALS = "seal"
"""The series in which seals are counted: a seal removed from the end of the chain would leave it whole."""
_VERBS: dict[str, str] = {}
_FIELDS = (
    "id",
    "site_id",
    "at",
    "user_id",
    "name",
    "role",
    "licence",
    "supervisor",
    "station",
    "request_id",
    "verb",
    "on_type",
    "on_code",
    "why",
    "before",
    "after",
)


def verb(code: str, sentence: str) -> str:
    """Register a verb with the sentence that tells it; a verb registered twice is a bug."""
    assert code not in _VERBS, code
    _VERBS[code] = sentence
    return code


def sentence(code: str) -> str:
    """How a verb is told; KeyError for one that nobody registered."""
    return _VERBS[code]


def verbs() -> Mapping[str, str]:
    """Every registered verb with its sentence."""
    return dict(_VERBS)


REFUSED = verb("act.refused", "was refused")
SIGNED_IN = verb("user.signed_in", "signed in")
SIGNED_OUT = verb("user.signed_out", "signed out")
SIGN_IN_FAILED = verb("user.sign_in_failed", "failed to sign in")
SWITCHED = verb("user.switched", "took over the station by PIN")
LOCKED = verb("station.locked", "locked the station")
SECOND_FACTOR_SET = verb("user.second_factor_set", "set up a second factor")
SECOND_FACTOR_RESET = verb("user.second_factor_reset", "took away the second factor of")
RECOVERY_USED = verb("user.recovery_code_used", "used a recovery code")
SECOND_FACTOR_ASKED = verb("role.second_factor", "changed whether a role asks for a second factor")
SWITCHED_OFF = verb("user.switched_off", "switched off a person")
SWITCHED_ON = verb("user.switched_on", "switched a person on again")
PASSWORD_SET = verb("user.password_set", "set the password of")
USER_ADDED = verb("user.added", "added a person")
SITE_OPENED = verb("site.opened", "opened the site")
ROLE_RENEWED = verb("site.role_renewed", "gave a role what this edition can do")


def record(
    actor: Actor,
    what: str,
    *,
    at: datetime,
    on: models.Model | None = None,
    why: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    under: str = "",
) -> None:
    """Write one entry in the running transaction. Writes one row."""
    sentence(what)
    note(
        AuditEntry,
        site_id=actor.site_id,
        at=at,
        user_id=actor.user_id,
        name=actor.name,
        role=actor.role_title,
        licence="; ".join(str(lic) for lic in actor.licences)[:200],
        supervisor=under or (actor.supervisor.name if actor.supervisor else ""),
        station=actor.station,
        request_id=actor.request_id,
        verb=what,
        on_type=on._meta.model_name or "" if on is not None else "",
        on_code=str(getattr(on, "code", on.pk)) if on is not None else "",
        why=why,
        before=before,
        after=after,
    )


def _line(row: Mapping[str, Any]) -> bytes:
    """One entry as canonical text: the same on both databases, whatever order their JSON keeps."""
    plain = {**row, "at": row["at"].isoformat(timespec="microseconds")}
    return json.dumps(plain, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _digest(previous: str, rows: Iterable[Mapping[str, Any]]) -> tuple[str, int, int]:
    """Hash of a span chained to the seal before it, with its count and last id."""
    state = hashlib.sha256(previous.encode())
    count = last = 0
    for row in rows:
        state.update(_line(row))
        count, last = count + 1, row["id"]
    return state.hexdigest(), count, last


def _span(site_id: int, after: int, last: int | None = None, most: int | None = None) -> Iterator[dict[str, Any]]:
    rows = AuditEntry.objects.filter(site_id=site_id)
    if after:
        # The first span has no beginning: a row put in with a number below one would be in none.
        rows = rows.filter(id__gt=after)
    if last is not None:
        rows = rows.filter(id__lte=last)
    yield from rows.order_by("id").values(*_FIELDS)[:most].iterator(chunk_size=2000)


LONGEST = 20_000
"""Entries that one seal closes: whoever writes waits for it meanwhile, half a second at most."""


def seal(site_id: int, *, at: datetime) -> AuditSeal | None:
    """Close the span of the entries since the last seal, at most `LONGEST`; None where there is nothing new. Must run in a transaction.

    On PostgreSQL a table lock waits for writers under way, so that no entry can slip into a closed span later, and for who seals too.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute('LOCK TABLE "base_auditentry" IN SHARE ROW EXCLUSIVE MODE')
    before = AuditSeal.objects.filter(site_id=site_id).order_by("-id").first()
    after_id, previous = (before.last_id, before.digest) if before else (0, "")
    digest, count, last = _digest(previous, _span(site_id, after_id, most=LONGEST))
    if not count:
        return None
    numbering.take(site_id, SEALS)
    return AuditSeal.objects.create(
        site_id=site_id, at=at, after_id=after_id, last_id=last, entries=count, previous=previous, digest=digest
    )


def broken_seals(site_id: int) -> Iterator[str]:
    """A sentence for each sealed span whose entries no longer give its hash, and for seals that are gone. Reads every sealed entry."""
    seals = list(AuditSeal.objects.filter(site_id=site_id).order_by("id"))
    before: AuditSeal | None = None
    for s in seals:
        previous, last = (before.digest, before.last_id) if before else ("", 0)
        if s.after_id != last:
            yield f"audit seal {s.pk}: the chain is broken before entry {s.after_id + 1}; entries {last + 1} to {s.after_id} have no seal"
        elif s.previous != previous:
            yield f"audit seal {s.pk}: the chain is broken before entry {s.after_id + 1}; this seal or the one before was changed"
        digest, count, _ = _digest(s.previous, _span(site_id, s.after_id, s.last_id))
        if (digest, count) != (s.digest, s.entries):
            yield (
                f"audit entries {s.after_id + 1} to {s.last_id}: sealed as {s.entries}, found {count}; "
                f"rows were changed, removed or added in what was written {_when(before, s)}"
            )
        before = s
    made = Counter.objects.filter(site_id=site_id, series=SEALS).values_list("value", flat=True).first() or 0
    if len(seals) < made:
        end = f"the last that stands closes entry {before.last_id}, of {_at(before)}" if before else "none stands"
        yield f"audit seals: {made} were made, {len(seals)} stand; {end}"


def _when(before: AuditSeal | None, seal: AuditSeal) -> str:
    return f"between {_at(before)} and {_at(seal)}" if before else f"before {_at(seal)}"


def _at(seal: AuditSeal) -> str:
    return f"{seal.at:%b %d, %Y %H:%M:%S} UTC"


def is_sealed(digest: str) -> bool:
    """Whether a seal of this hash stands, at any site: a hash kept elsewhere shows whether the chain was made anew."""
    return AuditSeal.objects.filter(digest=digest.strip().lower()).exists()


def entries(
    actor: Actor,
    *,
    verb: str = "",
    user_id: int | None = None,
    on_codes: Iterable[str] | None = None,
    day: date | None = None,
    cursor: str = "",
    size: int = 50,
) -> Page[AuditEntry]:
    """The actor's site's entries, newest first; the cost is the same on the first page and on the thousandth.

    `on_codes` are the codes of what they are about (None: anything), `day` is one of the site's calendar.
    """
    rows = AuditEntry.objects.filter(site_id=actor.site_id)
    if verb:
        rows = rows.filter(verb=verb)
    if user_id is not None:
        rows = rows.filter(user_id=user_id)
    if on_codes is not None:
        rows = rows.filter(on_code__in=list(on_codes))
    if day is not None:
        rows = rows.filter(at__gte=begin_of(day, actor.zone), at__lt=begin_of(add_days(day, 1), actor.zone))
    return page(rows, cursor=cursor, size=size)


def seals(actor: Actor, *, most: int = 12) -> list[AuditSeal]:
    """The latest seals of the actor's site."""
    return list(AuditSeal.objects.filter(site_id=actor.site_id).order_by("-id")[:most])
