"""Which alerts stop a fill: serious, unanswered, of the screening that holds. Kept in a column, told by one index."""

import importlib

import pytest
from django.db import IntegrityError, connection, transaction

import cast as standing
from officina.dispensing.services import entry, review
from officina.screening import queries, services
from officina.screening.models import Alert, Screening

COUNTED = importlib.import_module("officina.screening.migrations.0004_what_stops").COUNTED


@pytest.fixture
def cast(db):
    return standing.assemble()


@pytest.fixture
def fill(cast):
    """An order with two serious alerts at least, on the review desk: Rosa takes metformin already, in both ways that are noticed."""
    from officina.prescriptions.models import Prescription

    for number in ("old-1", "old-2"):
        Prescription.objects.create(
            site_id=cast.ada.site_id,
            number=number,
            origin="1",
            received_at=cast.at(),
            written={},
            patient=cast.rosa,
            drug=cast.metformin.product.drug,
        )
    fill = entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at())
    assert queries.open_alerts(fill.prescription_id) >= 1
    return fill


def answer(cast, alert):
    return review.resolve_alert(
        cast.pia, alert=alert, resolution="patient_consulted", reason="takes one of them only", at=cast.at()
    )


def stopping(fill):
    return list(
        queries.stopping(screening__prescription=fill.prescription_id).select_related("screening__prescription")
    )


def test_what_was_found_before_no_longer_stops_when_the_order_is_screened_anew(cast, fill):
    before = stopping(fill)
    review.screen_again(cast.ada, fill=fill, at=cast.at())
    after = stopping(fill)
    assert [a.sentence for a in after] == [a.sentence for a in before]
    assert not {a.pk for a in after} & {a.pk for a in before}
    assert queries.unsound() == []


def test_an_answer_ends_it_and_is_carried_over(cast, fill):
    for alert in stopping(fill):
        answer(cast, alert)
    assert stopping(fill) == []
    review.screen_again(cast.ada, fill=fill, at=cast.at())
    assert stopping(fill) == []
    assert queries.unsound() == []


def test_a_void_screening_stops_nothing(cast, fill):
    services.void(fill.prescription)
    assert stopping(fill) == []
    assert queries.unsound() == []


def test_the_check_finds_an_alert_that_does_not_stop_though_it_should(fill):
    (alert, *_) = stopping(fill)
    Alert.objects.filter(pk=alert.pk).update(stops=False)
    assert queries.unsound() == [
        f"prescription {fill.prescription.number}: the serious alert {alert.rule} is unanswered and does not stop it"
    ]


def test_the_check_finds_an_alert_that_stops_and_no_longer_counts(fill):
    (alert, *_) = found = stopping(fill)
    Screening.objects.filter(pk=alert.screening_id).update(is_current=False)
    told = f"prescription {fill.prescription.number}: the alert {alert.rule} stops it and no longer counts"
    assert told in queries.unsound()
    assert len(queries.unsound()) == len(found)


@pytest.mark.parametrize("change", [{"severity": 3}, {"resolved_by": "Pia", "resolved_at": "2026-11-20T15:00:00Z"}])
def test_the_database_itself_holds_that_what_stops_is_serious_and_unanswered(fill, change):
    (alert, *_) = stopping(fill)
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.filter(pk=alert.pk).update(**change)


def test_a_house_of_before_is_told_what_stops(cast, fill):
    """The migration's statement, over alerts of which one holds, one is of an old screening, and one was answered."""
    review.screen_again(cast.ada, fill=fill, at=cast.at())
    holds = stopping(fill)
    mild = Alert.objects.create(screening=holds[0].screening, rule="mild", severity=3, sentence="mild")
    answered = Alert.objects.create(
        screening=holds[0].screening, rule="told", severity=1, sentence="told", resolved_at=cast.at()
    )
    Alert.objects.update(stops=False)
    with connection.cursor() as cursor:
        cursor.execute(COUNTED)
    assert {a.pk for a in stopping(fill)} == {a.pk for a in holds}
    assert not {mild.pk, answered.pk} & {a.pk for a in holds}
    assert queries.unsound() == []
