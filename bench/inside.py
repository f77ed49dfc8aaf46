"""Run one measurement in the database that the environment names; one JSON object a line on standard output."""

import importlib
import sys
from dataclasses import asdict

import django
import msgspec
from django.core.management import call_command


def main() -> None:
    """The module `bench.measure_…` of that name yields its figures from `figures()`."""
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    for figure in importlib.import_module(f"bench.measure_{sys.argv[1]}").figures():
        print(msgspec.json.encode(asdict(figure)).decode(), flush=True)


if __name__ == "__main__":
    main()
