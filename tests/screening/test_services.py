"""What a new order is compared with: every medicine the patient still has, however old the order, at a cost that stays flat."""

from datetime import UTC, datetime, timedelta

import pytest

import cast as standing
from cast import TODAY
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
    from officina.dispensing.services import entry

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
    from officina.dispensing.services import entry, review

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
