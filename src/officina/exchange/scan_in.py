"""From what the scanner typed to the container it names: the package in the drug file, the lot where the code tells one."""

from dataclasses import replace
from datetime import date

from officina.codecs import gs1, ndc
from officina.dispensing.services.filling import Scanned
from officina.drugs import queries as drugs
from officina.inventory import queries as stock
from officina.kernel.errors import ParseError
from officina.kernel.ids.numbers import HouseNumber
from officina.kernel.ids.scan import classify


def container(
    raw: str, *, site_id: int, today: date, manual: bool = False, likely: drugs.Package | None = None
) -> Scanned:
    """What a scan at the filling desk or the stockroom means; ParseError, with a sentence for a person, where it is no code of a container.

    A product that the drug file does not know comes back without a package: the service stops it with both sides shown.
    `likely` is the package that is asked for, read already: most scans are of it.
    """
    try:
        return _container(raw, site_id=site_id, today=today, manual=manual, likely=likely)
    except ParseError as problem:
        problem.plain = problem.plain or "This is no medicine's barcode."
        raise


def _container(raw: str, *, site_id: int, today: date, manual: bool, likely: drugs.Package | None) -> Scanned:
    kind = classify(raw)
    if kind == "house":
        number = HouseNumber.parse(raw)
        if number.series != "V":
            raise ParseError("container", expected="a stock bottle or a returned vial", got=number.text)
        return Scanned(raw=raw, vial_number=number.text, manual=manual)
    if kind == "ndc":
        return Scanned(raw=raw, package_id=_by_ndc(raw, likely), manual=manual)
    scan = gs1.parse(raw, today=today)
    for question in scan.questions:
        if question.code == "case_not_unit":
            raise ParseError(
                "container",
                expected="the barcode of one container, not of a case",
                got=raw.strip(),
                plain="This is the barcode of a case: scan one container.",
            )
    package = _by_gtin(scan.gtin.digits, likely) if scan.gtin else None
    if package is None:
        return Scanned(raw=raw, manual=manual)
    lot, expires_on = _lot(scan, package, site_id)
    return Scanned(raw=raw, package_id=package.pk, lot_number=lot, expires_on=expires_on, manual=manual)


def _by_gtin(digits: str, likely: drugs.Package | None) -> drugs.Package | None:
    return likely if likely is not None and likely.gtin == digits else drugs.package_by_gtin(digits)


def _by_ndc(raw: str, likely: drugs.Package | None) -> int | None:
    """The package of an NDC; of ten digits' readings the one that the drug file knows, where it is only one."""
    readings = ndc.parse(raw).candidates
    if likely is not None and [r.digits12 for r in readings] == [likely.ndc12]:
        return likely.pk
    found = [p for r in readings if (p := drugs.package_by_ndc12(r.digits12)) is not None]
    return found[0].pk if len(found) == 1 else None


def _lot(scan: gs1.Scan, package: drugs.Package, site_id: int) -> tuple[str, date | None]:
    """Lot and expiry; where a separator was lost, the one reading whose lot stands in our stock, else none: a person picks."""
    if not scan.readings:
        return (scan.lot or "").upper(), scan.expires_on
    known = [r for r in scan.readings if r.lot and stock.find_lot(site_id, package.pk, r.lot.upper(), r.expires_on)]
    return ((known[0].lot or "").upper(), known[0].expires_on) if len(known) == 1 else ("", None)


def with_lot(scanned: Scanned, chosen: str, *, site_id: int) -> Scanned:
    """A scan whose code told no lot, with the lot that the person chose from those on the shelf; a returned vial by its number."""
    if chosen.startswith("V") and stock.vial(site_id, chosen) is not None:
        return replace(scanned, vial_number=chosen)
    return replace(scanned, lot_number=chosen, manual=True)
