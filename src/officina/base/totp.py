"""Codes that change every thirty seconds: HOTP (RFC 4226) over the clock (RFC 6238), and the address that a device scans.

>>> code(b"12345678901234567890", 1)
'287082'
"""

import base64
import hmac
from datetime import datetime
from urllib.parse import quote, urlencode

STEP = 30
DIGITS = 6
SECRET_BYTES = 20


def step_of(at: datetime) -> int:
    """The interval of an instant: RFC 6238 section 4.2, T0 = 0, X = 30 seconds."""
    return int(at.timestamp()) // STEP


def code(secret: bytes, step: int, *, digits: int = DIGITS) -> str:
    """The code of an interval: RFC 4226 section 5.3, HMAC-SHA-1 with dynamic truncation."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_that_fits(secret: bytes, given: str, *, at: datetime, after: int) -> int | None:
    """The interval whose code was given: this one or a neighbour (RFC 6238 section 5.2), later than `after`; else None.

    Every candidate is compared in constant time, and none is left out for being found.
    """
    now = step_of(at)
    fitting = [s for s in (now - 1, now, now + 1) if hmac.compare_digest(code(secret, s).encode(), given.encode())]
    return next((s for s in fitting if s > after), None)


def as_text(secret: bytes) -> str:
    """The secret as a person types it into a device: base32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def as_address(secret: bytes, *, account: str, issuer: str) -> str:
    """The otpauth address that a device scans (Key URI format)."""
    label = quote(f"{issuer}:{account}")
    return f"otpauth://totp/{label}?" + urlencode(
        {"secret": base64.b32encode(secret).decode().rstrip("="), "issuer": issuer}, quote_via=quote
    )
