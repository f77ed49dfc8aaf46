"""Running the screening over a prescription and the patient's profile, and writing what a pharmacist says to it."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
from django.db.models import BigIntegerField, Q, prefetch_related_objects

from officina.base import audit, statement
from officina.base.access import Actor
from officina.base.rows import Question, append
from officina.drugs import queries as drugs
from officina.drugs.models import Drug, Ingredient
from officina.kernel.errors import Refused
from officina.patients import queries as patients
from officina.patients.models import Allergy
from officina.prescriptions import queries as prescriptions
from officina.prescriptions.models import Prescription
from officina.screening import rules
from officina.screening.models import Alert, Screening

SCREENED = audit.verb("prescription.screened", "screened the prescription")
RESOLUTIONS = {
    "prescriber_consulted": "Prescriber consulted, fill as written",
    "patient_consulted": "Patient consulted, fill as written",
    "benefit_outweighs": "Known and monitored, benefit outweighs",
    "not_applicable": "Does not apply to this patient",
}


_CURRENT = Question(
    lambda prescription: Screening.objects.filter(prescription=prescription, is_current=True).order_by("-id")[:1],
    prescription=BigIntegerField(),
)
_ANSWERED_OR_STOPPING = Question(
    lambda screening: Alert.objects.filter(Q(resolved_at__isnull=False) | Q(stops=True), screening=screening),
    screening=BigIntegerField(),
)
_OPEN = Question(
    lambda pk: Screening.objects.select_for_update(no_key=True).filter(pk=pk, is_current=True).values_list("pk"),
    pk=BigIntegerField(),
)
_ALERTS = Question(
    lambda screening: Alert.objects.filter(screening=screening).order_by("id"), screening=BigIntegerField()
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a prescription stands with its screening."""

    is_missing: bool
    is_stale: bool
    open_alerts: int


def _medicine(
    drug: Drug, ingredients: list[Ingredient], *, key: str, what: rules.What, since: date | None, until: date | None
) -> rules.Medicine:
    return rules.Medicine(
        name=str(drug),
        key=key,
        ingredients=tuple(sorted(i.key for i in ingredients)),
        classes=frozenset(c for i in ingredients for c in i.classes),
        started_on=since,
        supply_ends_on=until,
        what=what,
        holds=tuple((k, i.name) for i in ingredients for k in (i.key, *(f":{c}" for c in i.classes))),
    )


def _allergy(a: Allergy) -> rules.AllergyFact:
    return rules.AllergyFact(
        text=a.text,
        ingredient=a.ingredient.key if a.ingredient else "",
        drug_class=a.drug_class,
        reaction=a.reaction,
        severity=a.severity,
    )


def _new(prescription: Prescription) -> rules.Medicine:
    """The medicine that is to be dispensed."""
    assert prescription.drug is not None
    ingredients = drugs.ingredients_of(prescription.drug.pk)
    return _medicine(prescription.drug, ingredients, key=prescription.number, what="active", since=None, until=None)


def _allergies(prescription: Prescription) -> tuple[rules.AllergyFact, ...] | None:
    """What the patient is allergic to; None where nobody has asked yet."""
    assert prescription.patient is not None
    if prescription.patient.allergies_asked_on is None:
        return None
    return tuple(map(_allergy, patients.allergies_of(prescription.patient)))


def _others(actor: Actor, prescription: Prescription, *, on: date) -> tuple[rules.Medicine, ...]:
    """Every other medicine that is in use, was within a year, or was ordered within a year and not handed over yet.

    Three statements; a fourth where a supply has ended.
    """
    assert prescription.patient is not None
    others = [p for p in prescriptions.in_use(prescription.patient.person_id, on=on) if p.pk != prescription.pk]
    prefetch_related_objects(others, "drug__ingredients")
    ended = {p.pk: p.supply_until for p in others if p.supply_until is not None and p.supply_until < on}
    again = _under_way_again(actor, ended)
    medicines = []
    for p in others:
        assert p.drug is not None
        what: rules.What = "recent" if p.pk in ended and p.pk not in again else "active"
        medicines.append(
            _medicine(
                p.drug,
                list(p.drug.ingredients.all()),
                key=p.number,
                what=what,
                since=p.supply_from,
                until=None if p.pk in again else p.supply_until,
            )
        )
    return tuple(medicines)


