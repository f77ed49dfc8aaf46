"""How pages write things: medicines, days, times, numbers, money, ages; always the same, never abbreviated."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from officina.base import access
from officina.dispensing.queries import Fill
from officina.dispensing.rules.machine import FILL, TITLES, State
from officina.drugs.queries import Drug
from officina.drugs.search import DidYouMean, Hit
from officina.kernel.clock import day_of, in_words
from officina.kernel.machine import Move
from officina.kernel.quantity import to_cents, written
from officina.labels import tallman
from officina.screening.rules import NO_DATA_WHY
from officina.web import telling
from officina.web.desks import DRUG


def medicine(thing: Any) -> Markup:
    """The name of a medicine, the same everywhere: **metFORMIN** 500 mg tablet. Takes a drug, a package, a fill or a prescription."""
    drug = thing if isinstance(thing, Hit) else _drug_of(thing)
    if drug is None:
        said = _as_written(thing)
        return Markup('<span class="med"><span class="as-written">{}</span></span>').format(said or "Medicine not read")
    return Markup('<span class="med"><b>{}</b> {} {}</span>').format(
        tallman.display(drug.generic_name), drug.strength, drug.form
    )


def drug_page(package: Any) -> str:
    """The address of a medicine's own page, by its NDC in eleven digits; as printed where a labeler of six has none."""
    ndc12 = package.ndc12
    return f"{DRUG}{ndc12[1:] if ndc12.startswith('0') else package.ndc}/"


def brand(thing: Any) -> str:
    """The brand name of what is dispensed, or nothing."""
    package = getattr(thing, "package", thing)
    product = getattr(package, "product", None)
    return product.brand_name if product else ""


def did_you_mean(proposal: DidYouMean) -> str:
    """What is said over a proposal: which word was not found, or which one is left out."""
    if proposal.meant:
        return f"Nothing is called “{proposal.instead_of}”. Did you mean {tallman.display(proposal.meant)}?"
    return f"Nothing of it has “{proposal.instead_of}”. Without that:"


def _drug_of(thing: Any) -> Drug | None:
    if isinstance(thing, Drug):
        return thing
    for path in (("package", "product", "drug"), ("product", "drug"), ("prescription", "drug"), ("drug",)):
        found = thing
        for name in path:
            found = getattr(found, name, None)
        if found is not None:
            return found  # type: ignore[no-any-return]
    return None


def _as_written(thing: Any) -> str:
    order = getattr(thing, "prescription", thing)
    return str((getattr(order, "written", None) or {}).get("drug_text", ""))


def patient_of(fill: Any) -> str:
    """'Flórez, Rosa': the patient of a fill or prescription, as matched or else as written."""
    if fill.patient is not None:
        return str(fill.patient)
    order = getattr(fill, "prescription", fill)
    told = (order.written or {}).get("patient", {})
    return ", ".join(part for part in (told.get("last_name"), told.get("first_name")) if part) or "Patient not read"


# A page may tell a hundred instants; the C library's formats take ten times as long.
_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _half(at: datetime) -> str:
    return "AM" if at.hour < 12 else "PM"


def day(value: date | datetime | str | None) -> str:
    """'Nov 22, 2026'."""
    if isinstance(value, str):
        value = date.fromisoformat(value) if value else None
    return f"{_MONTHS[value.month]} {value.day}, {value.year}" if value else ""


@pass_context
def clock(context: Context, at: datetime | None, zone: str = "") -> str:
    """'9:05 AM' at the site; with the day where it is not today."""
    if at is None:
        return ""
    zone = zone or _zone(context)
    here = at.astimezone(ZoneInfo(zone))
    time = f"{here.hour % 12 or 12}:{here.minute:02} {_half(here)}"
    return time if here.date() == day_of(context["at"], zone) else f"{day(here)}, {time}"


@pass_context
def moment(context: Context, at: datetime | None, zone: str = "") -> str:
    """'Nov 22, 2026, 9:05:12 AM CST': an instant in full, for histories."""
    if at is None:
        return ""
    here = at.astimezone(ZoneInfo(zone or _zone(context)))
    return f"{day(here)}, {here.hour % 12 or 12}:{here.minute:02}:{here.second:02} {_half(here)} {here.tzname()}"


@pass_context
def ago(context: Context, at: datetime | None) -> Markup:
    """'12 min', with the exact time on hover; the page keeps it fresh."""
    if at is None:
        return Markup("")
    return Markup('<time datetime="{}" title="{}" data-ago>{}</time>').format(
        at.isoformat(), moment(context, at), in_words(context["at"] - at)
    )


