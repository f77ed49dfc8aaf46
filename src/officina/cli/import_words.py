"""How an import is shown while it runs, and told when it is done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from officina.drugs.services import Imported


@contextmanager
def progress(*, hidden: bool) -> Iterator[Callable[[str, int], None]]:
    """A bar for each source; what it yields hears the title and the rows so far."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} rows"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=hidden or not console.is_terminal) as bar:
        tasks = {}

        def tell(title: str, count: int) -> None:
            if title not in tasks:
                tasks[title] = bar.add_task(title, total=None)
            bar.update(tasks[title], completed=count)

        yield tell


def told(one: Imported) -> str:
    """What came of one file, in a sentence."""
    head = f"{one.title}, {one.name}"
    if one.is_same:
        return f"{head}: these very bytes are in the drug file already."
    parts = [
        f"{c.rows:,} {c.name} rows ({c.added:,} new, {c.changed:,} changed, {c.ended:,} ended)" for c in one.changes
    ]
    unread = f"; lines not read and left out: {one.unread:,}" if one.unread else ""
    joined = f"; medicines that stood twice and are one now: {one.joined:,}" if one.joined else ""
    return f"{head}: {', '.join(parts)}{unread}{joined}."
