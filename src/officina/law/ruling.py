"""What a rule says about a case: allowed or not, in words of the counter, with its source and its days."""

from dataclasses import dataclass
from datetime import date

from officina.kernel.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The answer of a rule. Nothing that is not allowed is without its reason, and no reason is without its source."""

    allowed: bool
    code: str
    """Stable, for programs and tests."""
    sentence: str
    source: str
    passes_on: date | None = None
    """The first day on which it would be allowed, where time alone mends it."""
    until: date | None = None
    """The last day on which it is allowed."""

    def refuse(self) -> None:
        """Refused where it is not allowed, with the source in the sentence."""
        if not self.allowed:
            raise Refused(self.code, f"{self.sentence} ({self.source})")
