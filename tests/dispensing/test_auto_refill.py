"""Refills on consent: who consented and how, what is started when it falls due, what is refused, and what ends a consent."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from cast import assemble, package
from dispensing.standings import standing
from officina.base.models import AuditEntry
from officina.dispensing import auto_refill, queries
from officina.dispensing.models import Fill
from officina.dispensing.rules import auto_refill as rules
from officina.dispensing.services import auto_refill as services
from officina.dispensing.services import checking, refills, review
from officina.inventory import services as inventory
from officina.kernel.errors import Refused
from officina.law import auto_refill as law
from officina.law import facts
from officina.prescriptions import queries as prescriptions
from officina.prescriptions.models import RefillConsent
from officina.prescriptions.services import consents
from officina.screening import queries as screening

DEC_1 = date(2026, 12, 1)


class TestTheLaw:
    @pytest.mark.parametrize(
        ("schedule", "allowed"), [(0, True), (2, False), (3, False), (4, False), (5, False), (9, False)]
    )
    def test_off_for_controlled_substances_where_nobody_has_decided(self, schedule, allowed):
        assert law.may_consent(schedule, on=DEC_1, state="WI").allowed is allowed

    @pytest.fixture
    def packs(self, tmp_path, monkeypatch):
        """The packs as an owner may change them, read by the real reader."""
        real = Path(facts.__file__).parent / "packs"
        for folder in ("us", "site", "states"):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "auto_refill.toml").write_text((real / folder / "auto_refill.toml").read_text())
        monkeypatch.setattr(facts, "_FOLDER", tmp_path)
        facts._read.cache_clear()
        yield tmp_path
        facts._read.cache_clear()

    def switch(self, packs, folder):
        file = packs / folder / "auto_refill.toml"
        file.write_text(file.read_text().replace("allowed = false", "allowed = true"))
        facts._read.cache_clear()

    def test_the_house_alone_does_not_switch_it_on_nor_the_state_alone(self, packs):
        self.switch(packs, "site")
        assert "strictest" in law.may_consent(4, on=DEC_1).source
        self.switch(packs, "states")
        assert law.may_consent(4, on=DEC_1).allowed
        assert not law.may_consent(2, on=DEC_1).allowed

    def test_a_state_that_allows_it_is_not_enough_for_a_house_that_does_not(self, packs):
        self.switch(packs, "states")
        assert "House rule" in law.may_consent(4, on=DEC_1).source


class TestTheRules:
    @pytest.mark.parametrize(
        ("changes", "day", "due"),
        [
            ({}, date(2026, 11, 23), False),
            ({}, date(2026, 11, 24), True),
            ({}, date(2026, 12, 20), True),
            ({"under_way": "F1"}, DEC_1, False),
            ({"first_is_due": True}, DEC_1, False),
            ({"runs_out_on": None}, DEC_1, False),
        ],
    )
    def test_due_seven_days_before_it_runs_out(self, changes, day, due):
        assert rules.is_due(standing(**{"runs_out_on": DEC_1, **changes}), on=day, lead_days=7) is due

    @pytest.mark.parametrize(
        ("given", "day", "silent_days", "ends"),
        [(-20, 29, 30, False), (-20, 30, 30, True), (10, 39, 30, False), (10, 40, 30, True), (-20, 300, 0, False)],
    )
    def test_a_month_s_silence_ends_it_counted_from_the_consent_where_that_is_later(
        self, given, day, silent_days, ends
    ):
        told = rules.silence(
            standing(runs_out_on=DEC_1),
            given_on=DEC_1 + timedelta(days=given),
            on=DEC_1 + timedelta(days=day),
            silent_days=silent_days,
        )
        assert bool(told) is ends

    def test_the_rules_of_every_refill_hold_and_those_of_refilling_by_itself(self):
        def code(**changes):
            usual = {"runs_out_on": DEC_1, "last_on": date(2026, 11, 1)}
            no = rules.refusal(standing(**{**usual, **changes}), started="", on=date(2026, 11, 30), state="WI")
            return no.code if no else ""

        assert code() == ""
        assert code(schedule=4) == code(schedule=2) == "auto_refill"
        assert code(used=5) == "no_refills"
        assert code(is_stopped=True) == "stopped"
        assert code(is_active=False) == "ended"
        assert code(expires_on=date(2026, 11, 29)) == "expired"
        assert code(last_on=date(2026, 11, 29)) == "too_soon"
        started = rules.refusal(
            standing(runs_out_on=DEC_1, last_on=date(2026, 11, 1)), started="F1000015", on=DEC_1, state="WI"
        )
        assert "F1000015" in started.sentence


@pytest.fixture
def cast(db):
    return assemble()


@pytest.fixture
def first(cast):
    return cast.dispensed(lot=cast.lot)


def rx_of(cast, fill):
    return queries.fill(cast.tess, str(fill.code)).prescription


def consent(cast, fill, by=None, **changes):
    given = {"given_by": "Rosa Flórez", "how": "telephone", **changes}
    return consents.give(by or cast.tess, prescription=rx_of(cast, fill), at=cast.at(), **given)


def sweep(cast, by=None, **more):
    return services.sweep(by or cast.wire, at=cast.at(), **more)


def refills_of(fill):
    return Fill.objects.filter(prescription_id=fill.prescription_id, kind="refill")


class TestConsent:
    def test_who_how_when_and_to_whom_and_its_end(self, cast, first):
        given = consent(cast, first)
        assert (given.given_by, given.how, given.taken_by, given.given_at) == (
            "Rosa Flórez",
            "telephone",
            "Tess Young",
            cast.clock,
        )
        ended = consents.withdraw(
            cast.ada, prescription=rx_of(cast, first), withdrawn_by="Rosa Flórez", how="in_person", at=cast.at()
        )
        (kept,) = prescriptions.consents_of(first.prescription)
        assert kept.pk == ended.pk == given.pk
        assert (kept.ending, kept.ended_by, kept.ended_how, kept.ended_at) == (
            "withdrawn",
            "Rosa Flórez",
            "in_person",
            cast.clock,
        )
        verbs = AuditEntry.objects.filter(on_code=str(first.prescription.code)).values_list("verb", flat=True)
        assert {"refill_consent.given", "refill_consent.ended"} <= set(verbs)
        assert consent(cast, first).pk != given.pk

    @pytest.mark.parametrize("changes", [{"given_by": "  "}, {"how": "guessed"}])
    def test_what_nobody_said_is_no_consent(self, cast, first, changes):
        with pytest.raises(Refused):
            consent(cast, first, **changes)
        assert not RefillConsent.objects.exists()

    def test_one_holds_at_a_time_and_none_cannot_be_withdrawn(self, cast, first):
        consent(cast, first)
        with pytest.raises(Refused, match="already"):
            consent(cast, first)
        rx = rx_of(cast, first)
        consents.withdraw(cast.tess, prescription=rx, withdrawn_by="Rosa", how="telephone", at=cast.at())
        with pytest.raises(Refused, match="no consent"):
            consents.withdraw(cast.tess, prescription=rx, withdrawn_by="Rosa", how="telephone", at=cast.at())

    def test_schedule_ii_never_controlled_not_here_and_without_refills_not(self, cast, first):
        second = cast.dispensed(cast.oxycodone, quantity=Decimal(30), days_supply=15, refills=0)
        with pytest.raises(Refused, match="21 CFR 1306"):
            consent(cast, second, by=cast.ada)
        zolpidem = package("zolpidem", "5 mg", ndc="11111-6666-1", ingredient="zolpidem", schedule=4)
        inventory.receive(
            cast.tess,
            package=zolpidem,
            lot_number="Z",
            expires_on=date(2029, 1, 31),
            quantity=Decimal(90),
            at=cast.at(),
        )
        fourth = cast.dispensed(zolpidem, quantity=Decimal(30), directions="Take 1 tablet by mouth at bedtime.")
        with pytest.raises(Refused, match="never refilled automatically"):
            consent(cast, fourth, by=cast.ada)
        with pytest.raises(Refused, match="without refills"):
            consent(cast, cast.dispensed(lot=cast.lot, patient=cast.omar, refills=0))
        assert not RefillConsent.objects.exists()

    def test_who_may_not(self, cast, first):
        for who in (cast.carl, cast.max, cast.lapsed, cast.wire):
            with pytest.raises(Refused):
                consent(cast, first, by=who)


class TestTheSweep:
    def test_what_falls_due_is_started_screened_and_waits_for_the_review(self, cast, first):
        consent(cast, first)
        cast.later(20)
        assert sweep(cast) == []
        cast.later(4)
        (swept,) = sweep(cast)
        (fill,) = refills_of(first)
        assert swept.fill == fill
        assert (fill.state, fill.quantity) == ("clinical_review", 60)
        assert fill.due_on == rx_of(cast, first).supply_until + timedelta(days=1)
        assert screening.current(fill.prescription_id).at == cast.clock
        (step,) = queries.steps(fill)
        assert "consent of Rosa Flórez" in step.why
        assert queries.unsound() == []

    def test_without_consent_nothing_is_started(self, cast, first):
        cast.later(40)
        assert sweep(cast) == []
        assert not refills_of(first).exists()

    def test_twice_starts_nothing_twice_and_the_next_month_it_starts_again(self, cast, first):
        consent(cast, first)
        cast.later(24)
        sweep(cast)
        assert sweep(cast) == []
        assert refills_of(first).count() == 1
        cast.handed_over(cast.worked(refills_of(first).get()))
        assert sweep(cast) == []
        cast.later(29)
        assert [s.fill is not None for s in sweep(cast)] == [True]
        assert refills_of(first).count() == 2

    def test_what_a_pharmacist_cancelled_is_not_started_again_the_next_night(self, cast, first):
        consent(cast, first)
        cast.later(24)
        (swept,) = sweep(cast)
        review.cancel(cast.ada, fill=queries.fill(cast.ada, str(swept.fill.code)), why="Dose will change", at=cast.at())
        cast.later(1)
        (swept,) = sweep(cast)
        assert swept.refusal.code == "started"
        assert refills_of(first).count() == 1
        # By hand it may still be refilled.
        refills.refill(cast.tess, prescription=rx_of(cast, first), at=cast.at())

    def test_a_withdrawn_consent_starts_nothing_even_from_an_older_list(self, cast, first):
        consent(cast, first)
        cast.later(24)
        (one,) = auto_refill.due(cast.tess, on=cast.tess.day(cast.clock))
        rx = rx_of(cast, first)
        consents.withdraw(cast.tess, prescription=rx, withdrawn_by="Rosa", how="telephone", at=cast.at())
        with pytest.raises(Refused, match="Nobody consents"):
            services.start(cast.wire, prescription=rx, due_on=one.due_on, at=cast.at())
        assert sweep(cast) == []
        assert not refills_of(first).exists()

    def test_handed_over_meanwhile_it_is_not_due_any_more(self, cast, first):
        consent(cast, first)
        cast.later(24)
        (one,) = auto_refill.due(cast.tess, on=cast.tess.day(cast.clock))
        cast.handed_over(cast.worked(refills.refill(cast.tess, prescription=rx_of(cast, first), at=cast.at())))
        cast.later(29)
        with pytest.raises(Refused) as no:
            services.start(cast.wire, prescription=rx_of(cast, first), due_on=one.due_on, at=cast.at())
        assert no.value.code == "not_due"

    def test_no_refills_left_is_said_and_does_not_hold_up_the_other(self, cast, first):
        other = cast.dispensed(lot=cast.lot, patient=cast.omar, refills=1)
        consent(cast, first)
        consent(cast, other, given_by="Omar Haddad")
        cast.later(24)
        sweep(cast)
        for fill in (refills_of(other).get(), refills_of(first).get()):
            cast.handed_over(cast.worked(fill))
        cast.later(29)
        found = {s.due.rx.pk: s for s in sweep(cast)}
        assert found[other.prescription_id].refusal.code == "no_refills"
        assert found[first.prescription_id].fill is not None

    def test_too_soon_waits(self, cast, first):
        consent(cast, first)
        found = auto_refill.due(
            cast.wire, on=cast.wire.day(cast.clock), until=cast.wire.day(cast.clock) + timedelta(days=30)
        )
        assert [one.refusal.code for one in found] == ["too_soon"]
        (swept,) = sweep(cast, until=cast.wire.day(cast.clock) + timedelta(days=30))
        assert swept.refusal.code == "too_soon"
        assert not refills_of(first).exists()

    def test_only_what_was_marked(self, cast, first):
        consent(cast, first)
        cast.later(24)
        assert sweep(cast, only=[]) == []
        assert len(sweep(cast, by=cast.tess, only=[str(first.prescription.code)])) == 1

    def test_under_one_name_it_is_answered_the_same(self, cast, first):
        consent(cast, first)
        cast.later(24)
        wire = replace(cast.wire, key="night-1")
        assert sweep(cast, by=wire)[0].fill == refills_of(first).get()
        assert sweep(cast, by=wire) == []

    def test_a_month_s_silence_ends_the_consent(self, cast, first):
        consent(cast, first)
        cast.later(25)
        (swept,) = sweep(cast)
        review.cancel(cast.ada, fill=queries.fill(cast.ada, str(swept.fill.code)), why="Not reached", at=cast.at())
        cast.later(36)
        (swept,) = sweep(cast)
        assert "nothing was handed over for 30 days" in swept.ended
        (kept,) = prescriptions.consents_of(first.prescription)
        assert (kept.ending, kept.ended_by) == ("silent", cast.wire.name)
        assert sweep(cast) == []

    def test_what_it_started_and_went_back_to_stock_ends_the_consent_at_once(self, cast, first):
        consent(cast, first)
        cast.later(24)
        (swept,) = sweep(cast)
        fill = cast.worked(queries.fill(cast.ada, str(swept.fill.code)))
        checking.return_to_stock(cast.tess, fill=fill, why="Nobody came", at=cast.at())
        (kept,) = prescriptions.consents_of(first.prescription)
        assert (kept.ending, kept.ended_by) == ("returned", "Tess Young")
        assert fill.number in kept.ended_why
        assert queries.refills_left(first.prescription) == 2

    def test_a_house_whose_pack_says_otherwise_keeps_the_consent_and_still_starts_nothing_twice(
        self, cast, first, monkeypatch
    ):
        kept = replace(rules.terms(), ends_when_returned=False, silent_days=0)
        monkeypatch.setattr(rules, "terms", lambda: kept)
        consent(cast, first)
        cast.later(24)
        (swept,) = sweep(cast)
        fill = cast.worked(queries.fill(cast.ada, str(swept.fill.code)))
        checking.return_to_stock(cast.tess, fill=fill, why="Nobody came", at=cast.at())
        assert prescriptions.consents_of(first.prescription)[0].ended_at is None
        cast.later(100)
        (swept,) = sweep(cast)
        assert (swept.ended, swept.refusal.code) == ("", "started")

    def test_what_somebody_asked_for_and_went_back_to_stock_does_not(self, cast, first):
        consent(cast, first)
        cast.later(24)
        fill = cast.worked(refills.refill(cast.tess, prescription=rx_of(cast, first), at=cast.at()))
        checking.return_to_stock(cast.tess, fill=fill, why="Nobody came", at=cast.at())
        assert prescriptions.consents_of(first.prescription)[0].ended_at is None

    def test_max_of_another_pharmacy_starts_nothing(self, cast, first):
        consent(cast, first)
        cast.later(24)
        assert sweep(cast, by=cast.max) == []
        with pytest.raises(Refused):
            services.start(cast.max, prescription=rx_of(cast, first), due_on=DEC_1, at=cast.at())
        assert not refills_of(first).exists()

    def test_the_statements_of_the_list_do_not_grow(self, cast, first, django_assert_num_queries):
        consent(cast, first)
        consent(cast, cast.dispensed(lot=cast.lot, patient=cast.omar), given_by="Omar")
        cast.later(24)
        with django_assert_num_queries(2):
            assert len(auto_refill.due(cast.tess, on=cast.tess.day(cast.clock))) == 2


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_sweeps_at_once_start_it_once(together):
    cast = assemble()
    fill = cast.dispensed(lot=cast.lot)
    consent(cast, fill)
    cast.later(24)
    at = cast.at()
    together(*[lambda who=who: services.sweep(who, at=at) for who in (cast.wire, cast.tess, cast.ada, cast.theo)])
    assert refills_of(fill).count() == 1
