"""Guessing made slow: tries are counted in the database before a secret is looked at, per account and place, never for the house.

A wait grows with each wrong try and ends by itself, so that nobody can be shut out for long by somebody else; a PIN, which is
short, is off at that station after a few until its owner gives a password. All workers of the server see the same rows, and many
tries at once count as many.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from officina.base.command import write_lock
from officina.base.models import Tries
from officina.kernel.errors import Refused

FORGOTTEN_AFTER = timedelta(hours=24)
KNOWN_FOR = timedelta(days=30)
PIN_TRIES_HERE = 5
PIN_TRIES_ANYWHERE = 15


@dataclass(frozen=True, slots=True)
class Pace:
    """How many tries are free, and how long the waits after them are."""

    free: int
    first: timedelta
    longest: timedelta

    def wait(self, failures: int) -> timedelta:
        """How long to wait after so many wrong tries: doubled with each, up to the longest.

        >>> Pace(5, timedelta(seconds=30), timedelta(minutes=15)).wait(7)
        datetime.timedelta(seconds=120)
        """
        if failures < self.free:
            return timedelta(0)
        doublings = min(failures - self.free, 20)
        return min(self.first * (1 << doublings), self.longest)


AT_ONE_ADDRESS = Pace(5, timedelta(seconds=30), timedelta(minutes=15))
FROM_ANYWHERE = Pace(30, timedelta(seconds=5), timedelta(minutes=1))
"""One account tried from many addresses. Short, because an attacker could keep it up; a known address is not held up by it."""


def begin_password(username: str, address: str, *, at: datetime) -> None:
    """Count a try at a password or code of this account from this address; Refused with the wait where it is too soon."""
    here = _key("password", username, address)
    with write_lock(), transaction.atomic():
        known = Tries.objects.filter(key=here, right_at__gt=at - KNOWN_FOR).exists()
        rows = [(_row(here, at=at), AT_ONE_ADDRESS)]
        if not known:
            rows.append((_row(_key("password", username), at=at), FROM_ANYWHERE))
        left = max(row.last_at + pace.wait(row.failures) - at for row, pace in rows)
        if left <= timedelta(0):
            for row, _ in rows:
                _count(row, at=at)
    if left > timedelta(0):
        raise Refused("too_many_tries", f"Too many wrong tries. Wait {_words(left)}, then try again.")


def password_was_right(username: str, address: str, user_id: int, *, at: datetime) -> None:
    """The account is itself again at this address, and its PIN holds again at every station."""
    with write_lock(), transaction.atomic():
        Tries.objects.filter(last_at__lt=at - KNOWN_FOR).delete()
        Tries.objects.filter(last_at__lt=at - FORGOTTEN_AFTER, right_at=None).delete()
        Tries.objects.filter(key=_key("password", username, address)).update(failures=0, right_at=at)
        Tries.objects.filter(key=_key("password", username), failures__gt=0).update(failures=F("failures") - 1)
        Tries.objects.filter(key=_key("pin", user_id)).update(failures=0)


def pin_holds_again(user_id: int, station: str) -> None:
    """A right PIN, or the person's password, clears what was mistyped at this station."""
    with write_lock(), transaction.atomic():
        Tries.objects.filter(key=_key("pin", user_id, station)).update(failures=0)


def begin_pin(user_id: int, name: str, station: str, *, at: datetime) -> None:
    """Count a try at a PIN; Refused where it was wrong too often: at this station, or at all together."""
    with write_lock(), transaction.atomic():
        here, anywhere = _row(_key("pin", user_id, station), at=at), _row(_key("pin", user_id), at=at)
        off = here.failures >= PIN_TRIES_HERE or anywhere.failures >= PIN_TRIES_ANYWHERE
        if not off:
            _count(here, at=at)
            _count(anywhere, at=at)
    if off:
        raise Refused(
            "pin_off", f"The PIN of {name} is off here after too many wrong tries: sign in with the password."
        )


def pin_was_right(user_id: int, station: str) -> None:
    """A right PIN takes back its own try; older mistakes at other stations stay until the password is given."""
    with write_lock(), transaction.atomic():
        pin_holds_again(user_id, station)
        Tries.objects.filter(key=_key("pin", user_id), failures__gt=0).update(failures=F("failures") - 1)


def _row(key: str, *, at: datetime) -> Tries:
    """The row of what is counted, held until the transaction ends. A day later it is forgotten."""
    Tries.objects.get_or_create(key=key, defaults={"last_at": at})
    row = Tries.objects.select_for_update().get(key=key)
    if at - row.last_at > FORGOTTEN_AFTER:
        row.failures = 0
    return row


def _count(row: Tries, *, at: datetime) -> None:
    row.failures, row.last_at = row.failures + 1, at
    row.save(update_fields=["failures", "last_at"])


def _key(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def _words(left: timedelta) -> str:
    seconds = -(-left // timedelta(seconds=1))
    if seconds <= 90:
        return f"{seconds} second{'s' if seconds != 1 else ''}"
    return f"{-(-seconds // 60)} minutes"
