"""`officina days-supply`: how many days a quantity lasts by its directions, or what lasts so many days, with the working."""

import sys
from fractions import Fraction
from typing import Any

import click
import msgspec

from officina.dosing import days_supply as supply
from officina.dosing import holding, sig, supply_facts
from officina.dosing.dosage import Amount, number
from officina.dosing.holding import Holds, one
from officina.dosing.supply_facts import Medicine
from officina.kernel.errors import ParseError


@click.command("days-supply", short_help="Count the days that a quantity lasts.")
@click.argument("text")
@click.option("--quantity", help="What is dispensed, such as '5 mL' or '60 tablets'.")
@click.option("--for-days", type=click.IntRange(1, 3660), help="Count the quantity for so many days instead.")
@click.option("--medicine", default="", help="Name and form, to find its package among the known ones.")
@click.option("--strength", default="", help="Such as '10 mg' or '400 mg/5 mL'.")
@click.option("--units-per-ml", help="Units in 1 mL, of an insulin 100 for the most part.")
@click.option("--drops-per-ml", help="Drops in 1 mL; 20 where nothing is said.")
@click.option("--package", help="What one package holds, such as '3 mL'.")
@click.option("--packages", type=click.IntRange(1, 1000), help="How many packages are dispensed.")
@click.option("--holds", multiple=True, help="Any other fact, such as '1 inhaler = 200 puffs'.")
@click.option("--priming", help="Units let out before each injection.")
@click.option("--discard-days", type=click.IntRange(1, 3660), help="Days until an opened package is thrown away.")
@click.option("--single-use", is_flag=True, help="A package is opened for one dose; the rest is thrown away.")
@click.option("--json", "as_object", is_flag=True, help="Print the result as one JSON object.")
def days_supply(text: str, *, as_object: bool, **given: Any) -> None:
    """Count how many days a quantity lasts by the directions TEXT.

    The working is printed line by line. What cannot be counted is told with
    the reason; nothing is guessed. Exit 1 then.
    """
    try:
        told = answer(text, **given)
    except ParseError as no:
        raise click.UsageError(str(no)) from None
    if as_object:
        click.echo(msgspec.json.encode(told).decode())
    else:
        _tell(told)
    sys.exit(0 if told["days"] is not None else 1)


def answer(text: str, *, quantity: str | None, for_days: int | None, **given: Any) -> dict[str, Any]:
    """The answer in plain JSON values. ParseError where a number or a unit is none."""
    read = sig.read(text)
    have = _quantity(quantity, given) if for_days is None or quantity or given["packages"] else None
    medicine = _medicine(have or one(1, ""), given)
    if read.dosage is None:
        means = f" It may mean {', or '.join(read.readings)}." if read.readings else ""
        result = supply.Result(None, why_not=f"The directions are not understood: {read.place}.{means}")
    elif for_days is not None:
        result = supply.quantity_for(read.dosage, for_days, medicine, have.unit if have else "")
    else:
        result = supply.of(read.dosage, have or one(1, ""), medicine)
    return _plain(text, result, medicine)


def _quantity(quantity: str | None, given: dict[str, Any]) -> Amount:
    if quantity:
        return holding.amount(quantity)
    if given["package"] and given["packages"]:
        return one(given["packages"], "package")
    raise ParseError("quantity", expected="--quantity, or --package with --packages", got="")


def _medicine(have: Amount, given: dict[str, Any]) -> Medicine:
    """The facts as given; what the packs know is added where nothing else was said."""
    facts: list[Holds] = [holding.holds(text) for text in given["holds"]]
    package = holding.amount(given["package"]) if given["package"] else None
    if package is not None:
        container = have.unit if have.unit not in (package.unit, "", "each") else "package"
        facts.append(Holds(one(1, container), package))
    if given["units_per_ml"]:
        facts.append(Holds(one(1, "mL"), one(_number(given["units_per_ml"]), "unit")))
    if given["strength"]:
        of = have.unit if have.unit not in ("", "each", "package", "mL", "g") else "tablet"
        strength = holding.strength(given["strength"], of)
        if not strength:
            raise ParseError("strength", expected="such as 10 mg or 400 mg/5 mL", got=given["strength"])
        facts += strength
    medicine = Medicine(
        holds=tuple(facts),
        drops_per_ml=_number(given["drops_per_ml"]) if given["drops_per_ml"] else None,
        priming=_number(given["priming"]) if given["priming"] else Fraction(0),
        discard_days=given["discard_days"] or 0,
        opened=package,
        single_use=package if given["single_use"] else None,
    )
    return supply_facts.known(medicine, given["medicine"], have) if given["medicine"] else medicine


def _number(text: str) -> Fraction:
    return holding.amount(text).high


def _plain(text: str, result: supply.Result, medicine: Medicine) -> dict[str, Any]:
    quantity = result.quantity
    return {
        "text": text,
        "days": result.days,
        "quantity": {
            "number": number(quantity.high, parts=False),
            "unit": quantity.unit,
            "text": holding.said(quantity),
        }
        if quantity
        else None,
        "working": list(result.working),
        "notes": list(result.notes),
        "others": [{"days": other.days, "because": other.because} for other in result.others],
        "why_not": result.why_not or None,
        "sources": list(medicine.sources),
    }


def _tell(told: dict[str, Any]) -> None:
    if told["days"] is None:
        click.echo(f"cannot be counted\n  {told['why_not']}")
        return
    click.echo(f"{told['quantity']['text']} for {told['days']} days" if told["quantity"] else f"{told['days']} days")
    for step in told["working"]:
        click.echo(f"  {step}")
    for other in told["others"]:
        click.echo(f"  or {other['days']} days, {other['because']}")
    for note in told["notes"]:
        click.echo(f"  note: {note}")
    for source in told["sources"]:
        click.echo(f"  from: {source} (not reviewed by a pharmacist)")
