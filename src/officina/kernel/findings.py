"""A finding: something noticed that a person must see. Findings are data, gathered and returned, never raised."""

from dataclasses import dataclass, field
from enum import IntEnum


class Severity(IntEnum):
    """How much a finding matters, most serious first (domain rules, section 3.1)."""

    CONTRAINDICATED = 1
    """Do not use together: an interruptive stop, cleared by a pharmacist only, with a reason."""
    MAJOR = 2
    """Usually avoid or modify: interruptive, cleared by a pharmacist with a reason."""
    MODERATE = 3
    """Monitor: stands beside the work."""
    MINOR = 4
    """For information."""

    @property
    def is_serious(self) -> bool:
        """Whether it interrupts the work."""
        return self <= Severity.MAJOR


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing noticed: `code` is stable, `sentence` is shown, `where` names the place or the things compared."""

    code: str
    sentence: str
    severity: Severity = Severity.MODERATE
    where: str = ""
    expected: str = ""
    came: str = ""
    source: str = ""
    """The public source or rule pack row that the finding rests on."""
    about: tuple[str, ...] = field(default=())
    """Names of the drugs, allergies or fields that the finding compares."""
