"""All medicines of a patient to one date: the working, what cannot be brought there, and that no more goes out than was authorised."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cast import assemble, package
from dispensing.standings import standing
from officina.base.models import AuditEntry
from officina.dispensing import queries, refillable, synchronising
from officina.dispensing.models import CommonDate, Fill
from officina.dispensing.rules import synchronising as rules
from officina.dispensing.rules.synchronising import Used
from officina.dispensing.services import checking, entry, refills, review
from officina.dispensing.services import synchronising as services
from officina.inventory import services as inventory
from officina.kernel.errors import Refused
from officina.prescriptions import supply

DEC_1 = date(2026, 12, 1)


def used(**changes):
    usual = {
        "unit": "tablet", "route": "by mouth", "form": "tablet metformin", "unit_of_use": False, "is_packaged": False,
        "as_needed": False, "ends": False, "not_read": "", "days_differ": "",
    }  # fmt: skip
    return Used(**{**usual, **changes})


def stopped(is_used, **changes):
    no = rules.obstacle(standing(**{"runs_out_on": DEC_1, **changes}), is_used, on=DEC_1)
    return no.code if no else ""


class TestTheWay:
    # domain.md 1.11: 1 tablet 2 times a day, the date in 12 days: 24 tablets
    def test_twelve_days_to_the_date_are_a_short_fill_of_twelve_days(self):
        way = rules.way(DEC_1, 30, on=date(2026, 11, 28), anchor=date(2026, 12, 13))
        assert (way.need, way.days, way.is_short, way.whole_after) == (12, 12, True, 0)
        assert way.lasts_until == date(2026, 12, 12)

    def test_what_ran_out_already_begins_today(self):
        way = rules.way(DEC_1, 30, on=date(2026, 12, 5), anchor=date(2026, 12, 13))
        assert (way.from_on, way.days) == (date(2026, 12, 5), 8)

    @pytest.mark.parametrize(
        ("need", "days", "is_short", "after"),
        [(0, 0, False, 0), (1, 1, True, 0), (29, 29, True, 0), (30, 30, False, 0), (31, 1, True, 1), (60, 30, False, 1), (76, 16, True, 2)],
    )  # fmt: skip
    def test_the_short_fill_comes_first_and_whole_fills_after_it_end_on_the_date(self, need, days, is_short, after):
        way = rules.way(DEC_1, 30, on=DEC_1, anchor=DEC_1 + timedelta(days=need))
        assert (way.days, way.is_short, way.whole_after) == (days, is_short, after)
        assert way.days + 30 * way.whole_after == need

    def test_what_lasts_beyond_the_date_cannot_be_brought_back_to_it(self):
        no = rules.way(DEC_1, 30, on=date(2026, 11, 20), anchor=date(2026, 11, 25))
        assert no.code == "lasts_longer"
        assert "Nov 30, 2026" in no.sentence

    def test_the_day_on_which_the_last_runs_out_is_proposed(self):
        days = [date(2026, 11, 20), date(2026, 12, 9), DEC_1]
        assert rules.propose(days, on=DEC_1) == date(2026, 12, 9)
        assert rules.propose([date(2026, 11, 20)], on=DEC_1) == DEC_1
        assert rules.propose([], on=DEC_1) is None

    @pytest.mark.parametrize("day", [DEC_1, date(2026, 11, 30), DEC_1 + timedelta(days=121)])
    def test_the_date_lies_ahead_and_not_too_far(self, day):
        with pytest.raises(Refused, match="at the latest Mar 31, 2027"):
            rules.refuse_date(day, on=DEC_1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, ""),
        ({"unit": "mL", "form": "oral solution"}, ""),
        ({"unit_of_use": True}, "not_divided"),
        ({"is_packaged": True}, "not_divided"),
        ({"form": "dose pack"}, "not_divided"),
        ({"unit": "g", "route": "inhalation", "form": "inhaler"}, "not_divided"),
        ({"unit": "mL", "route": "ophthalmic", "form": "eye drops"}, "not_divided"),
        ({"unit": "mL", "route": "subcutaneous", "form": "injection"}, "not_divided"),
        ({"unit": "capsule", "route": "respiratory (inhalation)", "form": "capsule"}, "not_divided"),
        ({"unit": "patch", "route": "transdermal", "form": "patch"}, "not_divided"),
        ({"route": ""}, "not_divided"),
        ({"as_needed": True}, "as_needed"),
        ({"ends": True}, "ends"),
        ({"not_read": "The directions are not understood: word 2."}, "not_counted"),
        ({"days_differ": "60 days are entered; the directions and the quantity give 30."}, "not_counted"),
    ],
)
def test_what_cannot_be_brought_to_a_date(changes, code):
    assert stopped(used(**changes)) == code


@pytest.mark.parametrize("schedule", [2, 1, 7])
def test_schedule_ii_and_what_nobody_knows_never(schedule):
    no = rules.obstacle(standing(schedule=schedule, runs_out_on=DEC_1), used(), on=DEC_1)
    assert no.code == "schedule_ii"
    assert "21 CFR 1306.12(a)" in no.sentence


@pytest.mark.parametrize("changes", [{"runs_out_on": None}, {"first_is_due": True}])
def test_what_was_never_handed_over_has_no_day_on_which_it_runs_out(changes):
    assert stopped(used(), **changes) == "not_dispensed"


@pytest.fixture
def cast(db):
    return assemble()


@pytest.fixture
def two(cast):
    """Metformin handed over 20 days ago, lisinopril today's nine days before: 10 and 21 days left."""
    first = cast.dispensed(lot=cast.lot)
    cast.later(11)
    second = cast.dispensed(
        cast.lisinopril, quantity=Decimal(30), directions="Take 1 tablet by mouth every day.", refills=3
    )
    cast.later(9)
    return first, second


