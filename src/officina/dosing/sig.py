"""Directions as typed → structured dosage, or the readings where there are several, or the place that was not understood.

>>> read("1 tab PO BID").dosage.parts[0].amount
Amount(low=Fraction(1, 1), high=Fraction(1, 1), unit='tablet')
>>> read("instill 1 drop od bid").status
'ambiguous'
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal, cast

from officina.dosing import words
from officina.dosing.dosage import Amount, Dosage, Maximum, Part, Span, Times, When
from officina.dosing.scan import Item, Unreadable, scan

Status = Literal["understood", "ambiguous", "not_understood"]
_NO_CODES: Mapping[str, str] = {}
_WITHOUT_DOSE = ("apply", "use", "shampoo", "wash", "test", "wear", "infuse")
_STRENGTHS = ("mg", "mcg", "g", "mL", "unit", "mEq", "click")
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of one direction. `place` says where it failed or what is missing; `readings` what it may mean."""

    typed: str
    status: Status
    dosage: Dosage | None = None
    place: str = ""
    readings: tuple[str, ...] = ()


def read(typed: str, codes: Mapping[str, str] = _NO_CODES) -> Reading:
    """Read one direction; `codes` are the site's own sig codes with their expansion as typed. It never guesses."""
    try:
        if len(typed) > _LONGEST:
            raise Unreadable(f"longer than {_LONGEST} letters")
        return Reading(typed, "understood", _Reader().read(scan(typed, codes)))
    except Unreadable as no:
        return Reading(typed, "ambiguous" if no.readings else "not_understood", None, no.place, no.readings)


