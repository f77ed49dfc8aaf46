"""What a database needs now and then to stay as quick as it was."""

from django.db import connection, transaction

SAMPLE = 10_000
"""So many rows of each index are looked at: half a second with a million fills, and writers wait for it."""


def count_rows() -> None:
    """Let the embedded database look at its tables anew: by what it finds it chooses the index for each question.

    PostgreSQL does that by itself. A house that never looked takes the patients of a day of birth for half of all patients.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit={SAMPLE}")
        with transaction.atomic():
            cursor.execute("ANALYZE")
