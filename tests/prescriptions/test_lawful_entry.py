"""What the law asks of an order at entry: who may prescribe it, whose words forbid substitution, from which day on, how many at once."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cast import TODAY, package
from officina.dispensing.services import entry, filling, intake, merging, review
from officina.drugs.models import Drug, Product
from officina.kernel.errors import Refused
from officina.patients import services as people
from officina.prescriptions.models import Prescriber, Prescription
from officina.prescriptions.services import orders

DIRECTIONS = "Take 1 tablet by mouth every 6 hours as needed."


OFFICE = {"street": "9 Clinic Dr", "city": "Madison", "state": "WI", "postal_code": "53703"}


def prescriber(cast, dea, role="", name="Chen", office=OFFICE):
    who = {"last_name": name, "first_name": "Mei", "dea": dea, "role": role}
    return orders.add_prescriber(cast.tess, **who, **office, at=cast.at())


def controlled(cast, who, **changes):
    usual = {
        "drug": cast.oxycodone.product.drug, "prescriber": who, "refills": 0, "quantity": Decimal(20),
        "days_supply": 5, "directions": DIRECTIONS,
    }  # fmt: skip
    return cast.entered(cast.oxycodone, **{**usual, **changes})


@pytest.mark.parametrize(
    ("dea", "role", "said"),
    [  # 21 CFR 1300.01(b), 1306.03, 1306.05(a); the site is in Wisconsin
        ("AB1234563", "", None),
        ("AB1234563", "MD", None),
        ("MK3614511", "NP", None),
        ("MK3614511", "", "say what the prescriber is"),
        ("MK3614511", "MD", "begins with"),
        ("MK3614511", "OD", "may not prescribe Schedule II"),
        ("AB1234563", "NP", "begins with"),
    ],
)
def test_who_may_prescribe_schedule_ii(cast, dea, role, said):
    who = prescriber(cast, dea, role)
    if said is None:
        assert controlled(cast, who).prescription.schedule == 2
        return
    with pytest.raises(Refused, match=said) as no:
        controlled(cast, who)
    assert "prescriber" in no.value.fields
    assert "CFR" in no.value.sentence or "Wis. Stat." in no.value.sentence


def test_who_is_no_prescriber_of_medicines_prescribes_none(cast):
    with pytest.raises(Refused, match="no medicines"):
        cast.entered(prescriber=prescriber(cast, "", "DC"))


def test_what_a_prescriber_is_can_be_said_later_and_only_what_there_is(cast):
    who = prescriber(cast, "MK3614511")
    with pytest.raises(Refused, match="no role"):
        orders.say_role(cast.tess, prescriber=who, role="JANITOR", at=cast.at())
    with pytest.raises(Refused):
        orders.say_role(cast.max, prescriber=who, role="NP", at=cast.at())
    orders.say_role(cast.tess, prescriber=who, role="PA", at=cast.at())
    assert controlled(cast, who).state == "entry_check"


@pytest.mark.parametrize("missing", ["street", "city"])
def test_a_controlled_medicine_needs_both_addresses_and_the_others_need_none(cast, missing):
    """21 CFR 1306.05(a): both stand on the prescription, and the pharmacy may add them."""
    who = prescriber(cast, "AB1234563", office={**OFFICE, missing: " "})
    setattr(cast.rosa, missing, "")
    cast.rosa.save()
    with pytest.raises(Refused) as no:
        controlled(cast, who)
    assert (no.value.code, set(no.value.fields)) == ("patient_address_missing", {"patient", "prescriber"})
    assert cast.entered(prescriber=who).state == "entry_check"
    setattr(cast.rosa, missing, "Madison")
    cast.rosa.save()
    with pytest.raises(Refused) as no:
        controlled(cast, who)
    assert (no.value.code, set(no.value.fields)) == ("prescriber_address_missing", {"prescriber"})
    orders.say_address(cast.tess, prescriber=who, **OFFICE, at=cast.at())
    assert controlled(cast, who).state == "entry_check"


def test_an_address_of_a_prescriber_is_written_down_whole_and_by_their_own_house(cast):
    who = prescriber(cast, "AB1234563", office={})
    for actor, wrong in (
        (cast.tess, {"street": ""}),
        (cast.tess, {"state": "Elsewhere"}),
        (cast.max, {}),
        (cast.carl, {}),
    ):
        with pytest.raises(Refused):
            orders.say_address(actor, prescriber=who, **{**OFFICE, **wrong}, at=cast.at())
    assert not Prescriber.objects.get(pk=who.pk).street
    orders.say_address(cast.tess, prescriber=who, **{**OFFICE, "state": "wi"}, at=cast.at())
    now = Prescriber.objects.get(pk=who.pk)
    assert (now.street, now.city, now.state, now.postal_code) == ("9 Clinic Dr", "Madison", "WI", "53703")


@pytest.mark.parametrize("schedule", [2, 3, 4, 5])
@pytest.mark.parametrize("signed", [True, False])
def test_a_controlled_order_by_wire_bears_its_signature(cast, schedule, signed):
    """21 CFR 1306.21(a), 1311: an electronic prescription of any schedule is valid only where it is signed."""
    made = package("remedy", "5 mg", ndc="22222-3333-1", ingredient="remedy", schedule=schedule)
    fill = intake.receive(cast.wire, order=cast.order(signed=signed), origin="3", at=cast.at())
    fill = entry.start_entry(cast.tess, fill=fill, at=cast.at())
    order = {"fill": fill, "entry": cast.entry(drug=made.product.drug, refills=0), "package": made, "at": cast.at()}
    if signed:
        assert entry.submit_entry(cast.tess, **order).state == "entry_check"
        return
    with pytest.raises(Refused, match="without a digital signature") as no:
        entry.submit_entry(cast.tess, **order)
    assert no.value.code == "epcs_unsigned"


@pytest.mark.parametrize(("code", "words", "field"), [("1", "", "daw_words"), ("2", " ", "daw_words"), ("6", "", "daw_words"), ("7", "", "daw_words"), ("x", "", "daw")])  # fmt: skip
def test_a_selection_code_without_the_words_it_rests_on_is_refused(cast, code, words, field):
    with pytest.raises(Refused) as no:
        cast.entered(daw=code, daw_words=words)
    assert field in no.value.fields


def test_the_words_of_an_electronic_order_are_its_own(cast):
    fill = entry.start_entry(cast.tess, fill=cast.received(substitution_allowed=False), at=cast.at())
    fill = entry.submit_entry(cast.tess, fill=fill, entry=cast.entry(daw="1"), package=cast.metformin, at=cast.at())
    assert fill.prescription.daw_words == "Substitution not allowed, as the order says"


@pytest.fixture
def brand(cast):
    """Glucophage beside the generic metformin of the cast."""
    product = Product.objects.create(drug=cast.metformin.product.drug, labeler="Brand House", brand_name="Glucophage")
    return type(cast.metformin).objects.create(
        product=product,
        ndc12="999990001001",
        ndc="99999-0001-1",
        size=Decimal(100),
        unit="tablet",
        unit_cost=Decimal(1),
    )


def brand_order(cast, package, daw, words="DAW", text="Glucophage 500 mg tablet"):
    fill = entry.start_entry(cast.tess, fill=cast.received(drug_text=text), at=cast.at())
    order = cast.entry(daw=daw, daw_words=words)
    return entry.submit_entry(cast.tess, fill=fill, entry=order, package=package, at=cast.at())


def test_a_brand_that_must_be_dispensed_is_not_replaced_at_entry(cast, brand):
    with pytest.raises(Refused, match="Glucophage"):
        brand_order(cast, cast.metformin, "1")
    with pytest.raises(Refused, match="Glucophage"):
        brand_order(cast, cast.metformin, "2", "the patient", text="metformin 500 mg tablet")
    assert brand_order(cast, cast.metformin, "0", "").package == cast.metformin


def test_a_brand_that_must_be_dispensed_is_not_replaced_at_the_bench(cast, brand):
    fill = entry.approve_entry(cast.ada, fill=brand_order(cast, brand, "1", "brand medically necessary"), at=cast.at())
    fill = review.clear_review(cast.ada, fill=fill, at=cast.at())
    fill = review.settle_payment(cast.tess, fill=fill, at=cast.at())
    fill = filling.take(cast.tess, fill=fill, at=cast.at())
    with pytest.raises(Refused, match="brand medically necessary"):
        filling.change_product(cast.tess, fill=fill, package=cast.metformin, at=cast.at())


def test_a_written_generic_that_allows_no_substitution_asks_for_no_brand(cast, brand):
    assert brand_order(cast, cast.metformin, "1", text="metformin 500 mg tablet").package == cast.metformin


def test_before_its_first_day_nothing_is_counted_and_on_it_everything_goes_on(cast):
    first = TODAY + timedelta(days=10)
    fill = cast.ready(fill_from=first)
    with pytest.raises(Refused, match="from Nov 30, 2026 on"):
        filling.take(cast.tess, fill=fill, at=cast.at())
    cast.later(10)
    assert filling.take(cast.tess, fill=fill, at=cast.at()).state == "filling"


@pytest.mark.parametrize("first", [TODAY - timedelta(days=1), date(2028, 1, 1)])
def test_a_first_day_before_the_writing_or_after_the_last_day_is_refused(cast, first):
    with pytest.raises(Refused) as no:
        cast.entered(fill_from=first)
    assert "fill_from" in no.value.fields


class TestSeveralOfScheduleII:
    """21 CFR 1306.12(b): issued on one day, each but the first with its earliest day, ninety days in all."""

    def one(self, cast, days=30, first=None, **changes):
        return controlled(cast, cast.prescriber, days_supply=days, fill_from=first, **changes)

    def test_three_for_ninety_days_each_with_its_day(self, cast):
        for n in range(3):
            self.one(cast, first=TODAY + timedelta(days=30 * n) if n else None)

    def test_a_second_one_without_its_day_is_refused(self, cast):
        self.one(cast)
        with pytest.raises(Refused, match="earliest day") as no:
            self.one(cast)
        assert "fill_from" in no.value.fields

    def test_more_than_ninety_days_in_all_are_refused(self, cast):
        self.one(cast, 60)
        with pytest.raises(Refused, match="at most 90 days"):
            self.one(cast, 31, TODAY + timedelta(days=60))

    def test_what_was_ordered_under_another_record_of_the_same_person_counts(self, cast):
        twin = people.add(
            cast.tess,
            details=people.Details(
                last_name="Flores",
                first_name="Rosie",
                born_on=cast.rosa.born_on,
                sex="F",
                street="7 Birch Rd",
                city="Madison",
            ),
            at=cast.at(),
        )
        people.no_known_allergies(cast.tess, patient=twin, at=cast.at())
        self.one(cast, 60, patient=twin)
        self.one(cast, 31, patient=cast.rosa)
        orders.end(Prescription.objects.get(patient=cast.rosa))
        merging.merge(cast.tess, survivor=cast.rosa, merged=twin, at=cast.at())
        with pytest.raises(Refused, match="at most 90 days"):
            self.one(cast, 31, TODAY + timedelta(days=60))

    def test_the_days_supply_of_each_is_needed(self, cast):
        self.one(cast)
        with pytest.raises(Refused, match="days' supply") as no:
            self.one(cast, None, TODAY + timedelta(days=30))
        assert "days_supply" in no.value.fields

    def test_another_patient_another_medicine_or_another_day_is_no_series(self, cast):
        self.one(cast, 60)
        self.one(cast, 60, patient=cast.omar)
        self.one(cast, 60, written_on=TODAY - timedelta(days=1))
        other = Drug.objects.create(generic_name="oxycodone", strength="10 mg", form="tablet", route="by mouth", unit="tablet", schedule=2)  # fmt: skip
        product = Product.objects.create(drug=other, labeler="Test Labs")
        package = type(cast.oxycodone).objects.create(
            product=product, ndc12="999990002001", ndc="99999-0002-1", size=Decimal(100), unit="tablet"
        )
        assert (
            cast.entered(package, drug=other, refills=0, days_supply=60, directions=DIRECTIONS).state == "entry_check"
        )
