"""What a new order is compared with: every medicine the patient still has, however old the order, at a cost that stays flat."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

import cast as standing
from cast import TODAY, package
from officina.dispensing.services import allergies, checking, entry, refills, review
from officina.drugs.models import Ingredient
from officina.inventory import services as stock
from officina.kernel.errors import Refused
from officina.prescriptions.models import Prescription
from officina.screening import queries as screening


@pytest.fixture
def cast(db):
    return standing.assemble()


def earlier(cast, number, *, ordered, until, active=True, package=None):
    """A prescription of Rosa's from before: so many days ago, its supply ending so many days from today."""
    drug = (package or cast.metformin).product.drug
    return Prescription.objects.create(
        site_id=cast.ada.site_id,
        number=f"old-{number}",
        origin="1",
        received_at=datetime(2026, 11, 20, 15, tzinfo=UTC) - timedelta(days=ordered),
        written={},
        patient=cast.rosa,
        drug=drug,
        is_active=active,
        supply_from=TODAY - timedelta(days=30) if until is not None else None,
        supply_until=TODAY + timedelta(days=until) if until is not None else None,
    )


def rules_found(cast):
    """What the screening of a new metformin order found."""
    fill = entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at())
    return [alert.rule for alert in screening.current(fill.prescription_id).alerts.all()]


@pytest.mark.parametrize(
    ("ordered", "until", "active"),
    [(400, 20, True), (400, 20, False), (20, 20, True), (20, None, True)],
    ids=["ordered long ago and refilled since", "ended, and still in the house of the patient", "of this month", "not handed over"],
)  # fmt: skip
def test_what_the_patient_still_has_is_compared(cast, ordered, until, active):
    earlier(cast, 1, ordered=ordered, until=until, active=active)
    assert any(rule.startswith("duplic") for rule in rules_found(cast))


@pytest.mark.parametrize(
    ("ordered", "until", "active"),
    [(800, -400, True), (400, None, True), (20, None, False)],
    ids=["used up more than a year ago", "ordered long ago and never handed over", "ended and never handed over"],
)  # fmt: skip
def test_what_the_patient_cannot_have_any_more_is_not(cast, ordered, until, active):
    earlier(cast, 1, ordered=ordered, until=until, active=active)
    assert not any(rule.startswith("duplic") for rule in rules_found(cast))


def test_a_long_history_costs_no_more_statements(cast, django_assert_max_num_queries):
    fill = entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at())
    for n in range(200):
        earlier(cast, n, ordered=500 + n, until=-400 - n, package=cast.lisinopril)
    with django_assert_max_num_queries(22) as few:
        review.screen_again(cast.ada, fill=fill, at=cast.at())
    rows = [
        q["sql"]
        for q in few.captured_queries
        if "prescriptions_prescription" in q["sql"] and "supply_until" in q["sql"]
    ]
    assert len(rows) == 1


def on_the_shelf(cast, name, strength, ndc, *classes):
    made = package(name, strength, ndc=ndc, ingredient=name, classes=classes)
    lot = stock.receive(
        cast.tess, package=made, lot_number="A", expires_on=date(2028, 12, 31), quantity=Decimal(500), at=cast.at()
    )
    return made, lot


@pytest.fixture
def statin(cast):
    return on_the_shelf(cast, "simvastatin", "40 mg", "22222-1111-1", "statin", "statin-cyp3a4")


def meets_the_statin(cast):
    """Whether a new order of clarithromycin is stopped by the statin."""
    made, _ = on_the_shelf(cast, "clarithromycin", "500 mg", "22222-2222-1", "macrolide", "strong-cyp3a4-inhibitor")
    written_on = cast.ada.day(cast.clock)
    fill = cast.entered(made, drug=made.product.drug, refills=0, days_supply=10, written_on=written_on)
    fill = entry.approve_entry(cast.ada, fill=fill, at=cast.at())
    return "interaction.onc-11" in {a.rule for a in screening.stopping(screening__prescription=fill.prescription_id)}


class TestALateRefill:
    """The supply ended a month ago, and the refill is on its way: about to be taken."""

    @pytest.fixture
    def refill(self, cast, statin):
        sold = cast.dispensed(statin[0], quantity=Decimal(30), days_supply=30)
        return cast.worked(refills.refill(cast.tess, prescription=sold.prescription, at=cast.later(31)), statin[1])

    def test_in_its_bin_it_is_screened_against_a_new_order(self, cast, refill):
        assert meets_the_statin(cast)

    def test_back_in_stock_it_is_what_ended(self, cast, refill):
        checking.return_to_stock(cast.tess, fill=refill, why="Nobody came", at=cast.later(11))
        assert not meets_the_statin(cast)

    def test_cancelled_it_is_what_ended(self, cast, statin):
        sold = cast.dispensed(statin[0], quantity=Decimal(30), days_supply=30)
        again = refills.refill(cast.tess, prescription=sold.prescription, at=cast.later(31))
        review.cancel(cast.ada, fill=again, why="Not wanted", at=cast.at())
        assert not meets_the_statin(cast)


def test_an_answer_to_a_mild_reaction_is_none_to_anaphylaxis(cast):
    made, lot = on_the_shelf(cast, "amoxicillin", "500 mg", "22222-4444-1", "penicillin")
    noted = {"patient": cast.rosa, "text": "Amoxicillin", "ingredient": Ingredient.objects.get(key="amoxicillin")}
    allergies.note_allergy(cast.tess, **noted, severity="mild", at=cast.at())
    fill = cast.entered(made, drug=made.product.drug, refills=0)
    fill = entry.approve_entry(cast.ada, fill=fill, at=cast.at())
    (alert,) = screening.stopping(screening__prescription=fill.prescription_id)
    review.resolve_alert(cast.ada, alert=alert, resolution="patient_consulted", reason="took it since", at=cast.at())
    fill = cast.worked(fill, lot)
    told = allergies.note_allergy(cast.tess, **noted, severity="anaphylaxis", at=cast.at())
    assert told.stopped == (fill.number,)


def test_what_was_handed_over_stays_in_the_profile(cast, statin):
    """Its refill does not become another medicine: the one at home would be screened against nothing."""
    sold = cast.dispensed(statin[0], quantity=Decimal(60), days_supply=30)
    refill = refills.refill(cast.tess, prescription=sold.prescription, at=cast.later(24))
    other = cast.entry(drug=cast.lisinopril.product.drug)
    with pytest.raises(Refused, match="simvastatin 40 mg tablet was handed over or is on its way"):
        entry.amend(cast.ada, fill=refill, entry=other, package=cast.lisinopril, why="changed", at=cast.at())
    assert meets_the_statin(cast)