@dataclass(slots=True)
class _Reader:
    """The direction so far: finished parts, and the part that is being read."""

    parts: list[Part] = field(default_factory=list)
    part: Part = field(default_factory=Part)
    kept: list[str] = field(default_factory=list)
    joined: str = ""
    pending: Item | None = None
    """A bare number, a distance or 'starting' that what follows must explain."""
    restated: list[When] = field(default_factory=list)
    own_words: bool = False
    """The last thing said was a reason in the prescriber's own words, which the next word may go on with: 'sore throat'."""

    def read(self, items: object) -> Dosage:
        """Every item finds its place or stops the reading."""
        for item in cast("list[Item]", items):
            self._take(item)
        if self.pending:
            raise Unreadable(f"'{self.pending.said}': what it counts is not said")
        self._close()
        return Dosage(tuple(self.parts), tuple(self.kept))

    def _take(self, item: Item) -> None:
        before, self.pending = self.pending, None
        if before and before.kind == "number":
            self._bare(before, item)
        if before and before.kind in ("offset", "start"):
            item = self._distance(before, item)
            if item.kind == "start":
                return
        handle = getattr(self, f"_on_{item.kind}", None)
        if handle is None:
            raise Unreadable(f"'{item.said}'")
        cast("Callable[[Item], None]", handle)(item)
        self.own_words = item.kind == "reason" and not cast("words.Word", item.value).es
        if item.kind not in ("mark", "skip", "and", "then", "stop", "on", "or", "for"):
            self.joined = ""

    def _bare(self, number: Item, then: Item) -> None:
        """'1 po' is 1 of the medicine, and '5 on day 2' 5 of what day 1 had; '1 one tablet' says the same twice."""
        low, high = cast("tuple[Fraction, Fraction]", number.value)
        if then.kind == "amount":
            said = cast("Amount", then.value)
            if (said.low, said.high) == (low, high) and said.unit in ("tablet", "capsule"):
                return
        elif then.kind in ("route", "days") or (
            then.kind in ("when", "mark") and self._unit() and not self.part.amount
        ):
            self._on_amount(Item("amount", Amount(low, high, self._unit()), number.said))
            return
        raise Unreadable(f"'{number.said} {then.said}': what {number.said} counts is not said")

    def _unit(self) -> str:
        amount = self.part.amount or (self.parts[-1].amount if self.parts else None)
        return amount.unit if amount else ""

    def _distance(self, before: Item, item: Item) -> Item:
        if before.kind == "start" and item.kind == "offset":
            self.pending = Item("offset", (item.value, True), f"{before.said} {item.said}")
            return Item("start", None, "")
        if item.kind != "when":
            raise Unreadable(f"'{before.said} {item.said}'")
        offset, start = before.value if isinstance(before.value, tuple) else (before.value, before.kind == "start")
        event = self._event(item)
        return Item("when", replace(event, offset=offset if isinstance(offset, Span) else None, start=start), item.said)

    @staticmethod
    def _event(item: Item) -> When:
        return item.value if isinstance(item.value, When) else When(cast("words.Word", item.value).en)

    def _wait(self, item: Item) -> None:
        self.pending = item

    _on_number = _on_offset = _on_start = _wait

    def _nothing(self, item: Item) -> None:
        """Marks and filling words say nothing by themselves."""

    _on_skip = _on_on = _on_for = _nothing

    def _on_or(self, item: Item) -> None:
        if not self.part.reasons:
            raise Unreadable("'or'", ("the one", "the other"))

    def _join(self, item: Item) -> None:
        self.joined = "then" if "then" in (item.said, self.joined) else item.kind

    _on_mark = _on_stop = _on_and = _join

    def _on_then(self, item: Item) -> None:
        if self.part != Part(sequence=self.part.sequence):
            self._close(then=True)
        self.joined = "then"

    def _set(self, name: str, value: object, said: str) -> None:
        """Fill a slot once; the same again is a restatement, another value is a contradiction."""
        had = getattr(self.part, name)
        if had and had != value:
            raise Unreadable(f"'{said}'", (f"{name} as first said", f"{name} as said in '{said}'"))
        self.part = replace(self.part, **cast("dict[str, Any]", {name: value}))

    def _on_verb(self, item: Item) -> None:
        verb = cast("words.Word", item.value).en
        if self.part.amount and self._timed() and self.joined in ("mark", "and", "stop"):
            self._close(then=False)
        self._set("verb", verb, item.said)

    def _timed(self) -> bool:
        p = self.part
        return bool(p.every or p.times or p.when or p.weekdays or p.days or p.duration)

    def _on_amount(self, item: Item) -> None:
        amount, had = cast("Amount", item.value), self.part.amount
        if had is None:
            self.part = replace(self.part, amount=amount)
        elif had == amount and not (self.part.days or self.part.duration):
            self.restated = list(self.part.when)
        elif amount.unit != had.unit and amount.unit in _STRENGTHS and had.unit and self.joined not in ("and", "then"):
            self._set("strength", amount, item.said)
        elif self.joined == "" and not (self.part.when or self.part.weekdays or self.part.days or self.part.duration):
            raise Unreadable(f"'{item.said}'", ("the dose as first said", f"the dose as said in '{item.said}'"))
        elif self._timed():
            self._close(then=bool(self.part.duration or self.part.days))
            self.part = replace(self.part, amount=amount)
        else:
            raise Unreadable(f"'{item.said}'", ("another dose", "the dose said again"))

    def _on_equal(self, item: Item) -> None:
        amount, same = cast("tuple[Amount, Amount]", item.value)
        if amount != self.part.amount:
            raise Unreadable(f"'{item.said}'", ("another dose", "what the strength is"))
        self._set("strength", same, item.said)

    def _on_unit(self, item: Item) -> None:
        """'apply thin layer' and 'apply patch' are one; a unit without its number says no dose of anything else."""
        unit = cast("words.Word", item.value).en
        if unit not in ("thin layer", "small amount", "pea-sized amount", "patch", "application", "dose"):
            raise Unreadable(f"'{item.said}': how many is not said")
        self._on_amount(Item("amount", Amount(Fraction(1), Fraction(1), unit), item.said))

    def _key(self, item: Item) -> None:
        self._set(item.kind, cast("words.Word", item.value).en, item.said)

    def _plain(self, item: Item) -> None:
        self._set(item.kind, item.value, item.said)

    _on_route = _on_site = _key
    _on_every = _on_times = _on_days = _on_duration = _plain

    def _add(self, name: str, value: object) -> None:
        had = getattr(self.part, name)
        if value not in had:
            self.part = replace(self.part, **cast("dict[str, Any]", {name: (*had, value)}))

    def _on_when(self, item: Item) -> None:
        event = self._event(item)
        if self.joined == "":
            event = self._narrowed(event)
        self._add("when", event)

    def _narrowed(self, event: When) -> When:
        """'every morning before breakfast' is one dose, and the meal tells when; with an 'and' between they are two."""
        for time, meal in (
            ("in the morning", "breakfast"),
            ("in the evening", "dinner"),
            ("in the evening", "evening meal"),
        ):
            if self.part.when[-1:] == (When(time),) and event.event.endswith(meal):
                self.part = replace(self.part, when=self.part.when[:-1])
            elif self.part.when and event == When(time) and self.part.when[-1].event.endswith(meal):
                event = self.part.when[-1]
        return event

    def _on_weekday(self, item: Item) -> None:
        self._add("weekdays", cast("words.Word", item.value).en)

    def _on_prn(self, item: Item) -> None:
        self.part = replace(self.part, as_needed=True)

    def _on_reason(self, item: Item) -> None:
        word = cast("words.Word", item.value)
        if not word.es and self.own_words and self.joined == "" and self.part.reasons:
            *before, last = self.part.reasons
            self.part = replace(self.part, reasons=(*before, f"{last} {word.en}"))
        else:
            self._add("reasons", word.en)

    def _on_note(self, item: Item) -> None:
        self._add("notes", cast("words.Word", item.value).en)

    def _on_kept(self, item: Item) -> None:
        self.kept.append(item.said)

    def _on_maximum(self, item: Item) -> None:
        most = cast("Maximum", item.value)
        if not most.amount.unit and self._unit():
            most = replace(most, amount=replace(most.amount, unit=self._unit()))
        for had in self.part.maximum:
            if had.period == most.period and had.amount.unit == most.amount.unit and had != most:
                raise Unreadable(f"'{item.said}'", ("the first maximum", "the second maximum"))
        self._add("maximum", most)

    def _close(self, *, then: bool = False) -> None:
        part = _settled(self._begun(), restated=self.restated)
        self.restated = []
        last = self.parts[-1] if self.parts else part
        if last.sequence == part.sequence and bool(last.days) != bool(part.days):
            raise Unreadable("the days", ("only on the named days", "on every day"))
        self.parts.append(part)
        self.part = Part(sequence=part.sequence + then)

    def _begun(self) -> Part:
        """A later part goes on with verb, route and site of the one before; its dose only where it is 'as needed'."""
        if not self.parts:
            return self.part
        last, part = self.parts[-1], self.part
        verb, route, site = part.verb or last.verb, part.route or last.route, part.site or last.site
        amount = part.amount or (last.amount if part.as_needed or part.times or part.every else None)
        return replace(part, verb=verb, route=route, site=site, amount=amount)


