"""Codes by the published test vectors, once each, and recovery codes in their place."""

from datetime import UTC, datetime, timedelta

import pytest

from officina.base import totp

SECRET = b"12345678901234567890"
# RFC 6238, appendix B (SHA-1, eight digits).
VECTORS = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
# RFC 4226, appendix D.
COUNTED = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]


@pytest.mark.parametrize("seconds", VECTORS)
def test_the_vectors_of_rfc_6238_are_met(seconds):
    step = totp.step_of(datetime.fromtimestamp(seconds, UTC))
    assert totp.code(SECRET, step, digits=8) == VECTORS[seconds]


def test_the_vectors_of_rfc_4226_are_met():
    assert [totp.code(SECRET, n) for n in range(10)] == COUNTED


@pytest.mark.parametrize(("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_fits_in_its_interval_and_its_neighbours(steps, fits):
    at = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    given = totp.code(SECRET, totp.step_of(at + timedelta(seconds=30 * steps)))
    assert (totp.step_that_fits(SECRET, given, at=at, after=0) is not None) is fits


def test_a_code_is_taken_once_and_no_older_one_after_it():
    at = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    now = totp.step_of(at)
    assert totp.step_that_fits(SECRET, totp.code(SECRET, now), at=at, after=now) is None
    assert totp.step_that_fits(SECRET, totp.code(SECRET, now - 1), at=at, after=now) is None


@pytest.mark.parametrize("given", ["", "12345", "abcdef", "٠١٢٣٤٥", "1234567", "é" * 6])
def test_what_is_no_code_fits_nothing(given):
    assert totp.step_that_fits(SECRET, given, at=datetime(2026, 11, 20, tzinfo=UTC), after=0) is None


def test_the_address_for_a_device_names_house_account_and_secret():
    made = totp.as_address(SECRET, account="Ada Park, Main Street", issuer="Officina")
    assert made == (
        "otpauth://totp/Officina%3AAda%20Park%2C%20Main%20Street?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Officina"
    )
    assert totp.as_text(SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