def plan(cast, anchor=None, who=None):
    return synchronising.plan(cast.tess, who or cast.rosa, on=cast.tess.day(cast.clock), anchor=anchor)


def rx_of(cast, fill):
    return queries.fill(cast.tess, str(fill.code)).prescription


def agreed(cast, anchor, by=None, **changes):
    given = {"agreed_by": "Rosa Flórez", "how": "in_person", **changes}
    return services.agree(by or cast.tess, patient=cast.rosa, anchor=anchor, at=cast.at(), **given)


def start(cast, day, fill, by=None, **more):
    return services.start(by or cast.tess, common_date=day, prescription=rx_of(cast, fill), at=cast.at(), **more)


class TestThePlan:
    def test_each_medicine_has_its_days_left_and_its_short_fill_with_the_working(self, cast, two):
        found = plan(cast)
        lines = {line.rx.drug.generic_name: line for line in found.lines}
        today = cast.tess.day(cast.clock)
        assert {name: line.days_left for name, line in lines.items()} == {"metformin": 10, "lisinopril": 21}
        assert found.anchor == found.proposed == today + timedelta(days=21)
        metformin, lisinopril = lines["metformin"], lines["lisinopril"]
        assert (metformin.quantity, metformin.way.days) == (22, 11)
        assert any("= 11 days" in step for step in metformin.working)
        assert any("2 x 11 days = 22 tablets" in step for step in metformin.working)
        assert lisinopril.is_there

    def test_too_soon_is_told_with_its_day(self, cast, two):
        (line,) = [x for x in plan(cast).lines if x.quantity]
        assert line.refusal.code == "too_soon"
        cast.later(3)
        (line,) = [x for x in plan(cast).lines if x.quantity]
        assert line.can_start

    def test_another_date_and_whole_fills_on_the_way(self, cast, two):
        today = cast.tess.day(cast.clock)
        lines = {x.rx.drug.generic_name: x for x in plan(cast, today + timedelta(days=55)).lines}
        assert (lines["metformin"].way.days, lines["metformin"].way.whole_after, lines["metformin"].quantity) == (
            15,
            1,
            30,
        )
        assert (lines["lisinopril"].way.days, lines["lisinopril"].way.whole_after, lines["lisinopril"].quantity) == (
            4,
            1,
            4,
        )

    def test_more_than_is_authorised_on_the_way_is_told_before_it_is_begun(self, cast):
        cast.dispensed(lot=cast.lot, refills=1)
        cast.later(28)
        (line,) = plan(cast, cast.tess.day(cast.clock) + timedelta(days=2 + 45)).lines
        assert (line.quantity, line.way.whole_after) == (30, 1)
        assert "90 are needed to come to the date, 60 are authorised" in line.notes[0]

    def test_what_ends_before_the_date_is_told(self, cast):
        fill = cast.dispensed(lot=cast.lot)
        rx = fill.prescription
        rx.expires_on = cast.tess.day(cast.clock) + timedelta(days=40)
        rx.save(update_fields=["expires_on"])
        cast.later(28)
        (line,) = plan(cast, cast.tess.day(cast.clock) + timedelta(days=20)).lines
        assert "It expires on" in line.notes[0]

    def test_half_tablets_are_rounded_up_to_whole_ones(self, cast):
        cast.dispensed(
            cast.lisinopril, quantity=Decimal(15), directions="Take 1/2 tablet by mouth every day.", refills=3
        )
        cast.later(30)
        (line,) = plan(cast, cast.tess.day(cast.clock) + timedelta(days=13)).lines
        assert (line.quantity, line.way.days) == (7, 13)
        assert "rounded up" in " ".join(line.working)

    def test_directions_that_do_not_give_the_days_entered_wait_for_a_pharmacist(self, cast):
        cast.dispensed(lot=cast.lot, days_supply=60)
        (line,) = plan(cast).lines
        assert line.obstacle.code == "not_counted"
        assert "60 days are entered; the directions and the quantity give 30." in line.obstacle.sentence

    def test_as_needed_is_read_from_the_directions(self, cast):
        cast.dispensed(lot=cast.lot, directions="Take 1 tablet by mouth 2 times a day as needed for pain.")
        (line,) = plan(cast).lines
        assert line.obstacle.code == "as_needed"

    def test_a_medicine_of_the_maker_s_package_is_not_divided(self, cast):
        cast.lisinopril.unit_of_use = True
        cast.lisinopril.size = Decimal(30)
        cast.lisinopril.save()
        cast.dispensed(cast.lisinopril, quantity=Decimal(30), directions="Take 1 tablet by mouth every day.")
        (line,) = plan(cast).lines
        assert line.obstacle.code == "not_divided"

    def test_schedule_ii_is_shown_and_not_brought(self, cast):
        cast.dispensed(cast.oxycodone, quantity=Decimal(30), days_supply=15, refills=0)
        found = plan(cast)
        assert [line.obstacle.code for line in found.lines] == ["schedule_ii"]
        assert found.anchor is None

    def test_what_was_carried_over_counts(self, cast):
        first = cast.dispensed(lot=cast.lot)
        cast.later(24)
        cast.handed_over(cast.worked(refills.refill(cast.tess, prescription=rx_of(cast, first), at=cast.at())))
        (line,) = plan(cast).lines
        assert line.days_left == 36  # 30 of the new fill, 6 of the one before

    def test_max_of_another_pharmacy_sees_nothing(self, cast, two):
        assert synchronising.plan(cast.max, cast.rosa, on=cast.max.day(cast.clock)).lines == ()
        with pytest.raises(Refused, match="no such date"):
            synchronising.common_date(cast.max, str(agreed(cast, cast.tess.day(cast.clock) + timedelta(days=21)).code))

    def test_the_statements_do_not_grow_with_the_medicines(self, cast, two, django_assert_num_queries):
        with django_assert_num_queries(4):
            plan(cast)


