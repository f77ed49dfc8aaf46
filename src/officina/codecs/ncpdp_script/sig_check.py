"""Whether the structured directions say something else than the text beside them (SCRIPT: SigText governs).

Only what both sides clearly state is compared: dose, times a day, time of day, length. Where one side is silent or cannot be read
by these few patterns nothing is said, so this never vouches for a direction; it only points at contradictions.

>>> from officina.codecs.ncpdp_script.model import Coded, Instruction, Timing
>>> sig = Sig(sig_text="Take 2 tablets by mouth at bedtime.", instructions=(Instruction(dose_quantity=Decimal(1),
...     dose_unit_of_measure=Coded(text="tablet"), timings=(Timing(free_text="every morning"),)),))
>>> differences(sig), in_words(sig)
(('dose', 'time of day'), '1 tablet, every morning')
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction

from officina.codecs.ncpdp_script.codes import word
from officina.codecs.ncpdp_script.model import Coded, Instruction, Sig, Timing
from officina.kernel.quantity import written

NUMBER_WORDS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
UNITS = {
    "tablet": ("tablet", "tablets", "tab", "tabs", "caplet", "caplets", "pill", "pills"),
    "capsule": ("capsule", "capsules", "cap", "caps"),
    "puff": ("puff", "puffs", "inhalation", "inhalations", "actuation", "actuations"),
    "spray": ("spray", "sprays"),
    "drop": ("drop", "drops", "gtt", "gtts"),
    "mL": ("ml", "milliliter", "milliliters", "cc"),
    "mg": ("mg", "milligram", "milligrams"),
    "mcg": ("mcg", "microgram", "micrograms"),
    "g": ("g", "gram", "grams", "gm"),
    "unit": ("unit", "units"),
    "patch": ("patch", "patches"),
    "suppository": ("suppository", "suppositories"),
    "packet": ("packet", "packets", "sachet", "sachets"),
    "lozenge": ("lozenge", "lozenges"),
    "teaspoon": ("teaspoon", "teaspoons", "teaspoonful", "tsp"),
    "application": ("application", "applications"),
}
UNIT_OF = {said: unit for unit, ways in UNITS.items() for said in ways}
WHOLE_FORMS = frozenset(("tablet", "capsule", "puff", "spray", "drop", "patch", "suppository", "packet", "lozenge"))
"""Forms that are never another way of saying the same amount, unlike mL and mg."""

_NUMBER = r"(?:\d{1,5}\s+\d{1,2}/\d{1,2}|\d{1,2}/\d{1,2}|\d{0,5}\.\d{1,5}|\d{1,6}|an?)(?![\d/])"
_RANGE = rf"(?P<low>{_NUMBER})(?:\s*(?:-|to|or)\s*(?P<high>{_NUMBER}))?"
_DOSE = re.compile(
    rf"(?<![\w./]){_RANGE}[\s-]*(?P<unit>{'|'.join(sorted(UNIT_OF, key=len, reverse=True))})\b", re.ASCII
)
_BARE = re.compile(
    rf"\b(?:take|inhale|chew|instill|inject|use|apply|give)\s+{_RANGE}\s+(?=by|at|in|every|once|twice|daily|per|a)",
    re.ASCII,
)
_DAYS = {"day": 1, "days": 1, "week": 7, "weeks": 7}
_LENGTH = re.compile(rf"\b(?:for|x|times)\s*(?P<low>{_NUMBER})\s+(?P<unit>days?|weeks?)\b", re.ASCII)

_EVERY = r"(?:a|an|per|each|every)"
_FREQUENCIES: tuple[tuple[re.Pattern[str], Fraction | None], ...] = (
    (
        re.compile(
            rf"\b(?:every\s+|q)(?P<low>{_NUMBER})(?:\s*(?:-|to|or)\s*(?P<high>{_NUMBER}))?\s*(?:hours?|hrs?|h)\b"
        ),
        None,
    ),
    (re.compile(r"\b(?:every other day|every second day|every 2 days|qod)\b"), Fraction(1, 2)),
    (re.compile(rf"\b4\s*(?:times|x)\s*(?:daily|{_EVERY}\s+day)\b|\bqid\b"), Fraction(4)),
    (re.compile(rf"\b3\s*(?:times|x)\s*(?:daily|{_EVERY}\s+day)\b|\btid\b"), Fraction(3)),
    (
        re.compile(rf"\b2\s*(?:times|x)\s*(?:daily|{_EVERY}\s+day)\b|\btwice\s+(?:daily|{_EVERY}\s+day)\b|\bbid\b"),
        Fraction(2),
    ),
    (re.compile(rf"\b(?:once\s+weekly|once\s+{_EVERY}\s+week|weekly|every week)\b"), Fraction(1, 7)),
    (
        re.compile(rf"\b(?:once\s+)?(?:daily|{_EVERY}\s+day|qd|nightly|{_EVERY}\s+(?:morning|evening|night))\b"),
        Fraction(1),
    ),
)
_MOMENTS = {
    "bedtime": {"bedtime"}, "night": {"bedtime"}, "nightly": {"bedtime"}, "qhs": {"bedtime"}, "hs": {"bedtime"},
    "morning": {"morning"}, "qam": {"morning"}, "am": {"morning"}, "noon": {"noon"},
    "evening": {"evening"}, "qpm": {"evening"}, "pm": {"evening"},
    "breakfast": {"morning", "meal"}, "lunch": {"noon", "meal"}, "dinner": {"evening", "meal"}, "supper": {"evening", "meal"},
    "meal": {"meal"}, "meals": {"meal"},
}  # fmt: skip


def differences(sig: Sig) -> tuple[str, ...]:
    """What structure and text say differently: 'dose', 'times a day', 'time of day', 'length' (SCRIPT: structured Sig)."""
    text = _calm(sig.sig_text)
    if not text or not sig.instructions:
        return ()
    timings = [timing for instruction in sig.instructions for timing in instruction.timings]
    pairs = (
        ("times a day", _told(timings, _frequencies_of), _frequencies(text)),
        ("time of day", _told(timings, _moments_of), _moments(text)),
        ("length", _told(timings, _lengths_of), _lengths(text)),
    )
    found = ["dose"] if any(_dose_differs(one, text) for one in sig.instructions) else []
    found += [name for name, structure, told in pairs if structure and told and structure.isdisjoint(told)]
    return tuple(found)


def in_words(sig: Sig) -> str:
    """The structured directions as they came, in the order of the standard, to stand beside the text."""
    return "; then ".join(", ".join(_parts(instruction)) for instruction in sig.instructions)


def _parts(instruction: Instruction) -> Iterator[str]:
    dose = _joined(instruction.dose_quantity, _said(instruction.dose_unit_of_measure, "dose_units"))
    first = " ".join(part for part in (_said(instruction.dose_delivery_method), dose) if part)
    if first:
        yield first
    if route := _said(instruction.route_of_administration):
        yield route
    for timing in instruction.timings:
        yield from _timing_parts(timing)


def _timing_parts(timing: Timing) -> Iterator[str]:
    event = " ".join(part for part in (_said(timing.event_modifier), _said(timing.event), timing.free_text) if part)
    if event:
        yield event
    if timing.frequency is not None:
        yield f"{_joined(timing.frequency, 'times per')} {_said(timing.frequency_units)}"
    if timing.interval is not None:
        yield f"every {_joined(timing.interval, _said(timing.interval_units))}"
    if timing.duration is not None:
        yield f"for {_joined(timing.duration, _said(timing.duration_units))}"


def _joined(number: Decimal | None, unit: str) -> str:
    return f"{written(number)} {unit}".strip() if number is not None else unit


def _said(coded: Coded, table: str = "") -> str:
    named = word("dose_units", coded.code) if table and coded.code else None
    return coded.text or named or coded.code


def _calm(text: str) -> str:
    """Lower case, brackets gone, number words as digits, halves as 1/2: 'One and one-half (1.5) Tabs' is '1 1/2 1.5 tabs'."""
    text = (
        text.lower().replace("½", " 1/2").replace("¼", " 1/4").replace("¾", " 3/4").replace("(", " ").replace(")", " ")
    )
    text = re.sub(r"\b(?:one|a)[\s-]half\b|\bhalf(?:\s+an?)?\b", "1/2", text)
    for number, said in enumerate(NUMBER_WORDS):
        text = re.sub(rf"\b{said}\b", str(number), text)
    text = re.sub(r"\b(\d{1,3})\s+(?:and|&)\s+(?=\d/\d)", r"\1 ", text)
    return " ".join(text.split())


def _dose_differs(instruction: Instruction, text: str) -> bool:
    if instruction.dose_quantity is None:
        return False
    dose = Fraction(instruction.dose_quantity)
    named = _said(instruction.dose_unit_of_measure, "dose_units")
    unit = UNIT_OF.get(named.lower(), named)
    told = [(number, UNIT_OF[m["unit"]]) for m in _DOSE.finditer(text) for number in _numbers(m)]
    same = {number for number, of in told if of == unit}
    if same:
        return dose not in same
    if unit in WHOLE_FORMS and any(of in WHOLE_FORMS for _, of in told):
        return True
    bare = {number for m in _BARE.finditer(text) for number in _numbers(m)}
    everything = {number for number, _ in told} | bare if not unit else bare
    return bool(everything) and dose not in everything


def _numbers(match: re.Match[str]) -> list[Fraction]:
    named = (match["low"], match.groupdict().get("high"))
    return [number for text in named if text and (number := _number(text)) is not None]


def _number(text: str) -> Fraction | None:
    try:
        return Fraction(1) if text in {"a", "an"} else sum((Fraction(part) for part in text.split()), Fraction(0))
    except ZeroDivisionError:
        return None


def _told(timings: list[Timing], ask: Callable[[Timing], set[object]]) -> set[object]:
    return {said for timing in timings for said in ask(timing)}


def _frequencies(text: str) -> set[object]:
    found: set[object] = set()
    for pattern, a_day in _FREQUENCIES:
        for match in pattern.finditer(text):
            found |= {a_day} if a_day is not None else {24 / number for number in _numbers(match) if number}
        # What one pattern took is blanked, or 'three times daily' would also say 'daily'.
        text = pattern.sub(" ; ", text)
    return found


def _moments(text: str) -> set[object]:
    return {moment for said in re.findall(r"[a-z]+", text) for moment in _MOMENTS.get(said, ())}


def _lengths(text: str) -> set[object]:
    return {number * _DAYS[m["unit"]] for m in _LENGTH.finditer(text) for number in _numbers(m)}


def _frequencies_of(timing: Timing) -> set[object]:
    found = _frequencies(_calm(timing.free_text))
    if timing.frequency is not None and _said(timing.frequency_units).lower() in {"day", "days"}:
        found |= {Fraction(n) for n in (timing.frequency, timing.frequency_max) if n is not None}
    if timing.interval and _said(timing.interval_units).lower() in {"hour", "hours"}:
        found |= {24 / Fraction(n) for n in (timing.interval, timing.interval_max) if n}
    return found


def _moments_of(timing: Timing) -> set[object]:
    return _moments(_calm(f"{timing.event.text} {timing.free_text}"))


def _lengths_of(timing: Timing) -> set[object]:
    unit = _DAYS.get(_said(timing.duration_units).lower())
    return {Fraction(timing.duration) * unit} if timing.duration is not None and unit else set()
