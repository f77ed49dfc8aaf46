"""Partial fills by the law: what is owed, until when, and that nothing of it goes out later. Vectors: domain rules, section 1.6."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cast import TODAY, assemble
from officina.dispensing import owed, queries
from officina.dispensing.models import Fill
from officina.dispensing.services import checking, filling, review
from officina.dispensing.services.filling import Scanned
from officina.kernel.errors import Refused
from officina.law import partial, parts
from officina.law.ruling import instant

CHICAGO = "America/Chicago"


@pytest.mark.parametrize(
    ("case", "schedule", "due"),
    [
        ("unable", 2, datetime(2026, 11, 23, 20, 30, tzinfo=UTC)),
        ("asked", 2, datetime(2026, 12, 2, 5, 59, 59, tzinfo=UTC)),
        ("long_term_care", 2, datetime(2027, 1, 1, 5, 59, 59, tzinfo=UTC)),
        ("terminally_ill", 2, datetime(2027, 1, 1, 5, 59, 59, tzinfo=UTC)),
        ("emergency_asked", 2, datetime(2026, 11, 22, 15, 0, tzinfo=UTC)),
        ("unable", 3, datetime(2027, 5, 2, 4, 59, 59, tzinfo=UTC)),
        ("asked", 5, datetime(2027, 5, 2, 4, 59, 59, tzinfo=UTC)),
        ("unable", 0, datetime(2027, 11, 2, 4, 59, 59, tzinfo=UTC)),
    ],
)
def test_until_when_the_rest_may_go_out(case, schedule, due):
    """Written 2026-11-01 for a year, first part on 2026-11-20 at 14:30 in Chicago, ordered by telephone the day before at 9.

    What has no time of its own ends with the order. The command line says the same, with the same reminder.
    """
    written_on, zone = date(2026, 11, 1), ZoneInfo(CHICAGO)
    first, ordered = datetime(2026, 11, 20, 14, 30, tzinfo=zone), datetime(2026, 11, 19, 9, tzinfo=zone)
    row = partial.case_of(case, schedule)
    since = partial.begins(row, written_on=written_on, first_at=first, ordered_at=ordered, zone=CHICAGO)
    found = partial.due(row, written_on=written_on, since=since, expires_on=date(2027, 11, 1), zone=CHICAGO)
    assert found == due
    if schedule:
        told = parts.owed(
            parts.Portion(
                schedule=schedule, case=parts.Case(case), written_on=written_on, at=first, quantity=Decimal(1),
                prescribed=Decimal(2), first_at=first, ordered_at=ordered,
            )
        )  # fmt: skip
        assert told.source == row.source
        last = told.deadline if isinstance(told.deadline, datetime) else instant(told.deadline, first, after=True)
        assert last - due in {timedelta(), timedelta(seconds=1)}
        assert abs(told.alarm_at - partial.alarm(since, due)) <= timedelta(seconds=1)


def test_no_rest_outlives_its_order():
    first = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
    case = partial.case_of("unable", 2)
    found = partial.due(case, written_on=date(2026, 8, 22), since=first, expires_on=date(2026, 11, 20), zone=CHICAGO)
    assert found == datetime(2026, 11, 21, 5, 59, 59, tzinfo=UTC)


def test_a_case_that_the_schedule_does_not_know_is_refused():
    with pytest.raises(Refused, match="not enough in stock"):
        partial.case_of("terminally_ill", 4)
    assert [c.case for c in partial.cases(1)] == [c.case for c in partial.cases(2)]


def test_three_quarters_through_its_window_a_rest_is_urgent():
    first, due = datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert partial.alarm(first, due) == datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def cast(db):
    return assemble()


@pytest.fixture
def part(cast):
    """8 of 20 tablets of a Schedule II medicine, the rest owed because there were no more."""
    fill = cast.ready(cast.oxycodone, drug=cast.oxycodone.product.drug, refills=0, quantity=Decimal(20))
    fill = filling.label_printed(cast.tess, fill=filling.take(cast.tess, fill=fill, at=cast.at()), at=cast.at())
    scanned = Scanned(raw="x", package_id=cast.oxycodone.pk, lot_number="L1", expires_on=date(2027, 10, 31))
    filling.scan(cast.tess, fill=fill, scanned=scanned, quantity=Decimal(8), at=cast.at())
    fill = queries.fill(cast.tess, str(fill.code))
    return filling.partial(cast.tess, fill=fill, why="No more here", case="unable", at=cast.at())


def rest_of(cast, part):
    return queries.fill(cast.tess, str(Fill.objects.get(prescription_id=part.prescription_id, kind="completion").code))


def test_the_rest_of_schedule_ii_may_go_out_for_72_hours(cast, part):
    rest = rest_of(cast, part)
    assert (part.quantity, part.owed, rest.quantity) == (8, 12, 12)
    assert rest.due_by - cast.clock == timedelta(hours=72)
    assert rest.alarm_at - cast.clock == timedelta(hours=54)
    cast.clock = rest.due_by - timedelta(minutes=1)
    assert filling.take(cast.tess, fill=rest, at=cast.at(1)).state == "filling"


def test_after_72_hours_the_rest_is_void_and_can_only_be_cancelled(cast, part):
    rest = rest_of(cast, part)
    cast.clock = rest.due_by
    with pytest.raises(Refused, match="is void") as refused:
        filling.take(cast.tess, fill=rest, at=cast.at())
    assert "21 CFR 1306.13(a)" in refused.value.sentence
    assert review.cancel(cast.ada, fill=rest, why="void", at=cast.at()).state == "cancelled"


def test_a_rest_that_was_begun_in_time_is_not_finished_late(cast, part):
    rest = filling.take(cast.tess, fill=rest_of(cast, part), at=cast.at())
    filling.label_printed(cast.tess, fill=rest, at=cast.at())
    scanned = Scanned(raw="x", package_id=cast.oxycodone.pk, lot_number="L1", expires_on=date(2027, 10, 31))
    filling.scan(cast.tess, fill=rest, scanned=scanned, quantity=None, at=cast.at())
    cast.clock = rest.due_by
    with pytest.raises(Refused, match="is void"):
        filling.submit_fill(
            cast.tess, fill=queries.fill(cast.tess, str(rest.code)), second_count=Decimal(12), at=cast.at()
        )


def test_a_part_of_the_rest_gets_no_longer_than_the_rest_had(cast, part):
    rest = filling.take(cast.tess, fill=rest_of(cast, part), at=cast.at(24 * 60))
    scanned = Scanned(raw="x", package_id=cast.oxycodone.pk, lot_number="L1", expires_on=date(2027, 10, 31))
    filling.scan(cast.tess, fill=rest, scanned=scanned, quantity=Decimal(4), at=cast.at())
    again = filling.partial(cast.tess, fill=queries.fill(cast.tess, str(rest.code)), why="still short", at=cast.at())
    last = Fill.objects.filter(kind="completion").latest("fill_no")
    assert (again.quantity, last.quantity, last.due_by) == (4, 8, rest.due_by)


def test_the_counter_shows_the_earliest_deadline_first_and_what_is_void(cast, part):
    slow = filling.take(cast.tess, fill=cast.ready(patient=cast.omar), at=cast.at())
    cast.scan(slow, cast.lot, Decimal(20))
    filling.partial(cast.tess, fill=queries.fill(cast.tess, str(slow.code)), why="short", at=cast.at())
    first, second = owed.owed(cast.tess, at=cast.at())
    assert (first.fill.quantity, first.source) == (12, "21 CFR 1306.13(a)")
    assert (second.fill.quantity, second.source, second.is_urgent) == (40, "", False)
    assert (first.is_urgent, first.is_void) == (False, False)
    assert owed.owed(cast.tess, at=first.fill.alarm_at)[0].is_urgent
    assert owed.owed(cast.tess, at=first.fill.due_by + timedelta(seconds=1))[0].is_void
    assert owed.owed(cast.max, at=cast.at()) == []


def test_nothing_goes_out_after_the_prescription_expired(cast):
    fill = cast.ready(written_on=TODAY - timedelta(days=364))
    cast.later(3)
    with pytest.raises(Refused, match="expired on"):
        filling.take(cast.tess, fill=fill, at=cast.at())


class TestTheRestIsCancelled:
    """What went out lasts as long as there is of it: else the next refill is too soon, and refills on consent begin weeks late."""

    @pytest.fixture
    def slow(self, cast):
        """20 of 60 tablets for 30 days, the rest owed."""
        fill = filling.take(cast.tess, fill=cast.ready(), at=cast.at())
        cast.scan(fill, cast.lot, Decimal(20))
        return filling.partial(cast.tess, fill=queries.fill(cast.tess, str(fill.code)), why="short", at=cast.at())

    def out(self, cast, fill):
        fill = filling.label_printed(cast.tess, fill=queries.fill(cast.tess, str(fill.code)), at=cast.at())
        filling.submit_fill(cast.tess, fill=fill, at=cast.at())
        checking.verify(cast.ada, fill=queries.fill(cast.ada, str(fill.code)), at=cast.at())
        fill = checking.bag(cast.tess, fill=queries.fill(cast.tess, str(fill.code)), bin_name="A1", at=cast.at())
        return cast.handed_over(fill)

    def test_after_the_part_went_out(self, cast, slow):
        sold = self.out(cast, slow)
        whole = sold.prescription.supply_until
        review.cancel(cast.ada, fill=rest_of(cast, slow), why="patient has enough", at=cast.at())
        now = queries.fill(cast.tess, str(slow.code))
        assert (now.days_supply, now.prescription.supply_from) == (10, sold.prescription.supply_from)
        assert now.prescription.supply_until == whole - timedelta(days=20)

    def test_before_it_goes_out(self, cast, slow):
        review.cancel(cast.ada, fill=rest_of(cast, slow), why="patient has enough", at=cast.at())
        sold = self.out(cast, slow)
        assert sold.days_supply == 10
        assert sold.prescription.supply_until - sold.prescription.supply_from == timedelta(days=9)

    def test_a_rest_that_goes_out_changes_nothing(self, cast, slow):
        sold = self.out(cast, slow)
        assert sold.days_supply == 30
        assert sold.prescription.supply_until - sold.prescription.supply_from == timedelta(days=29)


def test_a_rest_that_goes_back_to_stock_shortens_the_supply_that_was_handed_over(cast):
    """20 of 60 tablets last ten days: with thirty on record the patient would wait for the refill without any."""
    fill = filling.take(cast.tess, fill=cast.ready(), at=cast.at())
    fill = filling.label_printed(cast.tess, fill=fill, at=cast.at())
    cast.scan(fill, cast.lot, Decimal(20))
    first = filling.partial(cast.tess, fill=queries.fill(cast.tess, str(fill.code)), why="short", at=cast.at())
    first = filling.label_printed(cast.tess, fill=first, at=cast.at())
    first = checking.verify(cast.ada, fill=filling.submit_fill(cast.tess, fill=first, at=cast.at()), at=cast.at())
    cast.handed_over(checking.bag(cast.tess, fill=first, bin_name="A1", at=cast.at()))
    rest = filling.take(cast.tess, fill=rest_of(cast, first), at=cast.at())
    rest = filling.label_printed(cast.tess, fill=rest, at=cast.at())
    cast.scan(rest, cast.lot)
    rest = filling.submit_fill(cast.tess, fill=queries.fill(cast.tess, str(rest.code)), at=cast.at())
    rest = checking.bag(cast.tess, fill=checking.verify(cast.ada, fill=rest, at=cast.at()), bin_name="A1", at=cast.at())
    checking.return_to_stock(cast.ada, fill=rest, why="nobody came", at=cast.later(11))
    first.refresh_from_db()
    assert first.days_supply == 10
    assert first.prescription.supply_until == TODAY + timedelta(days=9)
