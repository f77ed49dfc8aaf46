"""Run every measurement in the database that the environment names; one JSON object a line on standard output."""

import importlib
import pkgutil
import sys
from dataclasses import asdict

import django
import msgspec
from django.core.management import call_command

import bench


def main() -> None:
    """Each module `bench.measure_…` yields its figures from `figures()`."""
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    names = sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if module.name.startswith("measure_"))
    for name in [n for n in names if not sys.argv[1:] or n.removeprefix("measure_") in sys.argv[1:]]:
        for figure in importlib.import_module(f"bench.{name}").figures():
            print(msgspec.json.encode(asdict(figure)).decode(), flush=True)


if __name__ == "__main__":
    main()
