"""What a prescription has had so far, as tests of the rules say it: how many refills were taken, not how many tablets."""

from datetime import date
from decimal import Decimal

from officina.dispensing.rules.refilling import Standing

OCT_1 = date(2026, 10, 1)


def standing(**changes):
    usual = {
        "number": "1000015", "is_active": True, "is_stopped": False, "is_entered": True, "schedule": 0, "refills": 5, "whole": Decimal(60), "used": 1, "first_is_due": False,
        "under_way": "", "expires_on": date(2027, 5, 15), "last_on": OCT_1, "last_days": 30,
    }  # fmt: skip
    given = {**usual, **changes}
    return Standing(**{"taken": given["whole"] * given.pop("used"), **given})