def _under_way_again(actor: Actor, ended: dict[int, date]) -> set[int]:
    """Of prescriptions and the last day of what was handed over: those of which a later fill was screened and not ended since.

    A refill that lies in its bin is about to be taken, however long ago the supply before it ended.
    """
    found = Screening.objects.filter(prescription__in=ended, is_current=True) if ended else Screening.objects.none()
    return {pk for pk, at in found.values_list("prescription_id", "at") if actor.day(at) > ended[pk]}


def _fingerprint(new: rules.Medicine, allergies: tuple[rules.AllergyFact, ...] | None) -> str:
    """What makes this screening stale when it changes: the medicine itself and the allergies.

    Another medicine that comes later is screened against this one when it comes, so each pair is compared once at least.
    """
    return hashlib.sha256(msgspec.json.encode([new, allergies], order="sorted")).hexdigest()


def screen(actor: Actor, *, prescription: Prescription, at: datetime) -> Screening:
    """Screen a prescription against the profile of now; in the running transaction. What a pharmacist said to the same finding before, stands."""
    new, allergies, on = _new(prescription), _allergies(prescription), actor.day(at)
    subject = rules.Subject(allergies=allergies, medicines=_others(actor, prescription, on=on), on=on)
    result = rules.screen(new, subject, rules.default_packs())
    # The old one is closed first: an answer to it that is being written is waited for and taken over, a later one refused.
    said = {(a.rule, a.sentence): a for a in void(prescription) if a.resolved_at is not None}
    screening = Screening(
        site_id=prescription.site_id,
        prescription=prescription,
        at=at,
        fingerprint=_fingerprint(new, allergies),
        checked=list(result.checked),
        not_screened=[{"check": n.check, "why": n.why} for n in result.not_screened],
    )
    append(screening)
    alerts = []
    for f in result.findings:
        alert = Alert(
            screening=screening,
            rule=f.code,
            severity=int(f.severity),
            sentence=f.sentence,
            about=list(f.about),
            source=f.source,
        )
        before = said.get((f.code, f.sentence))
        # What was said of a mild reaction is no answer to a severe one.
        if before is not None and before.severity <= alert.severity:
            alert.resolved_at, alert.resolved_by = before.resolved_at, before.resolved_by
            alert.resolution, alert.reason = before.resolution, before.reason
        alert.stops = f.severity.is_serious and alert.resolved_at is None
        alerts.append(alert)
    Alert.objects.bulk_create(alerts)
    audit.record(actor, SCREENED, at=at, on=prescription, after={"findings": [f.code for f in result.findings]})
    return screening


def void(prescription: Prescription) -> list[Alert]:
    """The order changed: what was found about the old one no longer counts. Gives what was answered of it, and what stopped it until now.

    One statement; a second where something was closed; a third where that stopped the fill.
    """
    sql = "UPDATE screening_screening SET is_current = %s WHERE prescription_id = %s AND is_current RETURNING id"
    closed = [key for (key,) in statement.rows(sql, [False, prescription.pk])]
    alerts = [alert for key in closed for alert in _ANSWERED_OR_STOPPING(screening=key)]
    if any(alert.stops for alert in alerts):
        Alert.objects.filter(screening__in=closed, stops=True).update(stops=False)
    return alerts


def standing(prescription: Prescription) -> Standing:
    """Whether the screening is there, is of today's profile, and leaves alerts open."""
    current = _CURRENT.first(prescription=prescription.pk)
    if current is None:
        return Standing(is_missing=True, is_stale=False, open_alerts=0)
    now = _fingerprint(_new(prescription), _allergies(prescription))
    stopping = sum(alert.stops for alert in _ALERTS(screening=current.pk))
    return Standing(is_missing=False, is_stale=current.fingerprint != now, open_alerts=stopping)


def resolve(actor: Actor, alert: Alert, *, resolution: str, reason: str, at: datetime) -> Alert:
    """Write a pharmacist's answer to an alert; the caller has asked whether the actor may. In the running transaction."""
    if resolution not in RESOLUTIONS:
        raise Refused("resolution_unknown", "Choose how the alert was resolved.", {"resolution": "Choose one"})
    if len(reason.strip()) < 5:
        raise Refused("why_needed", "Give the reason in your own words.", {"reason": "At least a few words"})
    if not _OPEN(pk=alert.screening_id):
        raise Refused("stale", "The order was screened again a moment ago. Look at what was found now.")
    done = Alert.objects.filter(pk=alert.pk, resolved_at__isnull=True).update(
        resolved_at=at, resolved_by=actor.name, resolution=resolution, reason=reason.strip(), stops=False
    )
    if not done:
        raise Refused("stale", "This alert was resolved a moment ago by somebody else.")
    alert.refresh_from_db()
    return alert
