"""What the smaller lists say of one product: its RxNorm concept, how it looks, patents and exclusivity, and whether the FDA keeps it apart."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from officina.drugs.models import Exclusivity, Look, Patent, RxName, RxNdc, Unlisted

_NAMES = ("PSN", "SCD", "SBD", "GPCK", "BPCK")
"""Of a concept's names the one that is meant for prescribing comes first."""
APART = {
    "unfinished": "It stands on the FDA's list of unfinished drugs: bulk or further processing, never dispensed as it is.",
    "excluded": "The FDA took its listing out of the directory: its labeler did not keep it right.",
}


@dataclass(frozen=True, slots=True)
class Protection:
    """A patent or an exclusivity of an approved product, which is why others may not sell the like yet."""

    kind: str
    """'patent' or 'exclusivity'."""
    code: str
    until: date | None


@dataclass(frozen=True, slots=True)
class Particulars:
    """All of it; empty is not known, never no."""

    rxcui: str = ""
    rxnorm_name: str = ""
    looks: str = ""
    protections: list[Protection] = field(default_factory=list)
    apart: str = ""
    """Why the FDA keeps it apart from what may be dispensed."""


def particulars(
    ndc12s: Sequence[str], *, rxcui: str = "", application: str = "", product_number: str = "", on: date
) -> Particulars:
    """What the lists say of the packages of a product, and of its row of the Orange Book. Five statements at most."""
    linked, name = _concept(ndc12s, rxcui)
    return Particulars(
        rxcui=linked,
        rxnorm_name=name,
        looks=looks_of(ndc12s),
        protections=protections_of(application, product_number, on=on) if product_number else [],
        apart=apart(ndc12s),
    )


def _concept(ndc12s: Sequence[str], rxcui: str) -> tuple[str, str]:
    """The one concept of these packages with its name; that of the drug where they carry none or several."""
    linked = sorted(
        set(RxNdc.objects.filter(ndc12__in=ndc12s, ended_on=None).order_by().values_list("rxcui", flat=True))
    )
    chosen = linked[0] if len(linked) == 1 else rxcui
    rows = RxName.objects.filter(rxcui=chosen, tty__in=_NAMES, ended_on=None) if chosen else RxName.objects.none()
    names = sorted((_NAMES.index(tty), name) for tty, name in rows.values_list("tty", "name"))
    return chosen, names[0][1] if names else ""


def looks_of(ndc12s: Sequence[str]) -> str:
    """'blue, barrel shaped, 11 mm, imprint M and AA8'; empty where the packages are not told to look alike."""
    rows = Look.objects.filter(ndc12__in=ndc12s, ended_on=None).order_by("ndc12")
    told = {_told(row) for row in rows}
    return told.pop() if len(told) == 1 else ""


def _told(look: Look) -> str:
    sides = _joined(look.imprint)
    parts = (
        _joined(look.color.lower()),
        _joined(look.shape.lower()),
        look.size,
        f"imprint {sides}" if sides else "",
    )
    return ", ".join(filter(None, parts))


def _joined(text: str) -> str:
    """'M;AA8' is 'M and AA8': two sides, two colors."""
    return " and ".join(filter(None, (part.strip() for part in text.split(";"))))


def protections_of(application: str, product_number: str, *, on: date) -> list[Protection]:
    """Patents and exclusivities that have not run out on a day, the last to end first."""
    of = {"application": application, "product_number": product_number, "ended_on": None}
    patents = [
        Protection("patent", number, until)
        for number, until in Patent.objects.filter(**of).values_list("patent", "expires_on").distinct()
    ]
    rights = [
        Protection("exclusivity", code, until)
        for code, until in Exclusivity.objects.filter(**of).values_list("code", "ends_on").distinct()
    ]
    standing = {p for p in (*patents, *rights) if p.until is None or p.until >= on}
    return sorted(standing, key=lambda p: (-(p.until or date.max).toordinal(), p.kind, p.code))


def apart(ndc12s: Sequence[str]) -> str:
    """Why the FDA keeps any of these packages apart, as a sentence; empty where it does not. One statement."""
    found = Unlisted.objects.filter(ndc12__in=ndc12s, ended_on=None).order_by("-why").values_list("why", flat=True)
    why = found.first()
    return APART[why] if why else ""