class TestTheFills:
    @pytest.fixture
    def day(self, cast, two):
        anchor = cast.tess.day(cast.clock) + timedelta(days=21)
        cast.later(3)
        return agreed(cast, anchor)

    def test_the_agreement_is_kept_with_who_when_how_and_to_whom(self, cast, day):
        kept = CommonDate.objects.get()
        assert (kept.agreed_by, kept.how, kept.user_name, kept.agreed_at) == (
            "Rosa Flórez",
            "in_person",
            "Tess Young",
            cast.clock,
        )
        told = AuditEntry.objects.get(verb="common_date.agreed")
        assert told.on_code == str(kept.code)
        assert "Rosa" not in str(told.after)

    def test_it_takes_exactly_its_quantity_and_the_next_falls_due_on_the_date(self, cast, two, day):
        fill = start(cast, day, two[0])
        assert (fill.kind, fill.state, fill.quantity, fill.days_supply) == ("refill", "clinical_review", 22, 11)
        found = refillable.standing(fill.prescription, queries.fills_of(fill.prescription))
        assert (found.authorised, found.left, found.over) == (98, 1, 38)
        assert queries.refills_left(fill.prescription) == 1
        cast.handed_over(cast.worked(fill))
        rx = rx_of(cast, fill)
        assert rx.supply_until == day.on - timedelta(days=1)
        again = refillable.standing(rx, queries.fills_of(rx), zone=cast.tess.zone)
        assert again.runs_out_on == day.on
        assert {line.way.need for line in plan(cast).lines if line.way} == {0}
        assert queries.unsound() == []

    def test_all_that_was_authorised_goes_out_and_no_tablet_more(self, cast, two, day):
        cast.handed_over(cast.worked(start(cast, day, two[0])))
        rx = rx_of(cast, two[0])
        for expected in (60, 38):
            cast.later(31)
            fill = refills.refill(cast.tess, prescription=rx, at=cast.at())
            assert fill.quantity == expected
            cast.handed_over(cast.worked(fill))
            rx = rx_of(cast, fill)
        assert sum(f.quantity for f in queries.fills_of(rx)) == rx.quantity * (1 + rx.refills)
        cast.later(31)
        with pytest.raises(Refused, match="no refills left"):
            refills.refill(cast.tess, prescription=rx, at=cast.at())

    def test_a_short_fill_that_comes_back_gives_its_quantity_back(self, cast, two, day):
        fill = cast.worked(start(cast, day, two[0]))
        checking.return_to_stock(cast.tess, fill=fill, why="Nobody came", at=cast.at())
        assert queries.refills_left(fill.prescription) == 2

    def test_started_twice_it_is_done_once(self, cast, two, day):
        start(cast, day, two[0])
        with pytest.raises(Refused, match="being filled already"):
            start(cast, day, two[0])
        assert Fill.objects.filter(common_date=day).count() == 1

    def test_what_falls_due_on_the_date_already_needs_nothing(self, cast, two, day):
        with pytest.raises(Refused, match="already"):
            start(cast, day, two[1])

    def test_a_medicine_of_another_patient_is_never_started(self, cast, two, day):
        other = cast.dispensed(lot=cast.lot, patient=cast.omar)
        cast.later(10)
        with pytest.raises(Refused) as no:
            start(cast, day, other)
        assert no.value.code == "wrong_patient"
        assert not Fill.objects.filter(prescription=other.prescription, kind="refill").exists()

    def test_too_soon_is_passed_by_a_pharmacist_with_a_reason_only(self, cast, two):
        day = agreed(cast, cast.tess.day(cast.clock) + timedelta(days=21))
        with pytest.raises(Refused) as no:
            start(cast, day, two[0])
        assert no.value.code == "too_soon"
        with pytest.raises(Refused) as no:
            start(cast, day, two[0], early="To one date")
        assert no.value.code == "not_in_role"
        fill = start(cast, day, two[0], by=cast.ada, early="To one date")
        # Fetched 10 days early it still ends with the others.
        cast.handed_over(cast.worked(fill))
        assert rx_of(cast, fill).supply_until == day.on - timedelta(days=1)

    def test_schedule_ii_never(self, cast, two, day):
        fill = cast.dispensed(cast.oxycodone, quantity=Decimal(30), days_supply=15, refills=0)
        cast.later(1)
        with pytest.raises(Refused) as no:
            start(cast, day, fill, by=cast.ada, early="Please")
        assert no.value.code == "schedule_ii"

    def test_a_controlled_one_takes_its_quantity_and_never_more_than_five_refills_of_it(self, cast):
        pack = package("zolpidem", "5 mg", ndc="11111-6666-1", ingredient="zolpidem", schedule=4)
        inventory.receive(
            cast.tess, package=pack, lot_number="Z", expires_on=date(2029, 1, 31), quantity=Decimal(300), at=cast.at()
        )
        fill = cast.dispensed(pack, quantity=Decimal(30), refills=5, directions="Take 1 tablet by mouth at bedtime.")
        cast.later(26)
        day = agreed(cast, cast.tess.day(cast.clock) + timedelta(days=14))
        (line,) = plan(cast).lines
        assert "21 CFR 1306.23" in line.notes[-1]
        short = start(cast, day, fill)
        found = refillable.standing(rx_of(cast, short), queries.fills_of(short.prescription))
        assert (short.quantity, found.authorised, found.left) == (10, 140, 4)

    def test_who_may_and_who_may_not(self, cast, two, day):
        for who in (cast.carl, cast.max, cast.lapsed):
            with pytest.raises(Refused):
                start(cast, day, two[0], by=who)
            with pytest.raises(Refused):
                agreed(cast, day.on, by=who)
        assert start(cast, day, two[0], by=cast.ivo).common_date == day

    @pytest.mark.parametrize("changes", [{"agreed_by": " "}, {"how": "by pigeon"}])
    def test_nobody_agreed_no_date(self, cast, two, changes):
        with pytest.raises(Refused):
            agreed(cast, cast.tess.day(cast.clock) + timedelta(days=21), **changes)
        assert not CommonDate.objects.exists()


