"""The answer to a question of law: allowed or not, by which rule, on whose word, until when, and when it would pass.

Rulings of the federal government and of a state are both asked for; `strictest` gives the one that binds, and says which.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from officina.kernel.errors import Refused
from officina.law.facts import US, Fact

Moment = date | datetime
"""A calendar day at the pharmacy, or an aware instant in the pharmacy's zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """One answer. `rule` is a sentence for the counter, `source` what to look up."""

    allowed: bool
    rule: str
    source: str
    code: str = ""
    """Stable, for programs, where a program asks."""
    passes_on: Moment | None = None
    """For what is refused now: the first day or moment on which it would pass; None: never."""
    until: Moment | None = None
    """The last day, or the last moment, on which it is allowed; None: no end in this rule."""
    for_whom: str = "the pharmacist"
    jurisdiction: str = US
    needs_review: bool = False
    missing: tuple[str, ...] = ()
    """What must still be recorded or asked before it may be done, in plain words."""
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Rule, date and source in one line, as it is shown at the counter."""
        parts = [self.rule]
        if self.missing:
            parts.append("Missing: " + "; ".join(self.missing) + ".")
        if self.passes_on is not None:
            parts.append(f"It would pass on {in_words(self.passes_on)}.")
        return " ".join([*parts, f"({self.source})"])

    def refuse(self) -> None:
        """Refused where it is not allowed, with date and source in the sentence."""
        if not self.allowed:
            raise Refused(self.code or "not_lawful", self.sentence)


def ruled(fact: Fact, *, allowed: bool, rule: str, **more: object) -> Ruling:
    """A ruling that rests on this fact: its source, its jurisdiction and its mark come along."""
    about = {"source": fact.source, "jurisdiction": fact.jurisdiction, "needs_review": fact.needs_review}
    return replace(Ruling(allowed=allowed, rule=rule, source=fact.source), **{**about, **more})  # type: ignore[arg-type]


def strictest(rulings: Iterable[Ruling]) -> Ruling:
    """The ruling that binds: a no before a yes, among the noes the one that passes latest, among the yeses the one that ends first.

    Notes and missing things of all are kept, since each law asks for its own. Of two that are alike the first is named, so
    federal law stands first. ValueError where there is none.
    """
    found = list(rulings)
    if not found:
        raise ValueError("no ruling to choose from")
    refused = [r for r in found if not r.allowed]
    end = min((r.until for r in found if r.until is not None), key=_end, default=None)
    if refused:
        binding = max(refused, key=lambda r: _start(r.passes_on))
        if binding.passes_on is not None and end is not None and _start(binding.passes_on) > _end(end):
            binding = replace(binding, passes_on=None)
    else:
        binding = _joined(found[0], min(found, key=lambda r: _end(r.until)))
    return replace(
        binding,
        until=end,
        needs_review=binding.needs_review or any(r.needs_review for r in refused),
        missing=tuple(dict.fromkeys(m for r in found for m in r.missing)),
        notes=tuple(dict.fromkeys(n for r in found for n in r.notes)),
    )


def _joined(first: Ruling, binding: Ruling) -> Ruling:
    """The yes that ends first, with the words of the rule that was asked about before its own."""
    if binding is first or binding.rule == first.rule:
        return binding
    return replace(
        binding,
        rule=f"{first.rule} {binding.rule}",
        source=f"{first.source}; {binding.source}",
        for_whom=first.for_whom,
        needs_review=first.needs_review or binding.needs_review,
    )


def is_past(moment: datetime, until: Moment | None) -> bool:
    """Whether this instant (in the pharmacy's zone) lies after the last day or moment."""
    if until is None:
        return False
    if isinstance(until, datetime):
        return moment.astimezone(UTC) > until.astimezone(UTC)
    return moment.date() > until


def in_words(moment: Moment) -> str:
    """'Nov 23, 2026', with '14:30' after it where the moment matters."""
    day = f"{moment:%b} {moment.day}, {moment.year}"
    return f"{day}, {moment:%H:%M}" if isinstance(moment, datetime) else day


def schedule_name(schedule: int) -> str:
    """'Schedule II'; 'not controlled' for 0."""
    return {
        0: "not controlled",
        1: "Schedule I",
        2: "Schedule II",
        3: "Schedule III",
        4: "Schedule IV",
        5: "Schedule V",
    }[schedule]


def _start(moment: Moment | None) -> datetime:
    """The beginning, as the pharmacy's clock on the wall shows it: days and instants compare; never lies at the end of time."""
    return _on_the_wall(moment, time.min)


def _end(moment: Moment | None) -> datetime:
    return _on_the_wall(moment, time.max)


def _on_the_wall(moment: Moment | None, of_day: time) -> datetime:
    if moment is None:
        return datetime.max.replace(tzinfo=UTC)
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=UTC)
    return datetime.combine(moment, of_day, tzinfo=UTC)


def instant(day: date, like: datetime, *, after: bool = False) -> datetime:
    """The midnight that begins this day (or, `after`, the one that ends it) in the zone of another instant."""
    return datetime.combine(day + timedelta(days=1) if after else day, time.min, tzinfo=like.tzinfo)
