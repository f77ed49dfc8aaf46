"""Sales of pseudoephedrine without a prescription: how much of the base one person may buy (21 USC 830, 844; 21 CFR 1314).

3.6 g a calendar day and 9 g in 30 days (7.5 g by mail or from a mobile stand), summed over all products in mg of the base; a
state may ask for less. The day is the pharmacy's calendar day, the 30 days are 30 × 24 hours before the sale.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from officina.kernel.errors import ParseError
from officina.kernel.quantity import written
from officina.law import facts
from officina.law.facts import Fact
from officina.law.ruling import Ruling, ruled, strictest

MONTH = timedelta(hours=30 * 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Salt(Fact):
    """A salt and the part of its weight that is base."""

    salt: str
    factor: Decimal
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Fact):
    """The most mg of base for one person; None: this law sets none."""

    day_mg: Decimal | None = None
    month_mg: Decimal | None = None
    mail_month_mg: Decimal | None = None
    log_free_mg: Decimal | None = None
    """A single package of so little base needs no line in the logbook."""
    age: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogField(Fact):
    """One thing that the logbook holds of each sale."""

    field: str
    words: str


@dataclass(frozen=True, slots=True)
class Sale:
    """What one person bought: the instant (aware, in the pharmacy's zone) and the mg of base."""

    at: datetime
    base_mg: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person wants to buy now: `units` tablets (or doses) of `unit_mg` mg of the salt each."""

    salt: str
    unit_mg: Decimal
    units: int
    at: datetime
    is_by_mail: bool = False
    age: int | None = None


def base_mg(salt: str, unit_mg: Decimal) -> Decimal:
    """The base in one unit: 30 mg of the hydrochloride hold 24.57 mg. ParseError for a salt that the pack does not know."""
    found = {row.salt: row.factor for row in facts.rows("pseudoephedrine_salts", Salt)}
    if salt not in found:
        raise ParseError("salt of pseudoephedrine", expected=" or ".join(found), got=salt)
    return unit_mg * found[salt]


def most_units(salt: str, unit_mg: Decimal, limit_mg: Decimal) -> int:
    """How many whole units stay within so many mg of base, rounded down."""
    return int(limit_mg / base_mg(salt, unit_mg))


def limits(*, at: datetime, state: str = "") -> list[Limit]:
    """The limits in force, federal and state."""
    return facts.in_force(facts.rows("pseudoephedrine_limits", Limit), on=at.date(), state=state)


def units_now(wish: Wish, history: Sequence[Sale], *, state: str = "") -> int:
    """How many units may be sold now, whatever was asked for."""
    room = min(_room(row, history, wish.at, wish) for row in limits(at=wish.at, state=state))
    return max(most_units(wish.salt, wish.unit_mg, room), 0) if room > 0 else 0


def may_sell(wish: Wish, history: Sequence[Sale], *, state: str = "") -> Ruling:
    """May all of it be sold now? Where not, how many may, and when the whole would pass."""
    ruling = strictest(_judged(row, wish, history) for row in limits(at=wish.at, state=state))
    now = units_now(wish, history, state=state)
    if ruling.allowed or now == 0:
        return ruling
    return replace(ruling, notes=(*ruling.notes, f"{now} of the {wish.units} may be sold now."))


def needs_log(wish: Wish, *, packages: int = 1) -> bool:
    """Whether the sale stands in the logbook: always, but for one single package of 60 mg of base or less."""
    total = base_mg(wish.salt, wish.unit_mg) * wish.units
    free = [row.log_free_mg for row in limits(at=wish.at, state=facts.US) if row.log_free_mg is not None]
    return packages != 1 or not free or total > max(free)


def log_missing(given: Mapping[str, str], *, at: datetime) -> list[LogField]:
    """What the logbook still lacks."""
    found = facts.in_force(facts.rows("pseudoephedrine_log", LogField), on=at.date())
    return [row for row in found if not given.get(row.field, "").strip()]


def _judged(row: Limit, wish: Wish, history: Sequence[Sale]) -> Ruling:
    total = base_mg(wish.salt, wish.unit_mg) * wish.units
    grams = f"{written(total)} mg of base"
    if row.age is not None and wish.age is not None and wish.age < row.age:
        return ruled(row, allowed=False, rule=f"Only to people of {row.age} years or older.", for_whom="the purchaser")
    if wish.units <= 0:
        return ruled(row, allowed=False, rule="Nothing was asked for.", for_whom="the purchaser")
    room = _room(row, history, wish.at, wish)
    if total <= room:
        return ruled(row, allowed=True, rule=f"{grams}: within the limits.", for_whom="the purchaser")
    words = f"{grams}: only {written(max(room, Decimal(0)))} mg may still be bought now. {_limit_words(row, wish)}"
    return ruled(row, allowed=False, rule=words, passes_on=_passes(row, wish, history, total), for_whom="the purchaser")


def _limit_words(row: Limit, wish: Wish) -> str:
    month = _month(row, wish)
    parts = [f"{written(row.day_mg)} mg a calendar day"] if row.day_mg is not None else []
    parts += [f"{written(month)} mg in 30 days"] if month is not None else []
    return f"The limit: {' and '.join(parts)}."


def _month(row: Limit, wish: Wish) -> Decimal | None:
    found = [mg for mg in (row.month_mg, row.mail_month_mg if wish.is_by_mail else None) if mg is not None]
    return min(found, default=None)


def _room(row: Limit, history: Sequence[Sale], at: datetime, wish: Wish) -> Decimal:
    """How many mg of base this limit still leaves at an instant; sales of the future count for nothing."""
    month = _month(row, wish)
    rooms = [Decimal("Infinity")]
    if row.day_mg is not None:
        rooms.append(row.day_mg - sum(s.base_mg for s in history if s.at.astimezone(at.tzinfo).date() == at.date()))
    if month is not None:
        # Compared in UTC: thirty days over a change of the clock are still 720 hours.
        now = at.astimezone(UTC)
        rooms.append(month - sum(s.base_mg for s in history if now - MONTH < s.at.astimezone(UTC) <= now))
    return min(rooms)


def _passes(row: Limit, wish: Wish, history: Sequence[Sale], total: Decimal) -> datetime | None:
    """The first instant on which the whole would fit: a midnight, or 30 × 24 hours after an earlier sale; None: never."""
    zone = wish.at.tzinfo
    midnight = datetime.combine(wish.at.date() + timedelta(days=1), time.min, tzinfo=zone)
    freed = [(s.at.astimezone(UTC) + MONTH).astimezone(zone) for s in history]
    later = sorted(moment for moment in {midnight, *freed} if moment > wish.at)
    return next((moment for moment in later if total <= _room(row, history, moment, wish)), None)
