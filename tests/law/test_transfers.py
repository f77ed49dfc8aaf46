"""Which prescriptions may move to another pharmacy. Cases: domain rules, section 1.8 (21 CFR 1306.08(e), 1306.25; 88 FR 48365)."""

from datetime import date

import pytest

from officina.kernel.errors import Refused
from officina.law import transfers
from officina.law.transfers import Facts

TODAY = date(2026, 11, 20)


def facts(**changes):
    usual = {
        "schedule": 0,
        "is_electronic": True,
        "was_dispensed": True,
        "has_owed": False,
        "refills_left": 2,
        "times_transferred": 0,
        "expires_on": date(2027, 5, 20),
    }
    return Facts(**{**usual, **changes})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "allowed"),
        ({"times_transferred": 3}, "allowed"),
        ({"has_owed": True}, "allowed"),
        ({"was_dispensed": False, "is_electronic": False}, "allowed"),
        ({"refills_left": 0}, "transfer_nothing_left"),
        ({"expires_on": date(2026, 11, 19)}, "transfer_expired"),
        ({"expires_on": date(2026, 11, 20)}, "allowed"),
        ({"schedule": 2, "was_dispensed": False, "refills_left": 0}, "allowed"),
        ({"schedule": 2, "was_dispensed": False, "refills_left": 0, "times_transferred": 1}, "transfer_once"),
        ({"schedule": 2, "was_dispensed": False, "refills_left": 0, "is_electronic": False}, "transfer_not_electronic"),
        ({"schedule": 2, "was_dispensed": True, "refills_left": 0}, "transfer_nothing_left"),
        ({"schedule": 2, "was_dispensed": True, "refills_left": 1}, "transfer_schedule_ii"),
        ({"schedule": 2, "was_dispensed": True, "refills_left": 1, "has_owed": True}, "transfer_owed"),
        ({"schedule": 3, "was_dispensed": False}, "allowed"),
        ({"schedule": 4, "was_dispensed": False, "is_electronic": False}, "transfer_not_electronic"),
        ({"schedule": 4, "was_dispensed": False, "times_transferred": 1}, "transfer_once"),
        ({"schedule": 3}, "allowed"),
        ({"schedule": 3, "is_electronic": False}, "allowed"),
        ({"schedule": 4, "times_transferred": 1}, "transfer_once"),
        ({"schedule": 4, "times_transferred": 1, "shares_database": True}, "allowed"),
        ({"schedule": 5, "has_owed": True}, "transfer_owed"),
        ({"schedule": 5, "refills_left": 0}, "transfer_nothing_left"),
    ],
)
def test_what_may_be_transferred(changes, code):
    ruling = transfers.ruling(facts(**changes), on=TODAY)
    assert ruling.code == code
    assert ruling.allowed == (code == "allowed")
    assert ruling.source
    if code != "allowed":
        with pytest.raises(Refused) as refused:
            ruling.refuse()
        assert ruling.source in refused.value.sentence


def test_what_must_be_written_down():
    everything = {
        "pharmacy": "Oak", "address": "1 Oak", "pharmacist": "Kim Oak", "dea": "AB1234563",
        "rx_number": "77", "written_on": TODAY, "refills_ordered": 0,
    }  # fmt: skip
    for way in ("out", "in"):
        assert transfers.missing(everything, way=way, schedule=4) == {}
    assert set(transfers.missing({}, way="out", schedule=4)) == {"pharmacy", "address", "pharmacist", "dea"}
    assert set(transfers.missing({}, way="out", schedule=0)) == {"pharmacy", "address", "pharmacist"}
    in_more = {"rx_number", "written_on", "refills_ordered"}
    assert set(transfers.missing({}, way="in", schedule=3)) == {"pharmacy", "address", "pharmacist", "dea", *in_more}