@pass_context
def due(context: Context, promised: datetime | None) -> Markup:
    """'in 12 min', or '12 min late' with the mark of lateness; exact on hover."""
    if promised is None:
        return Markup("")
    left = promised - context["at"]
    late = left.total_seconds() <= -60
    text = f"{in_words(-left)} late" if late else ("now" if left.total_seconds() < 60 else f"in {in_words(left)}")
    return Markup('<time datetime="{}" title="promised for {}" data-due class="{}">{}</time>').format(
        promised.isoformat(), moment(context, promised), "due late" if late else "due", text
    )


def span(value: timedelta) -> str:
    """'3 h 5 min', '2 days': how long something took."""
    return in_words(value)


def number(value: Decimal | int | None) -> str:
    """A number as a label may print it."""
    return "" if value is None else written(Decimal(value))


def units(value: Decimal | int | None, unit: str) -> str:
    """'60 tablets', '1 tablet', '120 mL'."""
    if value is None:
        return ""
    plural = unit and unit.isalpha() and unit.islower() and len(unit) > 2 and unit != "each" and value != 1
    return f"{number(value)} {unit}{'s' if plural else ''}"


def came(origin: str) -> str:
    """How a prescription came, by its NCPDP origin code: '1' is 'on paper'."""
    ways = {"1": "on paper", "2": "by telephone", "3": "electronically", "4": "by fax", "5": "from another pharmacy"}
    return ways.get(origin, "not known how")


def telephone(digits: str) -> str:
    """'(608) 555-0150' where ten digits are kept; anything else as it is."""
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if len(digits) == 10 and digits.isdecimal() else digits


def money(value: Decimal | None) -> str:
    """'$1,204.50', '-$2.00'."""
    return "" if value is None else f"{'-' if value < 0 else ''}${abs(to_cents(value)):,.2f}"


@pass_context
def age(context: Context, born: date | None) -> str:
    """'65 years', '14 months', '9 days': as said for that age."""
    if born is None:
        return ""
    today = day_of(context["at"], _zone(context))
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if months >= 24:
        return f"{months // 12} years"
    if months >= 1:
        return f"{months} month{'s' if months != 1 else ''}"
    days = (today - born).days
    return f"{days} day{'s' if days != 1 else ''}"


def state(value: str) -> str:
    """Where a fill stands, in words."""
    return TITLES[State(value)]


@pass_context
def moves(context: Context, fill: Fill) -> list[Move]:
    """The moves out of the fill's state that this person may make now: what buttons stand for."""
    actor, at = context["actor"], context["at"]
    return [m for m in FILL.open_from(fill.state) if actor.may(access.act(m.needs), at=at, filler=fill.filled_by_id)]


@pass_context
def may(context: Context, code: str) -> bool:
    """Whether this person may do the act of that code now."""
    return bool(context["actor"].may(access.act(code), at=context["at"]))


@pass_context
def tokens(context: Context) -> Markup:
    """Hidden fields that every form carries: against forgery, and the key that makes a repeat harmless."""
    return Markup("{}{}").format(
        context["csrf_input"], Markup('<input type="hidden" name="key" value="{}">').format(key())
    )


def key() -> str:
    """A fresh idempotency key."""
    return uuid4().hex


def _zone(context: Context) -> str:
    actor = context["actor"]
    return str(actor.zone) if actor else "UTC"


def lines(text: str) -> Markup:
    """Text with its own line breaks."""
    return Markup("<br>").join(escape(line) for line in str(text).splitlines())


def _whole(word: str) -> Markup:
    """A word that is compared digit by digit stands on one line: a number must not break at its hyphen."""
    return Markup('<span class="whole">{}</span>').format(word) if "-" in word else escape(word)


def difference(expected: str, came: str) -> tuple[Markup, Markup]:
    """Both sides of a stop, word by word, with what differs marked."""
    left, right = expected.split(), came.split()
    out: tuple[list[Markup], list[Markup]] = ([], [])
    for kind, i, j, k, m in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        for side, words in zip(out, (left[i:j], right[k:m]), strict=True):
            text = Markup(" ").join(map(_whole, words))
            if words:
                side.append(text if kind == "equal" else Markup("<mark>{}</mark>").format(text))
    return Markup(" ").join(out[0]), Markup(" ").join(out[1])


FILTERS = {
    "medicine": medicine, "brand": brand, "patient_of": patient_of, "day": day, "clock": clock, "moment": moment, "ago": ago, "due": due, "span": span,
    "number": number, "units": units, "money": money, "age": age, "state": state, "lines": lines, "told": telling.told, "came": came, "telephone": telephone,
    "page_of": telling.page_of, "named": telling.named, "tall_man": tallman.display, "drug_page": drug_page, "did_you_mean": did_you_mean,
}  # fmt: skip
GLOBALS = {"NO_DATA": NO_DATA_WHY, "moves": moves, "may": may, "tokens": tokens, "key": key, "difference": difference}
