"""Fill the house that the environment names with past fills: a day played through the services, then its copies over five years.

python -m bench.fill 100000 [prescriptions of the day]
"""

import sys

import django
from django.core.management import call_command
from rich.progress import Progress


def main() -> None:
    """Play the day and copy it."""
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    # Rows exist only once the house is set up.
    from bench import history

    fills, *day = map(int, sys.argv[1:])
    with Progress(transient=True) as bar:
        task = bar.add_task("past fills", total=fills)
        rows = history.played(*day).fill_up(fills, tick=lambda done, of: bar.update(task, completed=done, total=of))
    print(f"{fills:,} past fills, {rows:,} rows")


if __name__ == "__main__":
    main()
