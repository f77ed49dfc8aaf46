"""The `officina` command: what an owner, a technician or an interface engineer types."""

import os
import sys
from importlib import import_module

import click
import django


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="officina", message="Officina %(version)s")
def officina() -> None:
    """Officina, the open pharmacy system.

    OFFICINA_HOME is where the database and files are kept; OFFICINA_DATABASE_URL points to PostgreSQL instead of the
    embedded SQLite. Exit status: 0 all well, 1 something refused or wrong, 2 usage.
    """


def _read_settings() -> None:
    """Read the settings; exit 1 in words where a folder or a value in the environment cannot be used."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "officina.project.settings")
    try:
        import_module(os.environ["DJANGO_SETTINGS_MODULE"])
    except OSError as no:
        click.echo(
            f"The home of the house cannot be used: {no.filename}: {no.strerror}. "
            "Set OFFICINA_HOME to a folder that this user may write to.",
            err=True,
        )
        sys.exit(1)
    except ValueError as no:
        click.echo(f"A setting in the environment (OFFICINA_…) cannot be read: {no}.", err=True)
        sys.exit(1)


def main() -> None:
    """Set the house up, then do what was asked."""
    _read_settings()
    django.setup()
    # The commands reach rows, which exist only once the house is set up.
    from officina.cli import archive, check, demo, drugs, label, pharmacy, receive, serve, worker

    for command in (
        demo.demo,
        receive.receive,
        check.check,
        label.label,
        serve.serve,
        worker.worker,
        worker.seal,
        archive.backup,
        archive.restore,
        archive.export,
        archive.import_,
        pharmacy.open_pharmacy,
        pharmacy.add_person,
        pharmacy.set_password,
        pharmacy.switch_off,
        pharmacy.reset_second_factor,
        pharmacy.ask_second_factor,
        drugs.drugs,
    ):
        officina.add_command(command)
    officina(prog_name="officina")
