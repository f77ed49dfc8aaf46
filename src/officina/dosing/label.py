"""Structured dosage → the words of the label in English and Spanish (USP <17>): numerals, times of day, one thing one way."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from officina.dosing import words
from officina.dosing.dosage import Amount, Dosage, Maximum, Part, Span, Times, When, number

Language = Literal["en", "es"]
_SWALLOWED = ("tablet", "capsule", "caplet", "softgel", "mL", "pill", "")
_SPAN = {"minute": "minuto", "hour": "hora", "day": "día", "night": "noche", "week": "semana", "month": "mes"}
_OF_A_PLACE = ("wash", "shampoo")
_WHOLE = ("mg", "mcg", "g", "mL", "L", "unit", "mEq", "milliunit")


@dataclass(frozen=True, slots=True)
class Untranslated(Exception):
    """The pack has no Spanish for the prescriber's own word."""

    word: str


def text(dosage: Dosage, language: Language = "en") -> str:
    """The label text. Spanish is empty where a reason of the prescriber's own has no translation: never half a label."""
    try:
        return _sentences(dosage, language)
    except Untranslated:
        return ""


def _sentences(dosage: Dosage, language: Language) -> str:
    said, notes = "", []
    for i, part in enumerate(dosage.parts):
        clause = _part(part, language)
        if not i:
            said = clause
        elif part.sequence > dosage.parts[i - 1].sequence:
            said += f". {'Then' if language == 'en' else 'Después,'} {clause}"
        else:
            said += f" {'and' if language == 'en' else 'y'} {clause}"
        last = i + 1 == len(dosage.parts) or dosage.parts[i + 1].sequence > part.sequence
        notes = _ended(part, language)
        if notes:
            said += ". " + ". ".join(_capital(n) for n in notes) + ("" if last else ".")
    return ". ".join(_capital(s) for s in said.split(". ")).rstrip(".") + "."


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _word(kind: words.Kind, key: str, language: Language, *, many: bool = False) -> str:
    row = words.of(kind).get(key)
    if row is None or not row.en:
        if language == "es":
            raise Untranslated(key)
        return key
    if language == "en":
        return (many and row.many) or row.en
    if not row.es:
        raise Untranslated(key)
    return (many and row.es_many) or row.es


def _part(part: Part, language: Language) -> str:
    # A bare 'use as directed' is itself the sentence
    verb = _word("note", part.notes[0], language) if _only_directed(part) else _word("verb", part.verb, language)
    place = [_word(k, v, language) for k, v in (("route", part.route), ("site", part.site)) if v]  # type: ignore[arg-type]
    if part.verb in _OF_A_PLACE and part.amount is None:  # one washes the scalp, and not to it
        place = [p.removeprefix("to ").removeprefix("en ") for p in place]
    pieces = [verb, _dose(part, language), *place, _time(part, language), *_days(part, language)]
    pieces += [_when(w, language) for w in part.when if w.start]
    pieces += [_need(part, language)]
    if part.duration:
        pieces.append(_for(part.duration, language))
    return " ".join(p for p in pieces if p)


def _ended(part: Part, language: Language) -> list[str]:
    return [_most(m, language) for m in part.maximum] + [
        _word("note", n, language) for n in part.notes[_only_directed(part) :]
    ]


def _only_directed(part: Part) -> bool:
    """No dose and no word of its own but 'use as directed'."""
    return (
        part.amount is None
        and part.verb == "use"
        and part.notes[:1] != ()
        and part.notes[0].startswith("use as directed")
    )


def _range(low: Fraction, high: Fraction, language: Language, *, parts: bool = True) -> str:
    to = "to" if language == "en" else "a"
    return number(low, parts=parts) + (f" {to} {number(high, parts=parts)}" if high != low else "")


def amount(said: Amount, language: Language = "en") -> str:
    """'10 units', '1/2 tablet': an amount as the label says it."""
    return _amount(said, language)


def _amount(amount: Amount, language: Language) -> str:
    counted = _range(amount.low, amount.high, language, parts=amount.unit not in _WHOLE)
    unit = _word("unit", amount.unit, language, many=amount.high > 1) if amount.unit else ""
    de = "de " if language == "es" and unit and amount.high < 1 and amount.unit not in _WHOLE else ""
    return f"{counted} {de}{unit}".strip()


def _dose(part: Part, language: Language) -> str:
    if part.amount is None:
        return ""
    strength = f" ({_amount(part.strength, language)})" if part.strength else ""
    return _amount(part.amount, language) + strength


