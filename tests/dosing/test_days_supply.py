"""Days' supply is what a person worked out by hand, and what cannot be counted is never guessed."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing.supply_cases import CASES
from officina.dosing import days_supply, holding, sig, supply_facts
from officina.dosing.dosage import Amount, Dosage, Part, Span, Times
from officina.dosing.supply_facts import Medicine
from officina.kernel.errors import ParseError


def counted(directions, quantity, facts=(), name="", **more):
    read = sig.read(directions)
    assert read.dosage is not None, read.place
    have = holding.amount(quantity)
    medicine = Medicine(holds=tuple(holding.holds(f) for f in facts), **more)
    return days_supply.of(read.dosage, have, supply_facts.known(medicine, name, have) if name else medicine)


@pytest.mark.parametrize(("directions", "quantity", "facts", "name", "answer", "source"), CASES)
def test_a_case_is_counted_as_it_was_worked_by_hand(directions, quantity, facts, name, answer, source):
    told = counted(directions, quantity, facts, name)
    if isinstance(answer, int):
        assert (told.days, told.why_not) == (answer, "")
        assert told.working[-1].endswith((f"{answer} day", f"{answer} days"))
    else:
        assert told.days is None
        assert answer in told.why_not


def test_the_cases_are_many_and_each_tells_what_it_rests_on():
    assert len({case[:4] for case in CASES}) == len(CASES) >= 120
    assert all(case[5].startswith(("House", "Tech", "Label", "Rule", "Long")) for case in CASES)


def test_the_working_of_eye_drops_can_be_followed():
    told = counted("instill 1 drop in both eyes twice daily", "5 mL")
    assert told.working == (
        "5 mL x 20 drops = 100 drops",
        "1 drop x 2 eyes = 2 drops each time",
        "2 drops x 2 times a day = 4 drops a day",
        "100 / 4 = 25 days",
    )


def test_fifteen_drops_a_ml_and_primed_pens_are_told_as_other_answers():
    (drops,) = counted("instill 1 drop in both eyes twice daily", "5 mL").others
    assert (drops.days, drops.because) == (18, "counted with 15 drops a mL")
    (primed,) = counted("inject 45 units subq daily", "15 mL", name="insulin glargine pen").others
    assert (primed.days, primed.because) == (31, "with 2 units of priming before each injection")
    assert counted("instill 1 drop in both eyes bid", "5 mL", drops_per_ml=Fraction(15)).days == 18
    assert counted("instill 1 drop in both eyes bid", "5 mL", drops_per_ml=Fraction(15)).others == ()


@pytest.mark.parametrize(
    ("directions", "quantity"),
    [("1 neb q4h prn", "75 mL"), ("take 1 by mouth 2 times a day", "150 mL"), ("inject 20 sc daily", "10 mL")],
)
def test_a_dose_that_does_not_say_of_what_is_not_taken_for_millilitres(directions, quantity):
    """25 vials of 3 mL at one every four hours are four days, not the twelve of 1 mL each."""
    told = counted(directions, quantity)
    assert told.days is None
    assert "does not say of what: ask for the dose in mL" in told.why_not


def test_priming_is_let_out_at_each_injection():
    told = counted("inject 10 units subq three times daily", "3 mL", ["1 mL = 100 units"], priming=Fraction(2))
    assert told.days == 10
    assert [other.days for other in told.others] == [8]  # 300 / (3 x 12) = 8.3


@pytest.mark.parametrize(
    ("directions", "quantity", "name", "thrown_away"),
    [
        ("inject 10 units subq daily", "10 mL", "insulin glargine vial", True),  # 100 days of one vial of 28
        ("inject 50 units subq daily", "10 mL", "insulin glargine vial", False),  # 20 days
        ("inject 45 units subq daily", "15 mL", "insulin glargine pen", False),  # 6 days a pen
        ("inject 5 units subq daily", "3 mL", "insulin glargine pen", True),  # 60 days a pen of 28
        ("inject 10 units subq daily", "3 mL", "humulin 70 30 pen", True),  # 30 days a pen of 10
    ],
)
def test_what_outlives_its_opening_is_told(directions, quantity, name, thrown_away):
    notes = counted(directions, quantity, name=name).notes
    assert any("after opening" in note for note in notes) is thrown_away


def test_a_container_of_one_dose_is_opened_whole():
    single = holding.amount("2 mL")
    told = counted("inject 1.5 mL im daily", "20 mL", single_use=single)
    assert told.days == 10
    assert counted("inject 1.5 mL im daily", "20 mL").days == 13


def test_a_tablet_counted_as_a_capsule_is_told():
    told = counted("take 1 tablet daily", "30 capsules")
    assert told.days == 30
    assert "another form" in told.notes[0]


def test_a_maximum_in_grams_caps_tablets_of_known_strength():
    told = counted("1-2 tabs po q4h prn pain, max 4 g per day", "60 tablets", ["1 tablet = 500 mg"])
    assert told.days == 7  # 8 tablets a day
    unknown = counted("1-2 tabs po q4h prn pain, max 4 g per day", "60 tablets")
    assert unknown.days == 5
    assert "maximum" in unknown.notes[0]


@pytest.mark.parametrize(
    ("directions", "days", "facts", "unit", "quantity"),
    [
        ("1 tab po bid", 12, (), "", "24 tablets"),  # House: to the day on which all are due
        ("1 tab po bid", 30, (), "", "60 tablets"),
        ("take 1/2 tablet daily", 15, (), "", "8 tablets"),  # 7.5, up
        ("take 4 tablets once weekly", 28, (), "", "16 tablets"),
        ("take 4 tablets once weekly", 10, (), "", "8 tablets"),  # two Mondays
        ("7.5 mL po bid", 10, (), "", "150 mL"),
        ("instill 1 drop in both eyes bid", 25, (), "mL", "5 mL"),
        ("inject 50 units subq daily", 28, ("1 mL = 100 units",), "mL", "14 mL"),
        ("inject 50 units subq daily", 30, ("1 mL = 100 units", "1 pen = 3 mL"), "pen", "5 pens"),
        ("500 mg po bid", 10, ("1 capsule = 250 mg",), "capsule", "40 capsules"),
        ("apply 1 patch every 72 hours", 30, (), "", "10 patches"),
        ("4 tabs daily x 3 days, then 2 tabs daily x 3 days", 6, (), "", "18 tablets"),
        ("4 tabs daily x 3 days, then 2 tabs daily x 3 days", 4, (), "", "14 tablets"),
    ],
)
def test_the_quantity_for_so_many_days(directions, days, facts, unit, quantity):
    medicine = Medicine(holds=tuple(holding.holds(f) for f in facts))
    told = days_supply.quantity_for(sig.read(directions).dosage, days, medicine, unit)
    assert (told.quantity and holding.said(told.quantity), told.why_not) == (quantity, "")
    assert told.working


def test_no_quantity_is_made_of_directions_that_cannot_be_counted():
    told = days_supply.quantity_for(sig.read("use as directed").dosage, 12)
    assert (told.days, told.quantity) == (None, None)
    assert "Use as directed" in told.why_not
    assert days_supply.quantity_for(sig.read("5 mL po bid").dosage, 12, unit="tablet").why_not


def test_a_course_that_ends_sooner_is_told():
    told = days_supply.quantity_for(sig.read("1 tab po bid x 10 days").dosage, 30)
    assert (told.days, holding.said(told.quantity)) == (10, "20 tablets")
    assert "end after 10 days" in told.notes[0]


@pytest.mark.parametrize(
    ("text", "value"), [("1/2 tablet", "1/2"), ("1,000 units", "1000"), ("12,500.5 mL", "12500.5"), ("30", "30")]
)
def test_an_amount_is_the_number_that_was_written(text, value):
    assert holding.amount(text).high == Fraction(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "0 mL",
        "five mL",
        "5 furlongs",
        "1/0 mL",
        "٣ mL",
        "1,5 mL",
        "1,00",
        "1,,5",
        "1/00 tablet",
        "1/2/3",
        "9" * 5000,
        "1." + "0" * 5000,
    ],
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ParseError):
        holding.amount(text)


@pytest.mark.parametrize("text", ["5 mg-10 mg", "1 %", "0.1 mg/24 hr", "", "strong"])
def test_a_strength_that_is_not_one_substance_in_one_thing_says_nothing(text):
    assert holding.strength(text, "tablet") == ()


def test_every_fact_of_the_packs_can_be_read_and_names_its_source():
    for row in supply_facts.containers():
        assert holding.amount(row.size).high > 0
        assert not row.gives or holding.amount(row.gives).high > 0
        assert holding.unit(row.container) == row.container
        assert row.source
        assert row.needs_review
    assert set(supply_facts.areas()) == {"to the face", "to the hands", "to the feet", "to the back"}


doses = st.fractions(min_value=Fraction(1, 4), max_value=50, max_denominator=4)
rates = st.one_of(
    st.builds(
        lambda n, p: {"times": Times(Fraction(n), Fraction(n), p)},
        st.integers(1, 8),
        st.sampled_from(["day", "week", "month"]),
    ),
    st.builds(
        lambda n, u: {"every": Span(Fraction(n), Fraction(n), u)},
        st.integers(1, 12),
        st.sampled_from(["hour", "day", "week"]),
    ),
)


def direction(dose, rate, unit="tablet", lasts=None):
    ends = Span(Fraction(lasts), Fraction(lasts), "day") if lasts else None
    return Dosage((Part(verb="take", amount=Amount(dose, dose, unit), duration=ends, **rate),))


def lasting(read, have):
    """The days; what would last for centuries is not counted, and longer than anything that is."""
    found = days_supply.of(read, have)
    assert found.days is not None or "centuries" in found.why_not
    return 100_001 if found.days is None else found.days


@given(doses, rates, st.integers(1, 500), st.integers(0, 500), st.sampled_from([None, 3, 30]))
def test_more_never_lasts_shorter(dose, rate, quantity, more, lasts):
    read = direction(dose, rate, lasts=lasts)
    fewer, many = (lasting(read, holding.one(n, "tablet")) for n in (quantity, quantity + more))
    assert 1 <= fewer <= many


@given(doses, doses, rates, st.integers(1, 500))
def test_a_larger_dose_never_lasts_longer(dose, more, rate, quantity):
    have = holding.one(quantity, "tablet")
    small, large = (lasting(direction(d, rate), have) for d in (dose, dose + more))
    assert large <= small


@given(doses, rates, st.integers(1, 400), st.sampled_from(["tablet", "mL", "drop"]))
def test_the_quantity_for_days_lasts_at_least_those_days(dose, rate, days, unit):
    read = direction(dose, rate, unit)
    told = days_supply.quantity_for(read, days, Medicine(), "mL" if unit == "drop" else "")
    assert days_supply.of(read, told.quantity).days >= days


@given(doses, rates, doses, rates, st.integers(1, 300), st.integers(1, 40))
def test_after_a_first_stretch_more_never_lasts_shorter(dose, rate, later, next_rate, quantity, lasts):
    first = direction(dose, rate, lasts=lasts).parts[0]
    then = replace(direction(later, next_rate).parts[0], sequence=2)
    read = Dosage((first, then))
    told = [days_supply.of(read, holding.one(n, "tablet")).days for n in (quantity, quantity + 1)]
    assert told[0] <= told[1]
