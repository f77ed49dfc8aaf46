"""The `officina` command: what an owner, a technician or an interface engineer types."""

import os
import sys
from importlib import import_module

import click
import django

COMMANDS = {
    "demo": "demo:demo",
    "receive": "receive:receive",
    "refill": "refill:refill",
    "sync": "sync:sync",
    "check": "check:check",
    "label": "label:label",
    "law": "law:law",
    "sig": "sig:sig",
    "sig-codes": "sig_codes:sig_codes",
    "pseudoephedrine": "pseudoephedrine:pseudoephedrine",
    "days-supply": "days_supply:days_supply",
    "serve": "serve:serve",
    "worker": "worker:worker",
    "seal": "worker:seal",
    "backup": "archive:backup",
    "restore": "archive:restore",
    "export": "archive:export",
    "import": "archive:import_",
    "open": "pharmacy:open_pharmacy",
    "add-person": "pharmacy:add_person",
    "set-password": "pharmacy:set_password",
    "switch-off": "pharmacy:switch_off",
    "reset-second-factor": "pharmacy:reset_second_factor",
    "ask-second-factor": "pharmacy:ask_second_factor",
    "drugs": "drugs:drugs",
    "patients": "patients:patients",
}
"""Where each command stands: module of this package, name in it."""


class Commands(click.Group):
    """Reads a command's module when it is asked for: nobody waits for what they did not ask for, and rows exist only by then."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"officina.cli.{module}"), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
    try:
        " ".join(sys.argv).encode()
    except UnicodeEncodeError:
        click.echo("A word of the command is not written in UTF-8. Nothing was done.", err=True)
        sys.exit(2)
    _read_settings()
    django.setup()
    officina(prog_name="officina")
