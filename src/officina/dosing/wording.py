"""What the entry desk proposes for written directions: the words of the label, or as typed with the place that stands in the way.

>>> of("1 tab PO BID").text
'Take 1 tablet by mouth in the morning and 1 tablet in the evening.'
>>> of("instill 1 drop od bid").place
"'od 2 times' (word 4): may mean in the right eye, or every day (overdose of an eye drug by mouth has happened)"
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from officina.dosing import label, sig
from officina.dosing.dosage import Dosage


@dataclass(frozen=True, slots=True)
class Wording:
    """The text for the label. Where it was not understood, the text is as typed and `place` names what stood in the way."""

    text: str
    spanish: str = ""
    dosage: Dosage | None = None
    place: str = ""

    @property
    def understood(self) -> bool:
        return self.dosage is not None


def of(typed: str, codes: Mapping[str, str] | None = None) -> Wording:
    """Directions as typed → label text (USP <17>, ISMP), never a guess; `codes` are the site's own sig codes."""
    return _of(" ".join(typed.split())) if not codes else _read(sig.read(typed, codes))


@lru_cache(maxsize=4096)
def _of(typed: str) -> Wording:
    """The same few hundred directions come all day."""
    return _read(sig.read(typed))


def _read(reading: sig.Reading) -> Wording:
    if reading.dosage is None:
        means = f": may mean {', or '.join(reading.readings)}" if reading.readings else ""
        return Wording(" ".join(reading.typed.split()), place=f"{reading.place}{means}")
    return Wording(label.text(reading.dosage), label.text(reading.dosage, "es"), reading.dosage)
