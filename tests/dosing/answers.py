"""Hand-written answers of directions: `dose; place; when`, parts joined by ' + ' (together) or ' > ' (then).

`1-2 tablet; po; q4-6h prn 5d mx8` is 1 to 2 tablets by mouth every 4 to 6 hours as needed for 5 days, no more than 8 a day.
"""

from pathlib import Path

from officina.dosing.dosage import Amount, Part, Span, Times, When, number
from officina.dosing.sig import Reading

ROUTES = {
    "by mouth": "po",
    "under the tongue": "sl",
    "inside the cheek": "buccal",
    "under the skin": "sc",
    "into the muscle": "im",
    "into a vein": "vein",
    "into the skin": "id",
    "on the skin": "skin",
    "in the rectum": "pr",
    "in the vagina": "pv",
    "by inhalation": "inh",
    "by nebulizer": "neb",
    "by feeding tube": "gt",
    "by nasogastric tube": "ng",
    "in the nose": "nose",
    "in the urethra": "urethra",
    "in the eye": "eye",
    "in the ear": "ear",
    "on the tongue": "tongue",
}
EVENTS = {
    "in the morning": "am",
    "at noon": "noon",
    "in the afternoon": "aft",
    "in the evening": "pm",
    "at bedtime": "hs",
    "at night": "night",
    "before meals": "ac",
    "after meals": "pc",
    "with meals": "cc",
}
_UNITS = {"minute": "min", "month": "mo"}


def rows(name: str) -> list[tuple[str, str]]:
    """Direction and answer of each line of a table beside this module."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [(a.strip(), b.strip()) for a, b in (line.split("|") for line in lines if line and not line.startswith("#"))]


def told(reading: Reading) -> str:
    """What the grammar answered, in the notation of the tables."""
    if reading.dosage is None:
        return reading.status.replace("_", " ")
    text, last = "", 0
    for part in reading.dosage.parts:
        text += (" > " if part.sequence > last else " + ") * bool(last) + _part(part)
        last = part.sequence
    return text


def _part(part: Part) -> str:
    place = " ".join(p for p in (ROUTES.get(part.route, ""), part.site) if p)
    return f"{_amount(part.amount)}; {place}; {' '.join(_when(part))}"


def _amount(amount: Amount | None) -> str:
    if amount is None:
        return "-"
    return f"{_range(amount.low, amount.high)} {amount.unit}".strip()


def _range(low: object, high: object) -> str:
    first, last = (number(n, parts=False) for n in (low, high))  # type: ignore[arg-type]
    return first if first == last else f"{first}-{last}"


def _span(span: Span) -> str:
    return f"{'<' if span.up_to else ''}{_range(span.low, span.high)}{_UNITS.get(span.unit, span.unit[0])}"


def _times(times: Times) -> str:
    return f"{'<' if times.up_to else ''}{_range(times.low, times.high)}/{_UNITS.get(times.period, times.period[0])}"


def _event(when: When) -> str:
    said = EVENTS.get(when.event, when.event)
    if when.offset:
        said = f"{_span(when.offset)} {when.event}"
    said = f"starting {said}" if when.start else said
    return said if said in EVENTS.values() else f"[{said}]"


def _when(part: Part) -> list[str]:
    said = [f"q{_span(part.every)}"] if part.every else []
    said += [_times(part.times)] if part.times else []
    said += ["+".join(_event(w) for w in part.when)] if part.when else []
    said += ["+".join(d[:2].lower() for d in part.weekdays)] if part.weekdays else []
    said += [f"d{_range(*part.days)}"] if part.days else []
    said += ["prn"] if part.as_needed else []
    said += [_span(part.duration)] if part.duration else []
    said += [
        f"mx{_amount(m.amount)}".removesuffix(f" {part.amount.unit}" if part.amount else "~") for m in part.maximum
    ]
    said += ["once"] if "only 1 dose" in part.notes else []
    said += ["ud"] if any(n.startswith("use as directed") for n in part.notes) else []
    return said
