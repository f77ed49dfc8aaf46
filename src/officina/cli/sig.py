"""`officina sig`: written directions as structure and as label text in English and Spanish, or the place that nobody should guess."""

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from officina.dosing import label
from officina.dosing import sig as grammar
from officina.dosing.dosage import as_json, number


@click.command(short_help="Read written directions.")
@click.argument("text", nargs=-1)
@click.option(
    "--file", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="One direction a line."
)
@click.option("--json", "as_object", is_flag=True, help="Print the results as one JSON object.")
def sig(text: tuple[str, ...], path: Path | None, as_object: bool) -> None:
    """Read each TEXT as one direction: dose, times, place, label text.

    What has two readings is ambiguous and told with both; what is not
    understood is told with the place. Nothing is guessed.
    """
    typed = [*text, *(_lines(path) if path else [])]
    if not typed:
        raise click.UsageError("Give directions, or a file of them with --file.")
    results = [result(grammar.read(one)) for one in typed]
    if as_object:
        click.echo(msgspec.json.encode({"directions": results}).decode())
    else:
        for one in results:
            _tell(one)
    sys.exit(0 if all(one["status"] == "understood" for one in results) else 1)


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise click.UsageError(f"{path} cannot be read as text in UTF-8.") from None
    return [line.strip() for line in lines if line.strip()]


def result(read: grammar.Reading) -> dict[str, Any]:
    """One direction's answer in plain JSON values."""
    told: dict[str, Any] = {"text": read.typed, "status": read.status, "doses": [], "label": None, "per_day": None}
    told |= {"place": read.place or None, "readings": list(read.readings), "kept": []}
    if read.dosage:
        daily = read.dosage.per_day
        told["doses"] = [as_json(part) for part in read.dosage.parts]
        told["label"] = {"en": label.text(read.dosage), "es": label.text(read.dosage, "es") or None}
        told["per_day"] = (
            {"number": number(daily.high, parts=False), "unit": daily.unit, "text": label.amount(daily)}
            if daily
            else None
        )
        told["kept"] = list(read.dosage.kept)
    return told


def _tell(one: dict[str, Any]) -> None:
    click.echo(f"{one['text']}\n  {one['status'].replace('_', ' ')}")
    if one["place"]:
        click.echo(f"  at: {one['place']}")
    for reading in one["readings"]:
        click.echo(f"  may mean: {reading}")
    if one["label"]:
        click.echo(
            f"  English: {one['label']['en']}\n  Spanish: {one['label']['es'] or 'no translation of the reason'}"
        )
        most = one["per_day"]
        click.echo(f"  most a day: {most['text']}" if most else "  most a day: not said")
