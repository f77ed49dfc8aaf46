"""A person's second factor: set up with a device, taken once a code, replaced by recovery codes, reset by the owner."""

import base64
import secrets as chance
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password

from officina.base import acts, audit, services, totp
from officina.base.access import Actor
from officina.base.command import command
from officina.base.content import unkept
from officina.base.models import RecoveryCode, SecondFactor, User
from officina.kernel.errors import Refused

RECOVERY_CODES = 8


def is_set_up(user_id: int) -> bool:
    """Whether the person's sign-in asks for a code. One statement."""
    return SecondFactor.objects.filter(user_id=user_id, confirmed_at__isnull=False).exists()


def recovery_left(user_id: int) -> int:
    """How many recovery codes are unused."""
    return RecoveryCode.objects.filter(user_id=user_id).count()


@command
@unkept
def begin(actor: Actor, *, at: datetime) -> bytes:
    """The secret for the actor's device; the same one until a first code confirms it. Refused where a device is set up already."""
    made, _ = SecondFactor.objects.get_or_create(
        user_id=actor.user_id, defaults={"secret": chance.token_bytes(totp.SECRET_BYTES)}
    )
    if made.confirmed_at:
        raise Refused("factor_set", "A second factor is set up already. The owner can reset it.")
    return bytes(made.secret)


@command
@unkept
def confirm(actor: Actor, *, code: str, at: datetime) -> list[str]:
    """The device works: from now on it is asked for. Gives the recovery codes, which are shown this once."""
    found = SecondFactor.objects.select_for_update().filter(user_id=actor.user_id, confirmed_at=None).first()
    if found is None:
        raise Refused("factor_set", "A second factor is set up already. The owner can reset it.")
    step = totp.step_that_fits(bytes(found.secret), plain(code), at=at, after=found.last_step)
    if step is None:
        sentence = "This code does not fit. Is the clock of the device right? Type the code it shows now."
        raise Refused("code", sentence, {"code": sentence})
    found.confirmed_at, found.last_step = at, step
    found.save(update_fields=["confirmed_at", "last_step"])
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user_id=actor.user_id, hashed=make_password(plain(c))) for c in codes)
    audit.record(actor, audit.SECOND_FACTOR_SET, at=at)
    return codes


@command
@unkept
def takes(actor: Actor, given: str, *, at: datetime) -> bool:
    """Whether the code is the device's of now, or a recovery code; either is taken once."""
    found = SecondFactor.objects.select_for_update().filter(user_id=actor.user_id).first()
    if found is None or not found.confirmed_at:
        return False
    typed = plain(given)
    step = totp.step_that_fits(bytes(found.secret), typed, at=at, after=found.last_step)
    if step is not None:
        found.last_step = step
        found.save(update_fields=["last_step"])
        return True
    return len(typed) > totp.DIGITS and _takes_recovery(actor, typed, at=at)


def _takes_recovery(actor: Actor, typed: str, *, at: datetime) -> bool:
    for row in RecoveryCode.objects.filter(user_id=actor.user_id):
        if check_password(typed, row.hashed):
            row.delete()
            audit.record(actor, audit.RECOVERY_USED, at=at, after={"left": recovery_left(actor.user_id)})
            return True
    return False


@command
def reset(actor: Actor, *, username: str, at: datetime) -> User:
    """Take a lost device off a person; what they had open is closed, and a role that asks for a device asks for a new one."""
    actor.must(acts.MANAGE_STAFF, at=at)
    user = services.membership(actor, username).user
    SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    user.entrance += 1
    user.save(update_fields=["entrance"])
    audit.record(actor, audit.SECOND_FACTOR_RESET, at=at, on=user)
    return user


def plain(typed: str) -> str:
    """A code as judged: spaces and hyphens, which are for the eye, are left out."""
    return "".join(typed.split()).replace("-", "").upper()[:40]


def _recovery_code() -> str:
    text = base64.b32encode(chance.token_bytes(10)).decode()
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))
