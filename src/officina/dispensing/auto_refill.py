"""Which refills on consent fall due, what can be said to each, and whose consent has ended. Read only; the sweep starts them."""

from dataclasses import dataclass
from datetime import date, timedelta

from officina.base.access import Actor
from officina.dispensing import refillable
from officina.dispensing.models import Fill
from officina.dispensing.refillable import Asked
from officina.dispensing.rules import auto_refill as rules
from officina.kernel.errors import Refused
from officina.prescriptions import queries as prescriptions
from officina.prescriptions.models import Prescription, RefillConsent


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A prescription that runs out, with the consent to refill it."""

    consent: RefillConsent
    asked: Asked
    due_on: date
    """The first day without it."""
    silence: str = ""
    """Why the consent ends instead; empty where it holds."""
    refusal: Refused | None = None

    @property
    def rx(self) -> Prescription:
        return self.consent.prescription

    @property
    def can_start(self) -> bool:
        return not self.silence and self.refusal is None


def due(actor: Actor, *, on: date, until: date | None = None) -> list[Due]:
    """What falls due within the lead time of `until`, judged on the day `on`; what runs out first comes first. Two statements."""
    horizon = until or on
    terms = rules.terms()
    consents = prescriptions.consented(actor, lasts_to=horizon + timedelta(days=terms.lead_days - 1))
    rows = {c.prescription_id: c for c in consents}
    found = []
    for asked in refillable.of_rows(actor, [c.prescription for c in consents], on=on):
        assert asked.prescription is not None
        one = judged(actor, rows[asked.prescription.pk], asked, on=on, until=horizon)
        if one is not None:
            found.append(one)
    return sorted(found, key=lambda one: (one.due_on, one.rx.number))


def judged(actor: Actor, consent: RefillConsent, asked: Asked, *, on: date, until: date) -> Due | None:
    """The same of one prescription; None where it is not due. No statement."""
    standing, terms = asked.standing, rules.terms()
    assert standing is not None
    if not rules.is_due(standing, on=until, lead_days=terms.lead_days):
        return None
    assert standing.runs_out_on is not None
    given_on = actor.day(consent.given_at)
    silent = rules.silence(standing, given_on=given_on, on=on, silent_days=terms.silent_days)
    no = rules.refusal(standing, started=_started(asked.fills, standing.runs_out_on), on=on, state=actor.state)
    return Due(
        consent=consent,
        asked=asked,
        due_on=standing.runs_out_on,
        silence=silent,
        refusal=None if silent else no,
    )


def _started(fills: tuple[Fill, ...], due_on: date) -> str:
    return next((fill.number for fill in fills if fill.due_on == due_on), "")