def _time(part: Part, language: Language) -> str:
    """USP <17>: a plain dose to swallow 2 times a day is said as morning and evening; anything more stays as it is."""
    pieces = []
    if _is_plain_twice(part):
        dose = _dose(part, language)
        return (
            f"in the morning and {dose} in the evening" if language == "en" else f"por la mañana y {dose} al anochecer"
        )
    if part.every:
        pieces.append(_every(part.every, language))
    if part.times:
        pieces.append(_times(part.times, language))
    whens = [_when(w, language) for w in part.when if not w.start]
    pieces.append((" and " if language == "en" else " y ").join(whens))
    return " ".join(p for p in pieces if p)


def _is_plain_twice(part: Part) -> bool:
    plain = part.times == Times(Fraction(2), Fraction(2), "day") and not (part.when or part.every or part.as_needed)
    swallowed = part.verb in ("take", "give") and part.route in ("by mouth", "") and not part.site
    return bool(plain and swallowed and part.amount and part.amount.unit in _SWALLOWED and part.amount.unit
                and not (part.weekdays or part.days))  # fmt: skip


def _unit(span: str, language: Language, *, many: bool) -> str:
    if language == "en":
        return span + ("s" if many else "")
    return _SPAN[span] + ({"mes": "es"}.get(_SPAN[span], "s") if many else "")


def _span(span: Span, language: Language) -> str:
    return f"{_range(span.low, span.high, language)} {_unit(span.unit, language, many=span.high > 1)}"


def _every(span: Span, language: Language) -> str:
    if span == Span(Fraction(2), Fraction(2), "day"):
        return "every other day" if language == "en" else "un día sí y otro no"
    if span.low == span.high == 1:
        return f"{'every' if language == 'en' else 'cada'} {'1 ' if span.unit != 'hour' else ''}{_unit(span.unit, language, many=False)}"
    return f"{'every' if language == 'en' else 'cada'} {_span(span, language)}"


def _times(times: Times, language: Language) -> str:
    once = times.low == times.high == 1
    counted = _range(times.low, times.high, language)
    if language == "en":
        if once and not times.up_to:
            return "every day" if times.period == "day" else f"once a {times.period}"
        return f"{'up to ' if times.up_to else ''}{counted} time{'' if once else 's'} a {times.period}"
    if once and times.period == "day" and not times.up_to:
        return "todos los días"
    al = "a la" if times.period in ("week", "hour") else "al"
    return f"{'hasta ' if times.up_to else ''}{counted} {'vez' if once else 'veces'} {al} {_SPAN[times.period]}"


def _when(when: When, language: Language) -> str:
    if when.event[:1] == "a" and when.event[-2:] in ("am", "pm"):
        las = "a la" if when.event.startswith("at 1:") else "a las"
        event = when.event if language == "en" else las + when.event[2:]
    else:
        event = _word("when", when.event, language)
    said = f"{_span(when.offset, language)} {event}" if when.offset else event
    return f"{'starting' if language == 'en' else 'a partir de'} {said}" if when.start else said


def _days(part: Part, language: Language) -> list[str]:
    said = []
    if part.weekdays:
        names = [_word("weekday", d, language) for d in part.weekdays]
        if language == "es":
            names = [f"{n}s" if n in ("sábado", "domingo") else n for n in names]
        each = "los" if language == "es" else "every" if len(names) == 1 else "on"
        said.append(f"{each} {_listed(names, language)}")
    if part.days:
        first, last = part.days
        if language == "en":
            said.append(f"on day {first}" if first == last else f"on days {first} to {last}")
        else:
            said.append(f"el día {first}" if first == last else f"los días {first} a {last}")
    return said


def _listed(names: list[str], language: Language) -> str:
    last = " and " if language == "en" else " y "
    return ", ".join(names[:-1]) + (last if names[:-1] else "") + names[-1]


def _need(part: Part, language: Language) -> str:
    reasons = _listed([_word("reason", r, language) for r in part.reasons], language) if part.reasons else ""
    need = _word("prn", "as needed", language) if part.as_needed else ""
    por = "for" if language == "en" else "para"
    return f"{need} {por} {reasons}".strip() if reasons else need


def _for(span: Span, language: Language) -> str:
    if language == "en":
        return f"for {'up to ' if span.up_to else ''}{_span(span, language)}"
    return f"{'hasta por' if span.up_to else 'durante'} {_span(span, language)}"


def _most(most: Maximum, language: Language) -> str:
    period = {"": ("in all", "en total"), "day": ("a day", "al día"), "week": ("a week", "a la semana")}[most.period]
    said = _amount(most.amount, language)
    return f"maximum {said} {period[0]}" if language == "en" else f"máximo {said} {period[1]}"
