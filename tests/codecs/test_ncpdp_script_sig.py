"""Coded directions that contradict the written ones are pointed at; silence and what cannot be read are not."""

from decimal import Decimal

import pytest

from officina.codecs.ncpdp_script.model import Coded, Instruction, Sig, Timing
from officina.codecs.ncpdp_script.sig_check import differences, in_words

DAY = Coded(text="day", qualifier="SNOMED", code="258703001")
HOUR = Coded(text="hour")


def sig(text, dose=None, unit="tablet", code="", **timing):
    quantity = None if dose is None else Decimal(dose)
    return Sig(
        sig_text=text,
        instructions=(
            Instruction(
                dose_quantity=quantity, dose_unit_of_measure=Coded(text=unit, code=code), timings=(Timing(**timing),)
            ),
        ),
    )


@pytest.mark.parametrize(
    ("text", "dose", "unit"),
    [
        ("Take one and one-half tablets daily", "1.5", "tablet"),
        ("Take 1 and 1/2 tablets daily", "1.5", "tablet"),
        ("take 1½ tabs", "1.5", "tablet"),
        ("take half a tablet", "0.5", "tablet"),
        ("take 1/2 tab bid", ".5", "tablet"),
        ("Take 1 (one) tablet by mouth", "1", "tablet"),
        ("take a tablet", "1", "tablet"),
        ("take 1-2 caplets every 4-6 hours", "2", "tablet"),
        ("take 1 tablet (500 mg) twice daily", "500", "mg"),
        ("take 5mL by mouth", "5", "mL"),
        ("take 1 teaspoon", "5", "mL"),
        ("apply as directed", "1", "application"),
        ("Take 2 by mouth daily", "2", "tablet"),
        ("take 1/0 tablet", "1", "mL"),
        ("take as directed", None, "tablet"),
    ],
)
def test_a_dose_that_agrees_or_cannot_be_compared_is_not_pointed_at(text, dose, unit):
    assert differences(sig(text, dose, unit)) == ()


@pytest.mark.parametrize(
    ("text", "dose", "unit"),
    [
        ("Take 2 tablets by mouth at bedtime", "1", "tablet"),
        ("take 1/2 tab", "2", "tablet"),
        ("take 1 tablet (500 mg)", "250", "mg"),
        ("Take 2 capsules", "2", "tablet"),
        ("Take 2 by mouth daily", "1", "tablet"),
        ("give 7.5 mL", "75", "mL"),
        ("inject 10 units", "100", "unit"),
        ("take 1 tablet", "3", ""),
    ],
)
def test_a_dose_that_contradicts_is_pointed_at(text, dose, unit):
    assert differences(sig(text, dose, unit)) == ("dose",)


def test_a_dose_unit_given_only_by_code_is_compared():
    assert differences(sig("take 2 tablets", "1", unit="", code="C48542")) == ("dose",)


@pytest.mark.parametrize(
    ("text", "timing", "found"),
    [
        ("once daily", {"frequency": Decimal(1), "frequency_units": DAY}, ()),
        ("twice daily", {"frequency": Decimal(1), "frequency_units": DAY}, ("times a day",)),
        ("three times a day", {"frequency": Decimal(3), "frequency_units": DAY}, ()),
        ("tid", {"frequency": Decimal(2), "frequency_units": DAY}, ("times a day",)),
        ("2-3 times daily", {"frequency": Decimal(3), "frequency_units": DAY}, ()),
        ("four times daily", {"interval": Decimal(6), "interval_units": HOUR}, ()),
        ("every 8 hours", {"interval": Decimal(6), "interval_units": HOUR}, ("times a day",)),
        ("every 4 to 6 hours", {"interval": Decimal(6), "interval_units": HOUR}, ()),
        ("every other day", {"frequency": Decimal(1), "frequency_units": DAY}, ("times a day",)),
        ("once weekly", {"frequency": Decimal(1), "frequency_units": DAY}, ("times a day",)),
        ("as directed", {"frequency": Decimal(1), "frequency_units": DAY}, ()),
        ("every night at bedtime", {"free_text": "every morning"}, ("time of day",)),
        ("with breakfast", {"event": Coded(text="morning")}, ()),
        ("twice daily", {"free_text": "twice daily"}, ()),
        ("for 10 days", {"duration": Decimal(10), "duration_units": DAY}, ()),
        ("for 2 weeks", {"duration": Decimal(14), "duration_units": DAY}, ()),
        ("for 7 days", {"duration": Decimal(10), "duration_units": DAY}, ("length",)),
    ],
)
def test_times_a_day_time_of_day_and_length_are_compared(text, timing, found):
    assert differences(sig(text, **timing)) == found


def test_without_text_or_structure_there_is_nothing_to_compare():
    assert differences(Sig(sig_text="take 1 tablet")) == ()
    assert differences(sig("", "1")) == ()


def test_the_structure_is_told_in_words():
    told = Sig(
        instructions=(
            Instruction(
                dose_delivery_method=Coded(text="Take"),
                dose_quantity=Decimal("1.50"),
                dose_unit_of_measure=Coded(code="C48542"),
                route_of_administration=Coded(text="oral route"),
                timings=(
                    Timing(event_modifier=Coded(text="before"), event=Coded(text="bedtime")),
                    Timing(interval=Decimal(8), interval_units=HOUR),
                    Timing(frequency=Decimal(2), frequency_units=DAY, duration=Decimal(10), duration_units=DAY),
                ),
            ),
            Instruction(timings=(Timing(free_text="then stop"),)),
        )
    )
    assert in_words(told) == (
        "Take 1.5 tablet, oral route, before bedtime, every 8 hour, 2 times per day, for 10 day; then then stop"
    )