def _settled(part: Part, *, restated: list[When]) -> Part:
    """Check that dose, time and verb are said, and say each thing in one way."""
    part = _one_time(part, restated)
    _refuse_contradiction(part)
    directed = any(n.startswith("use as directed") for n in part.notes)
    if not part.verb:
        part = replace(part, verb=_verb(part, directed=directed))
    if part.amount is None and part.verb not in _WITHOUT_DOSE and not directed:
        raise Unreadable("the dose: how much is not said")
    once = any(n in ("only 1 dose", "right away") for n in part.notes)
    timed = part.every or part.times or part.when or part.weekdays or part.days
    if not (timed or directed or once or part.as_needed):
        raise Unreadable("the time: how often is not said")
    return part


_PLACES = {
    "by mouth": ("in the mouth",), "under the tongue": (), "on the tongue": (), "inside the cheek": ("in the mouth", "to the gums"),
    "in the rectum": ("around the anus",), "in the vagina": ("to the vulva",), "in the urethra": (), "by nebulizer": (),
    "by feeding tube": (), "by nasogastric tube": (),
}  # fmt: skip
"""Routes that are a place themselves, and the sites that say no other."""
_OPENINGS = {"eye": "in the eye", "eyes": "in the eye", "eyelid": "in the eye", "ear": "in the ear", "ears": "in the ear",
             "nostril": "in the nose", "nostrils": "in the nose"}  # fmt: skip