class TestChangedOnTheWay:
    @pytest.fixture
    def short(self, cast, two):
        cast.later(3)
        return start(cast, agreed(cast, cast.tess.day(cast.clock) + timedelta(days=18)), two[0])

    def amended(self, cast, fill, **changes):
        rx = fill.prescription
        made = cast.entry(written_on=rx.written_on, **changes)
        return entry.amend(cast.ada, fill=fill, entry=made, package=cast.metformin, why="Another note", at=cast.at())

    def test_a_changed_note_leaves_the_short_fill_what_it_is(self, cast, short):
        fill = self.amended(cast, short, note="Ring twice")
        assert (fill.quantity, fill.days_supply, fill.lasts_until) == (22, 11, short.lasts_until)

    def test_other_directions_make_it_a_whole_fill_that_ends_on_no_date(self, cast, short):
        fill = self.amended(cast, short, directions="Take 1 tablet by mouth 2 times a day with food.")
        assert (fill.quantity, fill.days_supply, fill.lasts_until, fill.common_date) == (60, 30, None, None)

    def test_never_more_than_was_authorised(self, cast, short):
        rx = rx_of(cast, short)
        cast.handed_over(cast.worked(short))
        for _ in range(2):
            cast.later(31)
            last = refills.refill(cast.tess, prescription=rx_of(cast, short), at=cast.at())
            if last.quantity == 60:
                cast.handed_over(cast.worked(last))
        assert last.quantity == 38
        with pytest.raises(Refused) as no:
            self.amended(cast, last, directions="Take 1 tablet by mouth 2 times a day with food.")
        assert no.value.code == "more_than_authorised"
        assert sum(f.quantity for f in queries.fills_of(rx)) == 180

    def test_sent_back_and_entered_anew_it_stays_short(self, cast, short):
        fill = entry.send_back(cast.ada, fill=short, why="Look again", at=cast.at())
        made = cast.entry(written_on=fill.prescription.written_on)
        fill = entry.submit_entry(cast.tess, fill=fill, entry=made, package=cast.metformin, at=cast.at())
        assert fill.quantity == 22
        fill = entry.approve_entry(cast.ada, fill=fill, at=cast.at())
        assert review.clear_review(cast.ada, fill=fill, at=cast.at()).state == "waiting_for_payment"


def test_a_package_that_is_dispensed_whole_is_not_cut_by_hand_either(cast):
    cast.lisinopril.unit_of_use = True
    cast.lisinopril.size = Decimal(30)
    cast.lisinopril.save()
    fill = cast.dispensed(cast.lisinopril, quantity=Decimal(30), directions="Take 1 tablet by mouth every day.")
    cast.later(25)
    with pytest.raises(Refused) as no:
        refills.refill(cast.tess, prescription=rx_of(cast, fill), quantity=Decimal(12), at=cast.at())
    assert no.value.code == "not_whole_packages"


def test_the_packs_know_what_is_kept_in_its_package(cast):
    drug = cast.metformin.product.drug
    drug.generic_name = "norethindrone ethinyl estradiol"
    drug.strength = "1 mg-20 mcg"
    habit = supply.habit(drug, None, quantity=Decimal(28), directions="Take 1 tablet by mouth every day.")
    assert habit.is_packaged
    assert supply.habit(drug, None, quantity=Decimal(28), directions="Take as your cousin says").why_not
