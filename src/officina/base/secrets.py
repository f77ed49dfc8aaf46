"""What a password and a PIN must be like, and how one is compared: always at the same cost, whoever is asked for."""

import functools
import itertools

from django.contrib.auth.hashers import check_password, is_password_usable, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from officina.kernel.errors import Refused

SHORTEST = 12


def must_be_good_password(password: str, *, username: str) -> None:
    """Refused where a password is short, among the 20,000 that everybody tries first, or holds the person's own name."""
    if len(password) < SHORTEST:
        _refuse("password", f"A password needs {SHORTEST} characters or more; a few words in a row are easy to keep.")
    if username.lower() in password.lower():
        _refuse("password", "A password may not hold the name that one signs in with.")
    try:
        _common().validate(password)
    except ValidationError:
        _refuse("password", "This password is among those that everybody tries first. Choose another.")


def must_be_good_pin(pin: str) -> None:
    """Refused where a PIN is not 4 to 8 digits, one digit over and over, or digits in a row."""
    if not (4 <= len(pin) <= 8 and pin.isascii() and pin.isdigit()):
        _refuse("pin", "A PIN has 4 to 8 digits.")
    if len({(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)} | {99}) == 2 and (
        (int(pin[1]) - int(pin[0])) % 10 in {0, 1, 9}
    ):
        _refuse("pin", "This PIN is among those that everybody tries first. Choose another.")


def fits(secret: str, hashed: str) -> bool:
    """Whether a secret is the one that was hashed. Who has none costs as long as who has one, and fits nobody."""
    real = bool(hashed) and is_password_usable(hashed)
    return check_password(secret, hashed if real else _nobody()) and real


def _refuse(field: str, sentence: str) -> None:
    raise Refused(f"weak_{field}", sentence, {field: sentence})


@functools.cache
def _common() -> CommonPasswordValidator:
    return CommonPasswordValidator()


@functools.cache
def _nobody() -> str:
    return make_password("nobody")
