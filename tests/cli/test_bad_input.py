"""What cannot be done is told in a sentence: never a traceback, never a half-made thing."""

import os
import socket

import pytest

COMMANDS = ("demo", "receive", "check", "label", "serve", "worker", "seal", "open", "add-person")
COMMANDS += ("set-password", "switch-off", "refill", "reset-second-factor", "ask-second-factor", "drugs")
COMMANDS += ("sig", "days-supply", "backup", "restore", "export", "import", "law")
COMMANDS += ("patients", "pseudoephedrine", "sig-codes", "sync")
PERSON = ("--name", "Ada Park", "--initials", "AP", "--password", "correct horse", "--pin", "2468")


@pytest.fixture
def bare_env(tmp_path):
    """A home where nothing is, and no database of its own: for what must be refused before one is reached."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("OFFICINA_", "DJANGO_"))}
    return env | {"OFFICINA_HOME": str(tmp_path / "home")}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_its_options(bare_env, command, run):
    told = run(bare_env, command, "--help")
    assert told.returncode == 0
    assert told.stdout.startswith(f"Usage: officina {command}")
    assert "--help" in told.stdout


def test_the_list_of_commands_tells_each_in_a_whole_sentence(bare_env, run):
    told = run(bare_env | {"COLUMNS": "80"}, "--help").stdout
    listed = [line for line in told.partition("Commands:\n")[2].splitlines() if line]
    assert [line for line in listed if not line.endswith(".") or line.endswith("...")] == []
    assert {line.split()[0] for line in listed} == set(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["receive"], "Missing argument"),
        (["receive", "no-such-file.xml"], "'no-such-file.xml' does not exist"),
        (["receive", "."], "is a directory"),
        (["label", "1000015"], "Missing option"),
        (["label", "1000015", "--format", "gif", "-o", "x"], "'gif' is not one of"),
        (["demo", "--prescriptions", "0"], "0 is not in the range"),
        (["serve", "--port", "70000"], "70000 is not in the range"),
        (["open"], "Missing option '--name'"),
        (["open", "--name", " "], "it is empty"),
        (["open", "--name", "Elm", "--state", "Wisconsin"], "not the two letters of a state"),
        (["open", "--name", "Elm", "--zone", "Mars/Base"], "'Mars/Base' is no time zone"),
        (["add-person", "ada", *PERSON[:-1], "12", "--role", "owner"], "4 to 8 digits"),
        (["add-person", "ada", *PERSON[:-1], "١٢٣٤", "--role", "owner"], "4 to 8 digits"),
        (
            ["add-person", "ada", *PERSON, "--role", "owner", "--licence", "plumber", "1", "2027-01-01"],
            "'plumber' is no kind of licence",
        ),
        (
            ["add-person", "ada", *PERSON, "--role", "owner", "--licence", "pharmacist", "1", "tomorrow"],
            "'tomorrow' is no day",
        ),
        (["law", "refills", "--schedule", "CI", "--written", "2026-05-15"], "'CI' is not one of"),
        (["law", "refills", "--schedule", "CIII", "--written", "2026-02-30"], "does not match the format"),
        (["law", "pseudoephedrine", "--salt", "hcl", "--mg", "none"], "'none' is no amount"),
        (
            ["law", "pseudoephedrine", "--salt", "hcl", "--mg", "30", "--bought", "yesterday"],
            "'yesterday' is no purchase",
        ),
        (
            ["law", "partial", "--schedule", "CII", "--case", "unable", "--zone", "Mars/Base"],
            "'Mars/Base' is no time zone",
        ),
        (["dispense"], "No such command 'dispense'"),
    ],
    ids=lambda value: " ".join(value)[:48] if isinstance(value, list) else None,
)
def test_a_wrong_usage_says_what_is_wrong(bare_env, arguments, words, said_no):
    assert words in said_no(bare_env, *arguments, status=2)


def test_a_mistyped_number_is_told_from_an_unknown_one(bare_env, tmp_path, said_no):
    label = tmp_path / "label.zpl"
    rest = ("--format", "zpl", "-o", label)
    assert "check digit" in said_no(bare_env, "label", "1000013", *rest, status=1)
    assert "something else" in said_no(bare_env, "label", "V10008", *rest, status=1)
    assert "There is no fill or prescription 1000015" in said_no(bare_env, "label", "1000015", *rest, status=1)
    assert not label.exists()


@pytest.mark.parametrize("given", ["soon", "-5", "0", "600.5", "٦"])
def test_an_idle_lock_that_is_no_number_of_seconds_is_named(bare_env, given, said_no):
    said = said_no(bare_env | {"OFFICINA_IDLE_LOCK_SECONDS": given}, "check", status=1)
    assert "OFFICINA_IDLE_LOCK_SECONDS: expected a number of seconds" in said


def test_a_home_that_is_a_file_is_named(bare_env, tmp_path, said_no):
    (tmp_path / "file").write_text("not a folder")
    said = said_no(bare_env | {"OFFICINA_HOME": str(tmp_path / "file")}, "check", status=1)
    assert str(tmp_path / "file") in said
    assert "Set OFFICINA_HOME" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_may_not_be_written_is_named(bare_env, tmp_path, said_no):
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "Set OFFICINA_HOME" in said_no(bare_env | {"OFFICINA_HOME": str(tmp_path / "locked")}, "check", status=1)


def test_a_file_that_is_no_database_is_named(bare_env, tmp_path, said_no):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "officina.sqlite3").write_text("a shopping list, and by no means a database")
    said = said_no(bare_env, "check", status=1)
    assert "file is not a database" in said
    assert "officina.sqlite3" in said


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://nobody:hush-hush@127.0.0.1:1/nowhere", "database nowhere, user nobody"),
        ("postgresql://nobody:hush-hush@127.0.0.1:port/nowhere", "OFFICINA_"),
        ("mysql://127.0.0.1/nowhere", "expected postgresql://"),
    ],
)
def test_a_database_that_cannot_be_reached_is_named_without_its_password(bare_env, url, words, said_no):
    said = said_no(bare_env | {"OFFICINA_DATABASE_URL": url}, "check", status=1)
    assert words in said
    assert "hush-hush" not in said


def test_a_port_that_is_taken_is_told_before_anything_starts(bare_env, said_no):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = said_no(bare_env, "serve", "--port", port, status=1)
    assert f"127.0.0.1:{port}" in said
    assert "Choose another" in said


def test_nobody_is_added_where_there_is_no_pharmacy(bare_env, said_no):
    assert "no pharmacy here yet" in said_no(bare_env, "add-person", "ada", *PERSON, "--role", "owner", status=1)


def test_a_pharmacy_is_opened_once_and_a_username_given_once(house_env, run, said_no):
    assert "Elm Street is open" in run(house_env, "open", "--name", "Elm Street").stdout
    assert "already" in said_no(house_env, "open", "--name", "Elm Street", status=1)
    # Whoever types a capital here could otherwise never sign in.
    assert "works at Elm Street as owner" in run(house_env, "add-person", "Ada", *PERSON, "--role", "owner").stdout
    lost = said_no(house_env, "add-person", "bea", *PERSON, "--role", "technician", "--supervisor", "adda", status=1)
    assert "nobody named adda here to supervise" in lost
    assert "The name ada is taken" in said_no(house_env, "add-person", "ada", *PERSON, "--role", "owner", status=1)
    assert "no role 'boss'" in said_no(house_env, "add-person", "bo", *PERSON, "--role", "boss", status=1)
    assert "real pharmacy" in said_no(house_env, "demo", "--prescriptions", "1", "--no-serve", status=1)


def test_other_machines_are_not_let_in_under_a_name_that_nobody_told(bare_env, said_no):
    """Each of their requests would be answered with a bare 400."""
    env = {key: value for key, value in bare_env.items() if key != "OFFICINA_HOSTS"}
    assert "Set OFFICINA_HOSTS" in said_no(env, "serve", "--host", "0.0.0.0", "--port", "1", status=1)