def _refuse_contradiction(part: Part) -> None:
    """'by mouth in both eyes' names two places; 'every 6 hours 15 minutes before exercise' two rhythms."""
    opening = next((_OPENINGS[w] for w in part.site.split() if w in _OPENINGS), "")
    elsewhere = part.site and part.site not in _PLACES.get(part.route, (part.site,))
    if elsewhere or (opening and part.route not in ("", opening, "on the skin")):
        raise Unreadable("the place", (part.route, part.site))
    counted = sum(w.count for w in part.when if not w.start)
    # As needed, the hours are the least between two doses, and an event may call for one.
    if part.every and not part.as_needed and part.every.hours < 24 and counted and counted != 24 / part.every.hours:
        between = f"every {part.every.low} {part.every.unit}s"
        raise Unreadable("how often", (between, " and ".join(w.event for w in part.when)))


def _verb(part: Part, *, directed: bool) -> str:
    """The verb that a bare dose leaves out, where place and unit allow only one."""
    if part.amount is None and (directed or any(n.startswith("use ") for n in part.notes)):
        return "use"
    unit = words.of("unit").get(part.amount.unit if part.amount else "")
    place = words.of("site").get(part.site) or words.of("route").get(part.route)
    if place and place.verb and not (part.site and place.verb == "use" and unit is None):
        return place.verb
    swallowed = part.route == "by mouth" and unit and unit.en not in ("puff", "spray")
    if (swallowed or (part.route == "by mouth" and part.amount)) and (unit is None or unit.en not in ("puff", "spray")):
        return "take"
    if unit and unit.verb and (not part.route or unit.verb in ("inhale", "apply", "insert")):
        return unit.verb
    raise Unreadable("the first word: how to use it is not said")


def _one_time(part: Part, restated: list[When]) -> Part:
    """'daily at bedtime' is at bedtime; '3 times a day before meals' is before meals; 'twice daily in the evening' is neither."""
    counted, times = sum(w.count for w in part.when), part.times
    two = [w.event for w in part.when] == ["in the morning", "in the evening"]
    if restated and two and times is None and restated == list(part.when[:1]):
        return replace(part, when=(), times=Times(Fraction(2), Fraction(2), "day"))
    if times and part.every and not times.up_to:
        part = _every_or_times(part, part.every, times)
        times = part.times
    if times and part.weekdays:
        times = _on_days(times, len(part.weekdays))
        part = replace(part, times=times)
    if times and times.period == "day" and counted and not times.up_to:
        return _counted(part, times, counted)
    return part


def _on_days(times: Times, named: int) -> Times | None:
    """'3 times a week on Monday, Wednesday and Friday' and 'every day on Monday' say no more than the days."""
    exact = times.low == times.high and not times.up_to
    if exact and times.high == (named if times.period == "week" else 1) and times.period in ("day", "week"):
        return None
    if times.period in ("day", "hour"):
        return times
    raise Unreadable("the days of the week", (f"{times.high} times a {times.period}", "the named days"))


def _every_or_times(part: Part, every: Span, times: Times) -> Part:
    rate = 24 / every.hours
    if times.period == "day" and times.low == times.high and times.high == rate:
        return replace(part, times=None)
    raise Unreadable("how often", ("the times a day", "the hours or days between doses"))


def _counted(part: Part, times: Times, counted: int) -> Part:
    if times.low == times.high == counted:
        return replace(part, times=None)
    if all(
        w.of_meals or w.start or w.offset or (w.event.startswith(("before ", "after ")) and not _daily(w))
        for w in part.when
    ):
        return part
    raise Unreadable("how often", (f"{times.high} times a day", " and ".join(w.event for w in part.when)))


def _daily(when: When) -> bool:
    return any(word in when.event for word in ("breakfast", "lunch", "dinner", "meal", "bedtime")) and not when.of_meals
