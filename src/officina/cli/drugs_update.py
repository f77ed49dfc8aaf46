"""`officina drugs update`: fetch the official lists from their addresses, and bring in what changed."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from django.conf import settings
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TransferSpeedColumn

from officina.base import queries as base
from officina.base.access import Actor
from officina.cli import house
from officina.cli.import_words import progress, told
from officina.drugs import fetching, queries, services
from officina.drugs.fetching import Order
from officina.drugs.services import Imported, Origin
from officina.kernel import clock
from officina.kernel.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How an update was asked for."""

    source: str
    url: str
    """From where instead of the address of the pack; empty for that."""
    folder: Path
    keep: bool
    accept_shrink: bool
    hidden: bool
    """No progress is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """What came of one source."""

    source: str
    url: str
    outcome: str
    """`imported`, `unchanged` or `refused`."""
    told: str
    imported: Imported | None = None


@click.command(short_help="Fetch official lists from their addresses and bring them in.")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--from", "url", default="", help="Fetch the one SOURCE from this URL instead.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the files in this folder; else they are thrown away once they are in the drug file.",
)
@click.option("--accept-shrink", is_flag=True, help="Accept a list in which more than a tenth has gone.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object: sources, each with its outcome.")
def update(sources: tuple[str, ...], url: str, keep: Path | None, accept_shrink: bool, as_json: bool) -> None:
    """Fetch SOURCES, or all of them, from their official addresses and bring in what changed.

    Each source comes in whole or not at all; one that fails leaves the others alone. A file that was cut is gone on with at the
    next run. A list that did not change since it was fetched is not fetched again. Exit status 1 where a source failed.
    """
    house.migrate()
    actor = base.setup_actor(house.site().pk)
    try:
        wanted = _wanted(sources, url)
    except Refused as no:
        click.echo(str(no), err=True)
        sys.exit(1)
    done = []
    for key in wanted:
        asked = Asked(
            source=key,
            url=url,
            folder=keep or Path(settings.HOME) / "downloads",
            keep=keep is not None,
            accept_shrink=accept_shrink,
            hidden=as_json,
        )
        done.append(_update(actor, asked))
        if not as_json:
            click.echo(done[-1].told, err=done[-1].outcome == "refused")
    if as_json:
        house.answer({"sources": [asdict(one) for one in done]})
    if any(one.outcome == "refused" for one in done):
        sys.exit(1)


def _wanted(sources: tuple[str, ...], url: str) -> list[str]:
    """The sources that are asked for; Refused where one is none, or is a page from which a person types."""
    if url and len(sources) != 1:
        raise Refused("one_source", "--from is for exactly one source: officina drugs update nadac --from URL")
    for key in sources:
        row = queries.address(key)
        if row.by_hand and not url:
            raise Refused("by_hand", f"{queries.title_of(key)} is a page, not a file. {row.mend}")
    return list(dict.fromkeys(sources)) or queries.fetchable()


def _update(actor: Actor, asked: Asked) -> Updated:
    title, url = queries.title_of(asked.source), asked.url or queries.address(asked.source).url
    try:
        done = _fetched_and_imported(actor, asked)
    except Refused as no:
        return Updated(source=asked.source, url=url, outcome="refused", told=f"{title}: {no}")
    if done is None or done.is_same:
        return Updated(
            source=asked.source, url=url, outcome="unchanged", told=f"{title}: unchanged since it was fetched."
        )
    return Updated(source=asked.source, url=url, outcome="imported", told=told(done), imported=done)


def _fetched_and_imported(actor: Actor, asked: Asked) -> Imported | None:
    """What came in; None where the server has nothing new."""
    order = _order(asked)
    with _bytes(queries.title_of(asked.source), hidden=asked.hidden) as tell:
        came = fetching.fetch(order, asked.folder, tell=tell)
    at = clock.now()
    if came is None:
        services.confirm(actor, key=asked.source, at=at)
        return None
    try:
        with progress(hidden=asked.hidden) as tell_rows:
            return services.import_fetched(
                actor,
                key=asked.source,
                path=came.path,
                origin=Origin(address=order.url, etag=came.etag, modified=came.modified),
                at=at,
                accept_shrink=asked.accept_shrink,
                tell=tell_rows,
            )
    finally:
        if not asked.keep:
            came.path.unlink(missing_ok=True)


def _order(asked: Asked) -> Order:
    row, before = queries.address(asked.source), queries.fetched(asked.source)
    url = asked.url or row.url
    _, etag, modified = before if before and before[0] == url else ("", "", "")
    return Order(
        key=asked.source,
        url=url,
        largest=row.largest_mb * 1_000_000,
        hosts=row.hosts,
        names_file=row.names_file and not asked.url,
        etag=etag,
        modified=modified,
    )


@contextmanager
def _bytes(title: str, *, hidden: bool) -> Iterator[Callable[[int, int | None], None]]:
    """A bar of the bytes that came."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=hidden or not console.is_terminal) as bar:
        task = bar.add_task(f"{title}, fetching", total=None)
        yield lambda so_far, of: bar.update(task, completed=so_far, total=of)
