"""`officina drugs show` and `officina drugs equivalents`: one medicine, and what may be dispensed in its place."""

import sys
from dataclasses import asdict
from datetime import date
from typing import Any

import click

from officina.base import queries as base
from officina.base.access import Actor
from officina.cli import house
from officina.dispensing import drug_sheet
from officina.drugs import opioids
from officina.drugs.equivalents import Cost, product_by_code
from officina.drugs.rules.substitution import DAW
from officina.kernel import clock
from officina.kernel.errors import ParseError, Refused
from officina.kernel.quantity import written
from officina.labels import tallman


@click.command(short_help="One medicine by its NDC: packages, code, prices, notices.")
@click.argument("ndc")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")
def show(ndc: str, as_json: bool) -> None:
    """Everything that the drug file knows of NDC: packages with size and price, equivalence code, opioid factor,
    shortages and recalls.

    Exit status 1 where the drug file has no such NDC.
    """
    actor, on = _here()
    try:
        found = drug_sheet.sheet(actor, ndc, on=on)
    except (Refused, ParseError) as no:
        _refuse(no)
    told = _sheet(found)
    if as_json:
        house.answer(told)
        return
    click.echo(f"{told['tall_man']} {told['strength']} {told['form']}, {told['labeler']}")
    click.echo(
        f"Equivalence code: {told['te_code'] or 'none known'}. Schedule: {told['schedule'] or 'not controlled'}."
    )
    for package in told["packages"]:
        price = f"{package['per_unit']} {_per(package['price_unit'])}" if package["per_unit"] else "no price known"
        click.echo(f"  {package['ndc']}  {package['size'] or 'size not known'}  {price}")
    for name, said in (("Looks", told["looks"]), ("RxNorm", told["rxnorm_name"]), ("Kept apart", told["kept_apart"])):
        if said:
            click.echo(f"  {name}: {said}")
    for factor in found.factors:
        click.echo(f"  Morphine equivalents a day: {factor} ({_edition(factor)})")
    for right in told["protections"]:
        click.echo(f"  {right['kind']} {right['code']} until {right['until'] or 'a day not told'}")
    for notice in told["notices"]:
        click.echo(f"  {notice['kind']}: {notice['title']}. {notice['text']} {notice['link']}")


@click.command(short_help="What may be dispensed for an NDC, and why not the others.")
@click.argument("ndc")
@click.option("--daw", type=click.IntRange(0, 9), default=0, show_default=True, help="Product selection code.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")
def equivalents(ndc: str, daw: int, as_json: bool) -> None:
    """What may be dispensed where NDC was written, by the codes of the Orange Book, with stock and price; and why not the rest.

    What could not be joined to a row of the Orange Book is "not known": it is never guessed. Exit status 1 where the drug file has
    no such NDC.
    """
    actor, on = _here()
    try:
        product, _ = product_by_code(ndc)
        found = drug_sheet.alternatives(actor, product, on=on, daw=daw)
    except (Refused, ParseError) as no:
        _refuse(no)
    counts = {"not_known": found.found.not_known, "other_strengths": found.found.other_strengths}
    allowed, excluded = [_line(x) for x in found.allowed], [_line(x) for x in found.excluded]
    if as_json:
        house.answer({"daw": daw, "daw_means": DAW[daw], **counts, "allowed": allowed, "excluded": excluded})
        return
    for title, lines in (("May be dispensed:", allowed), ("May not:", excluded)):
        click.echo(title)
        for line in lines:
            click.echo(_told(line))
    click.echo(f"{counts['not_known']} not known, {counts['other_strengths']} of other strengths not shown.")


def _here() -> tuple[Actor, date]:
    house.migrate()
    actor = base.setup_actor(house.site().pk)
    return actor, actor.day(clock.now())


def _refuse(no: Exception) -> Any:
    click.echo(str(no), err=True)
    sys.exit(1)


def _sheet(found: drug_sheet.Sheet) -> dict[str, Any]:
    drug, own = found.product.drug, found.alternatives.found.written
    return {
        "name": found.product.brand_name or drug.generic_name,
        "tall_man": tallman.display(found.product.brand_name or drug.generic_name),
        "generic_name": drug.generic_name,
        "strength": drug.strength,
        "form": drug.form,
        "route": drug.route,
        "labeler": found.product.labeler,
        "schedule": found.schedule,
        "classes": found.product.classes,
        "application": found.product.application,
        "te_code": own.te_code,
        "orange_book": _row(own.sold.approved),
        "rxcui": found.particulars.rxcui,
        "rxnorm_name": found.particulars.rxnorm_name,
        "looks": found.particulars.looks,
        "kept_apart": found.particulars.apart,
        "protections": [asdict(p) for p in found.particulars.protections],
        "morphine_factors": [
            asdict(f) | {"factor": written(f.factor) if f.factor is not None else None} for f in found.factors
        ],
        "asked_for": found.package.ndc if found.package else None,
        "packages": [_package(p, found.costs.get(p.pk)) for p in found.packages],
        "prices": [{"since": p.since, "per_unit": str(p.per_unit), "unit": p.unit} for p in found.prices],
        "notices": [
            {
                "kind": n.kind,
                "title": n.title,
                "text": n.text,
                "who": n.who,
                "on": n.on,
                "link": n.link,
                "ended": n.ended,
            }
            for n in found.notices
        ],
    }


def _row(approved: Any) -> dict[str, str] | None:
    """The row of the Orange Book that it is; None where that is not known."""
    number = getattr(approved, "product_number", "")
    return {"application": approved.application, "product_number": number} if number else None


def _edition(factor: opioids.Factor) -> str:
    day = f"list of {factor.edition}" if factor.edition else f"brought in on {factor.loaded_on}"
    return f"CDC guideline of {factor.guideline}; {factor.source}, {day}"


def _package(package: Any, cost: Any) -> dict[str, Any]:
    known = cost if isinstance(cost, Cost) else None
    return {
        "ndc": package.ndc,
        "size": f"{written(package.size)} {package.unit}" if package.size is not None else None,
        "why_no_size": package.unsized,
        "per_unit": str(known.per_unit) if known else None,
        "price_unit": known.unit if known else None,
        "price_since": known.since if known else None,
        "price_source": known.source if known else None,
        "ended_on": package.ended_on,
    }


def _line(line: drug_sheet.Line) -> dict[str, Any]:
    offer = line.offer
    return {
        "name": offer.sold.name,
        "labeler": offer.sold.labeler,
        "strength": offer.sold.strength,
        "form": offer.sold.form,
        "te_code": offer.te_code,
        "ndcs": [p.package.ndc for p in offer.packages],
        "on_hand": written(line.on_hand),
        "per_unit": str(line.per_unit) if line.per_unit is not None else None,
        "reason": offer.verdict.reason.value,
        "sentence": offer.verdict.sentence,
        "cautions": list(offer.verdict.cautions),
    }


def _told(line: dict[str, Any]) -> str:
    price = f"{line['per_unit']} a unit" if line["per_unit"] else "no price known"
    said = " ".join((line["sentence"], *line["cautions"]))
    name = tallman.display(line["name"])
    return f"  {name} {line['strength']} {line['form']}, {line['labeler']}; {line['on_hand']} on hand; {price}. {said}"


def _per(unit: str) -> str:
    """'each', 'a tablet', 'a mL'."""
    return unit if unit == "each" else f"a {unit}"
