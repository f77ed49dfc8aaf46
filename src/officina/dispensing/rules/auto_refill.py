"""Is a refill on consent due, and does the consent still hold? Judged from what was handed over and when."""

import functools
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from officina.dispensing.rules import refilling
from officina.dispensing.rules.refilling import Standing
from officina.kernel import packs
from officina.kernel.errors import Refused
from officina.law import auto_refill
from officina.law.ruling import in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """When a refill on consent is started, and what ends the consent."""

    lead_days: int
    """Days before the medicine runs out."""
    silent_days: int
    """Days after it ran out without anything being handed over; 0: never."""
    ends_when_returned: bool


@functools.cache
def terms() -> Terms:
    """The terms in force."""
    return packs.load(Path(__file__).parent.parent / "packs" / "auto_refill.toml", Terms).rows[0]


def is_due(standing: Standing, *, on: date, lead_days: int) -> bool:
    """Whether it runs out within the lead time; what was never handed over is never due, nor what is being filled."""
    if standing.runs_out_on is None or standing.first_is_due or standing.under_way:
        return False
    return standing.runs_out_on <= on + timedelta(days=lead_days)


def silence(standing: Standing, *, given_on: date, on: date, silent_days: int) -> str:
    """Why the consent has ended by silence, in a sentence; empty where it has not. What ran out before it was given is counted from there."""
    if not silent_days or standing.runs_out_on is None or standing.under_way:
        return ""
    if on < max(standing.runs_out_on, given_on) + timedelta(days=silent_days):
        return ""
    return f"It ran out on {in_words(standing.runs_out_on)}, and nothing was handed over for {silent_days} days since."


def refusal(standing: Standing, *, started: str, on: date, state: str) -> Refused | None:
    """Why it is not started: by the law of refills by themselves, by the rules of every refill, or since it was started once before.

    `started` is the number of a fill that was started for the same day and came to nothing.
    """
    ruling = auto_refill.may_consent(standing.schedule, on=on, state=state)
    if not ruling.allowed:
        return Refused(ruling.code, f"Rx {standing.number}: {ruling.sentence}")
    no = refilling.refusal(standing, on=on)
    if no is not None:
        return no
    if started:
        return Refused(
            "started", f"{started} was started for this and came to nothing: refill it by hand if it is wanted."
        )
    return None
