"""SQL statements of every page and act, held against a list that is checked in: whoever adds one sees it in the review.

`OFFICINA_STATEMENTS=new pytest tests/web -p no:xdist` writes the list anew: the most that any test's successful request took.
"""

import os
import tomllib
from collections import defaultdict
from pathlib import Path

from django.db import connection
from django.test import Client

FILE = Path(__file__).with_name("statements.toml")
IS_NEW = os.environ.get("OFFICINA_STATEMENTS") == "new"
CONTROL = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")
_most: dict[str, int] = defaultdict(int)


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

        with connection.execute_wrapper(count):
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


def write() -> None:
    """Write the list anew."""
    lines = [f'"{name}" = {_most[name]}\n' for name in sorted(_most)]
    FILE.write_text(
        "# The most SQL statements that a page, or an act of it, may take; session and actor are three of them.\n"
        + "".join(lines)
    )
