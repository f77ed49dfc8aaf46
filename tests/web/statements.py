"""SQL statements of every page and act, held against a list that is checked in: whoever adds one sees it in the review.

On SQLite it is also asked how each is carried out: none may read through what grows with every day of work.

`OFFICINA_STATEMENTS=new pytest tests/web -p no:xdist` writes the list anew: the most that any test's successful request took.
"""

import os
import re
import tomllib
from collections import defaultdict
from pathlib import Path

from django.db import connection
from django.test import Client

from officina.base.statement import _marked

FILE = Path(__file__).with_name("statements.toml")
IS_NEW = os.environ.get("OFFICINA_STATEMENTS") == "new"
CONTROL = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")
_most: dict[str, int] = defaultdict(int)
_known: set[str] = set()
GROWING = (
    "dispensing_fill", "dispensing_fillstep", "dispensing_fillscan", "dispensing_fillpart", "dispensing_bag", "prescriptions_message",
    "prescriptions_prescription", "screening_screening", "screening_alert", "inventory_move", "base_auditentry", "base_donecommand",
)  # fmt: skip
SMALL = "USING (?:COVERING )?INDEX (?:fill_waiting|alert_stops)"
"""The indexes of what is open: to read one from end to end is to read what is open."""
THROUGH = re.compile(rf"SCAN (\w+)(?! {SMALL})|SEARCH (\w+) (?!{SMALL})USING .*\(site_id=\?\)")
"""How SQLite tells that it reads a table from end to end, or every row of a pharmacy."""
ALSO_CALLED = re.compile(
    rf'"?\b({"|".join(GROWING)})"? +(?:AS +)?"?(?!(?:ON|WHERE|INNER|LEFT|ORDER|GROUP|SET)\b)(\w+)"?'
)


def listed() -> dict[str, int]:
    """By page, or page and act: the most statements that it may take."""
    return tomllib.loads(FILE.read_text()) if FILE.exists() else {}


_LISTED = listed()


def name_of(answer) -> str:
    """'filling:work' for a page, 'filling:work scan' for an act of it."""
    request = answer.wsgi_request
    do = request.POST.get("do", "") if request.META["REQUEST_METHOD"] == "POST" else ""
    return f"{answer.resolver_match.view_name} {do}".strip()


class CountingClient:
    """Counts the statements of each request that went well, whole as the person waits for it."""

    real = Client.request

    def request(self, **environ):
        seen = []

        def count(execute, sql, params, many, context):
            if not sql.startswith(CONTROL):
                seen.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(count), connection.execute_wrapper(_no_reading_through):
            answer = CountingClient.real(self, **environ)
        if answer.status_code < 400 and getattr(answer, "resolver_match", None) is not None:
            name = name_of(answer)
            _most[name] = max(_most[name], len(seen))
            if not IS_NEW:
                assert name in _LISTED, f"{name} has no line in {FILE.name}; it took {len(seen)} statements"
                told = "\n".join(f"{n}. {sql[:160]}" for n, sql in enumerate(seen, 1))
                assert len(seen) <= _LISTED[name], (
                    f"{name} took {len(seen)} statements, {_LISTED[name]} listed:\n{told}"
                )
        return answer


def _no_reading_through(execute, sql, params, many, context):
    if connection.vendor == "sqlite" and sql not in _known and sql.startswith(("SELECT", "UPDATE", "DELETE")):
        _known.add(sql)
        for *_, how in connection.connection.execute(_marked(f"EXPLAIN QUERY PLAN {sql}"), params or ()).fetchall():
            # The newest row alone is read from the end.
            assert not reads_through(how, sql) or sql.endswith("DESC LIMIT 1"), f"{how}: {sql}"
    return execute(sql, params, many, context)


def reads_through(how: str, sql: str) -> bool:
    """Whether a line of SQLite's plan reads from end to end what grows with each day; a table is known by its other names, too."""
    found = THROUGH.match(how)
    if not found:
        return False
    name, is_by_site = found[1] or found[2], bool(found[2])
    tables = {table for table, other in ALSO_CALLED.findall(sql) if other == name} | {name}
    return bool(tables & ({"dispensing_fill"} if is_by_site else set(GROWING)))


def write() -> None:
    """Write the list anew."""
    lines = [f'"{name}" = {_most[name]}\n' for name in sorted(_most)]
    FILE.write_text(
        "# The most SQL statements that a page, or an act of it, may take; session and actor are three of them.\n"
        + "".join(lines)
    )
