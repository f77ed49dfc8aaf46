"""The `officina` command: what an owner, a technician or an interface engineer types."""

import os

import click
import django


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="officina", message="Officina %(version)s")
def officina() -> None:
    """Officina, the open pharmacy system.

    OFFICINA_HOME is where the database and files are kept; OFFICINA_DATABASE_URL points to PostgreSQL instead of the
    embedded SQLite. Exit status: 0 all well, 1 something refused or wrong, 2 usage.
    """


def main() -> None:
    """Set the house up, then do what was asked."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "officina.project.settings")
    django.setup()
    # The commands reach rows, which exist only once the house is set up.
    from officina.cli import check, demo, label, pharmacy, receive, serve, worker

    for command in (
        demo.demo,
        receive.receive,
        check.check,
        label.label,
        serve.serve,
        worker.worker,
        worker.seal,
        pharmacy.open_pharmacy,
        pharmacy.add_person,
    ):
        officina.add_command(command)
    officina(prog_name="officina")
