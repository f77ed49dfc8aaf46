"""Refills: what the law and the last supply allow, who may pass what, and that nothing is dispensed that was not authorised."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from cast import assemble
from dispensing.standings import OCT_1, standing
from officina.base.models import AuditEntry
from officina.dispensing import queries, refillable
from officina.dispensing.models import Fill
from officina.dispensing.rules import refilling
from officina.dispensing.services import auto_refill, checking, filling, refills, review
from officina.drugs.models import SubstanceSchedule
from officina.kernel.clock import add_months
from officina.kernel.errors import Refused
from officina.prescriptions.models import Prescriber
from officina.prescriptions.services import consents
from officina.screening import queries as screening


def code(is_standing, on):
    no = refilling.refusal(is_standing, on=on)
    return no.code if no else ""


# Thresholds of domain.md 1.11: a fill of October 1, 2026 for 30 days
@pytest.mark.parametrize(
    ("schedule", "day", "stopped"),
    [
        (0, date(2026, 10, 23), True),
        (0, date(2026, 10, 24), False),  # 75 %
        (4, date(2026, 10, 26), True),
        (4, date(2026, 10, 27), False),  # 85 %
    ],
)
def test_a_refill_is_too_soon_until_the_threshold(schedule, day, stopped):
    assert code(standing(schedule=schedule), day) == ("too_soon" if stopped else "")


def test_the_refusal_names_the_day_on_which_it_would_pass():
    assert "Oct 24, 2026" in refilling.refusal(standing(), on=OCT_1).sentence


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        ({}, "House rule"),
        ({"schedule": 4, "last_on": None, "expires_on": date(2026, 9, 30)}, "21 CFR 1306.22"),
        ({"last_on": None, "expires_on": date(2026, 9, 30)}, "Common state rule"),
        ({"schedule": 2, "refills": 0, "used": 0, "last_on": None}, "21 CFR 1306.12(a)"),
    ],
)
def test_the_refusal_names_its_source(changes, source):
    assert f"({source}" in refilling.refusal(standing(**changes), on=OCT_1).sentence


# 21 CFR 1306.22: Schedule IV written on May 15, 2026 may be refilled on November 15, the day after never (HS3)
def test_the_last_day_counts_and_the_day_after_never():
    rx = standing(schedule=4, expires_on=date(2026, 11, 15))
    assert code(rx, date(2026, 11, 15)) == ""
    assert code(rx, date(2026, 11, 16)) == "expired"


@pytest.mark.parametrize(
    ("changes", "stopped"),
    [
        ({"used": 5}, "no_refills"),  # HS2: the sixth refill of five
        ({"used": 4}, ""),
        ({"schedule": 2, "refills": 0, "used": 0}, "no_refills"),
        ({"under_way": "F1000015"}, "under_way"),
        ({"is_active": False}, "ended"),
        ({"is_entered": False}, "not_entered"),
        ({"first_is_due": True, "used": 0, "refills": 0, "last_on": None}, ""),
        ({"last_days": None}, ""),
    ],
)
def test_what_stops_a_refill(changes, stopped):
    assert code(standing(**changes), date(2026, 11, 1)) == stopped


@pytest.mark.parametrize(("part", "days"), [(60, 30), (30, 15), (59, 29), (1, 1)])
def test_a_smaller_quantity_lasts_fewer_days(part, days):
    assert refilling.days_of(Decimal(part), whole=Decimal(60), days=30) == days


@pytest.fixture
def cast(db):
    return assemble()


def again(cast, fill, by=None, **more):
    rx = queries.fill(cast.tess, str(fill.code)).prescription
    return refills.refill(by or cast.tess, prescription=rx, at=cast.at(), **more)


class TestThroughTheServices:
    def test_a_fill_of_an_evening_was_filled_on_that_day(self, cast):
        """Half past seven in Wisconsin, which is the next day in Greenwich already (21 CFR 1306.24 asks for the day)."""
        first = cast.sold()
        Fill.objects.filter(pk=first.pk).update(filled_at=datetime(2026, 11, 21, 1, 30, tzinfo=UTC))
        cast.later(25)
        fill = queries.fill(cast.tess, str(again(cast, first).code))
        assert queries.label_facts(fill, on=cast.tess.day(cast.clock)).first_filled_on == date(2026, 11, 20)

    def test_a_refill_is_screened_and_waits_for_the_review(self, cast):
        first = cast.sold()
        cast.later(25)
        fill = again(cast, first)
        assert (fill.state, fill.kind, fill.fill_no) == ("clinical_review", "refill", 1)
        assert (fill.quantity, fill.days_supply, fill.package_id) == (first.quantity, 30, first.package_id)
        assert queries.refills_left(fill.prescription) == 1
        assert screening.current(fill.prescription_id).at == cast.clock
        assert [s.move for s in queries.steps(fill)] == ["refill"]
        assert queries.unsound() == []

    def test_it_goes_all_the_way_and_the_next_waits_for_this_one(self, cast):
        first = cast.sold()
        cast.later(25)
        second = cast.handed_over(cast.worked(again(cast, first)))
        assert (second.state, second.kind) == ("sold", "refill")
        assert queries.unsound() == []
        with pytest.raises(Refused, match="too soon"):
            again(cast, second)

    def test_two_refills_of_two_and_no_third(self, cast):
        fill = cast.sold()
        for _ in range(2):
            cast.later(25)
            fill = cast.handed_over(cast.worked(again(cast, fill)))
        cast.later(25)
        with pytest.raises(Refused, match="no refills left"):
            again(cast, fill)
        assert Fill.objects.filter(prescription_id=fill.prescription_id).count() == 3

    def test_one_under_way_stops_the_next(self, cast):
        first = cast.sold()
        cast.later(25)
        under_way = again(cast, first)
        with pytest.raises(Refused, match=under_way.number):
            again(cast, first)

    def test_too_soon_is_passed_by_a_pharmacist_with_a_reason_and_by_nobody_else(self, cast):
        first = cast.sold()
        cast.later(5)
        with pytest.raises(Refused) as no:
            again(cast, first, early="Leaves for two months")
        assert no.value.code == "not_in_role"
        with pytest.raises(Refused) as no:
            again(cast, first, by=cast.ada)
        assert no.value.code == "too_soon"
        fill = again(cast, first, by=cast.ada, early="Leaves for two months")
        assert AuditEntry.objects.get(on_code=str(fill.code), verb="fill.refill").why == "Leaves for two months"

    def test_no_reason_passes_what_is_used_up(self, cast):
        first = cast.sold(refills=0)
        cast.later(25)
        with pytest.raises(Refused) as no:
            again(cast, first, by=cast.ada, early="Please")
        assert no.value.code == "no_refills"

    def test_a_cancelled_refill_gives_the_refill_back(self, cast):
        first = cast.sold()
        cast.later(25)
        fill = review.cancel(cast.ada, fill=again(cast, first), why="Not wanted", at=cast.at())
        assert queries.refills_left(fill.prescription) == 2
        assert again(cast, first).kind == "refill"

    def test_a_refill_that_nobody_came_for_gives_the_refill_back(self, cast):
        first = cast.sold()
        cast.later(25)
        fill = cast.worked(again(cast, first))
        checking.return_to_stock(cast.tess, fill=fill, why="Nobody came", at=cast.at())
        assert queries.refills_left(first.prescription) == 2

    def test_a_first_fill_that_went_back_to_stock_is_a_first_fill_again(self, cast):
        fill = checking.return_to_stock(cast.tess, fill=cast.bagged(refills=0), why="Nobody came", at=cast.at())
        anew = again(cast, fill)
        assert (anew.kind, anew.fill_no) == ("first", 1)
        with pytest.raises(Refused, match="filled already"):
            again(cast, fill)

    def test_less_may_be_asked_for_and_never_more(self, cast):
        first = cast.sold()
        cast.later(25)
        with pytest.raises(Refused, match="at most"):
            again(cast, first, quantity=Decimal(61))
        with pytest.raises(Refused, match="at most"):
            again(cast, first, quantity=Decimal(0))
        fill = again(cast, first, quantity=Decimal(24))
        assert (fill.quantity, fill.days_supply) == (24, 12)

    def test_the_same_page_sent_twice_refills_once(self, cast):
        first = cast.sold()
        cast.later(25)
        tess = replace(cast.tess, key="page-1")
        rx, at = first.prescription, cast.at()
        one = refills.refill(tess, prescription=rx, at=at)
        two = refills.refill(tess, prescription=rx, at=at + timedelta(seconds=1))
        assert one.pk == two.pk

    def test_a_stranger_and_one_whose_licence_lapsed_may_not(self, cast):
        first = cast.sold()
        cast.later(25)
        for who in (cast.max, cast.lapsed):
            with pytest.raises(Refused):
                again(cast, first, by=who)


class TestAStricterListSinceTheEntry:
    """A list controls metformin while two refills of it wait (21 CFR 1306.12(a), 1306.22)."""

    def listed(self, cast, schedule, on=None):
        SubstanceSchedule.objects.create(
            key=f"s{schedule}", jurisdiction="US", substance="METFORMIN", schedule=schedule, starts_on=on
        )

    def test_the_refill_is_dispensed_as_what_it_is_now_and_says_so_on_the_label(self, cast):
        first = cast.sold(refills=11)
        self.listed(cast, 4)
        cast.later(25)  # 75 % are used up, 85 % not yet
        with pytest.raises(Refused, match="controlled substance"):
            again(cast, first)
        cast.later(2)
        rx = again(cast, first).prescription
        written_on = rx.written_on
        assert (rx.schedule, rx.refills, rx.expires_on) == (4, 5, add_months(written_on, 6))
        fill = Fill.objects.get(kind="refill")
        facts = queries.label_facts(queries.fill(cast.tess, str(fill.code)), on=cast.tess.day(cast.clock))
        assert facts.schedule == 4
        told = AuditEntry.objects.get(verb="prescription.held_stricter")
        assert (told.before["schedule"], told.after["schedule"], told.after["refills"]) == ("0", "4", "5")

    def test_what_is_in_schedule_ii_by_now_is_not_refilled(self, cast):
        first = cast.sold()
        self.listed(cast, 2)
        cast.later(25)
        with pytest.raises(Refused, match=r"no refills left.*1306\.12") as no:
            again(cast, first, by=cast.ada, early="Please")
        assert no.value.code == "no_refills"
        assert not Fill.objects.filter(kind="refill").exists()

    def test_after_six_months_it_has_expired_and_without_a_dea_number_nothing_goes(self, cast):
        first = cast.sold()
        self.listed(cast, 4)
        Prescriber.objects.update(dea="")
        cast.later(25)
        with pytest.raises(Refused) as no:
            again(cast, first)
        assert no.value.code == "dea_missing"
        Prescriber.objects.update(dea="AB1234563")
        cast.later(170)
        with pytest.raises(Refused) as no:
            again(cast, first)
        assert no.value.code == "expired"

    def test_a_list_that_is_not_in_force_yet_or_is_looser_changes_nothing(self, cast):
        first = cast.sold()
        self.listed(cast, 4, on=date(2027, 6, 1))
        cast.later(25)
        assert again(cast, first).prescription.schedule == 0
        assert not AuditEntry.objects.filter(verb="prescription.held_stricter").exists()

    def test_it_is_not_refilled_by_itself_any_more_nor_brought_to_a_date_as_what_it_was(self, cast):
        first = cast.sold()
        rx = queries.fill(cast.tess, str(first.code)).prescription
        consents.give(cast.tess, prescription=rx, given_by="Rosa Flórez", how="telephone", at=cast.at())
        self.listed(cast, 4)
        cast.later(25)
        (swept,) = auto_refill.sweep(cast.wire, at=cast.at())
        assert (swept.fill, swept.refusal.code) == (None, "auto_refill")
        assert not Fill.objects.filter(kind="refill").exists()


class TestAsked:
    def ask(self, cast, text):
        return refillable.asked(cast.tess, text, on=cast.tess.day(cast.clock))

    def test_by_number_by_label_and_what_is_none(self, cast):
        fill = cast.sold()
        cast.later(25)
        number = fill.prescription.number
        found = self.ask(cast, f"{fill.number}, {number} RX{number}\n7654321 hello B1000015")
        assert [a.prescription and a.prescription.number for a in found] == [number, None, None, None]
        assert found[0].refusal is None
        assert {a.refusal.code for a in found[1:]} <= {"unreadable", "no_prescription", "not_a_prescription"}

    def test_a_number_of_another_pharmacy_is_not_known_here(self, cast):
        fill = cast.sold()
        found = refillable.asked(cast.max, fill.prescription.number, on=cast.max.day(cast.clock))
        assert found[0].refusal.code == "no_prescription"

    def test_the_statements_do_not_grow_with_the_list(self, cast, django_assert_num_queries):
        numbers = [cast.sold().number]
        with django_assert_num_queries(3):
            self.ask(cast, " ".join(numbers))

    def test_all_of_a_patient(self, cast):
        fill = cast.sold()
        (one,) = refillable.of_patient(cast.tess, fill.patient_id, on=cast.tess.day(cast.clock))
        assert one.can_be_early


def test_the_owed_rest_does_not_shorten_how_long_the_supply_lasts(db):
    cast = assemble()
    fill = filling.take(cast.tess, fill=cast.ready(), at=cast.at())
    fill = filling.label_printed(cast.tess, fill=fill, at=cast.at())
    cast.scan(fill, cast.lot, Decimal(20))
    fill = queries.fill(cast.tess, str(fill.code))
    fill = filling.partial(cast.tess, fill=fill, why="No more here", at=cast.at())
    fill = filling.label_printed(cast.tess, fill=fill, at=cast.at())
    fill = filling.submit_fill(cast.tess, fill=fill, at=cast.at())
    fill = checking.verify(cast.ada, fill=fill, at=cast.at())
    cast.handed_over(checking.bag(cast.tess, fill=fill, bin_name="A1", at=cast.at()))
    until = queries.fill(cast.tess, str(fill.code)).prescription.supply_until
    cast.later(2)
    rest = Fill.objects.get(prescription_id=fill.prescription_id, kind="completion")
    rest = filling.take(cast.tess, fill=rest, at=cast.at())
    rest = filling.label_printed(cast.tess, fill=rest, at=cast.at())
    cast.scan(rest, cast.lot)
    rest = filling.submit_fill(cast.tess, fill=queries.fill(cast.tess, str(rest.code)), at=cast.at())
    rest = checking.verify(cast.ada, fill=rest, at=cast.at())
    rest = cast.handed_over(checking.bag(cast.tess, fill=rest, bin_name="A1", at=cast.at()))
    assert rest.prescription.supply_until == until
