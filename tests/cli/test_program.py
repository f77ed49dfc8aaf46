"""The program in a process of its own: what it answers, in which shape, with which exit status."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from houses import officina

MESSAGES = Path(__file__).resolve().parent.parent / "messages"
GOOD = MESSAGES / "ncpdp_script" / "newrx_metformin_2023011.xml"
BROKEN = MESSAGES / "ncpdp_script" / "broken.xml"
MAGIC = {"zpl": b"^XA", "pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n"}


def sql(env, *statements):
    """Run statements in the house's database behind the program's back; the rows of the last."""
    url = env.get("OFFICINA_DATABASE_URL")
    if url:
        with psycopg.connect(url) as connection:
            cursor = [connection.execute(s) for s in statements][-1]
            return cursor.fetchall() if cursor.description else []
    with closing(sqlite3.connect(Path(env["OFFICINA_HOME"]) / "officina.sqlite3")) as connection, connection:
        return [connection.execute(s) for s in statements][-1].fetchall()


def unprotect(env, table):
    if "OFFICINA_DATABASE_URL" in env:
        return f"ALTER TABLE {table} DISABLE TRIGGER USER", f"ALTER TABLE {table} ENABLE TRIGGER USER"
    (made,) = sql(env, f"SELECT sql FROM sqlite_master WHERE name = 'append_only_update_{table}'")
    return f"DROP TRIGGER append_only_update_{table}", made[0]


def problems(env):
    answer = json.loads(officina(env, "check", "--json", status=1))
    assert set(answer) == {"ok", "problems"}
    assert answer["ok"] is False
    return answer["problems"]


@pytest.fixture
def house(played):
    return played[0]


def test_the_demonstration_answers_one_json_object_with_all_its_counts(played):
    _, summary = played  # read as JSON from the whole of standard output
    assert {"received", "sold", "injected", "stopped", "ledger_differences", "seconds"} <= set(summary)
    assert summary["received"] >= 25
    assert summary["sold"] > 0
    assert summary["seconds"] > 0


def test_everything_planted_in_the_demonstration_was_stopped_kind_by_kind(played):
    _, summary = played
    assert summary["injected"] == summary["stopped"]
    assert sum(summary["injected"].values()) >= 10
    assert summary["ledger_differences"] == 0
    assert summary["problems"] == []


def test_a_house_in_which_a_day_was_played_is_sound(house):
    assert json.loads(officina(house, "check", "--json")) == {"ok": True, "problems": []}
    assert officina(house, "check") == "All well.\n"


def test_a_balance_that_was_tampered_with_is_named(house):
    ((row, lot, place, on_hand),) = sql(
        house, "SELECT id, lot_id, place_id, on_hand FROM inventory_balance ORDER BY id LIMIT 1"
    )
    try:
        sql(house, f"UPDATE inventory_balance SET on_hand = on_hand + 1000 WHERE id = {row}")
        (problem,) = problems(house)
        assert problem.startswith(f"ledger: lot {lot} at place {place} says")
        assert problem in officina(house, "check", status=1)
    finally:
        sql(house, f"UPDATE inventory_balance SET on_hand = {on_hand} WHERE id = {row}")


def test_a_changed_audit_entry_breaks_the_span_it_is_in_and_no_other(house):
    officina(house, "seal")
    spans = sql(house, "SELECT after_id, last_id, entries FROM base_auditseal ORDER BY id")
    after, last, entries = spans[0]
    lift, put_back = unprotect(house, "base_auditentry")
    ((entry, name),) = sql(
        house, f"SELECT id, name FROM base_auditentry WHERE id > {after} AND id <= {last} ORDER BY id LIMIT 1"
    )
    try:
        sql(house, lift, f"UPDATE base_auditentry SET name = 'Somebody Else' WHERE id = {entry}", put_back)
        (problem,) = problems(house)
        assert problem.startswith(f"audit entries {after + 1} to {last}: sealed as {entries}, found {entries}")
    finally:
        sql(house, lift, f"UPDATE base_auditentry SET name = '{name}' WHERE id = {entry}", put_back)
    officina(house, "check")


def test_an_audit_entry_cannot_be_changed_while_its_trigger_stands(house):
    with pytest.raises((sqlite3.Error, psycopg.Error), match="append-only"):
        sql(house, "UPDATE base_auditentry SET name = 'Somebody Else'")


def test_a_fill_that_says_another_state_than_its_steps_is_named(house):
    ((row, number),) = sql(house, "SELECT id, number FROM dispensing_fill WHERE state = 'bin' ORDER BY id LIMIT 1")
    try:
        sql(house, f"UPDATE dispensing_fill SET state = 'sold' WHERE id = {row}")
        assert f"fill {number} says sold, its steps say bin" in problems(house)
    finally:
        sql(house, f"UPDATE dispensing_fill SET state = 'bin' WHERE id = {row}")


@pytest.mark.parametrize("kind", MAGIC)
def test_a_label_is_written_in_the_form_that_was_asked_for(house, tmp_path, kind):
    ((fill, prescription),) = sql(
        house,
        "SELECT f.number, p.number FROM dispensing_fill f JOIN prescriptions_prescription p ON p.id = f.prescription_id "
        "WHERE f.state = 'sold' ORDER BY f.id LIMIT 1",
    )
    for asked in (fill, fill.lower(), prescription, f"RX{prescription}"):
        file = tmp_path / f"{asked}.{kind}"
        assert fill in officina(house, "label", asked, "--format", kind, "-o", str(file))
        assert file.read_bytes().startswith(MAGIC[kind])


def test_a_label_that_cannot_be_written_names_the_file(house, tmp_path, said_no):
    ((fill,),) = sql(house, "SELECT number FROM dispensing_fill WHERE state = 'sold' ORDER BY id LIMIT 1")
    nowhere = tmp_path / "no such folder" / "label.pdf"
    said = said_no(house, "label", fill, "--format", "pdf", "-o", nowhere, status=1)
    assert str(nowhere) in said
    assert "No such file or directory" in said


def test_receive_answers_one_result_a_file_and_1_where_one_was_refused(house_env, tmp_path):
    officina(house_env, "open", "--name", "Elm Street")
    first = json.loads(officina(house_env, "receive", "--json", str(GOOD)))
    assert set(first) == {"files"}
    (result,) = first["files"]
    assert {"file", "format", "status", "prescriptions", "reasons"} <= set(result)
    assert (result["file"], result["format"], result["status"]) == (str(GOOD), "ncpdp-script", "accepted")
    assert all(re.fullmatch(r"[1-9][0-9]+", number) for number in result["prescriptions"])
    assert len(result["prescriptions"]) == 1

    again = json.loads(officina(house_env, "receive", "--json", str(GOOD)))["files"]
    assert [r["status"] for r in again] == ["duplicate"]

    nonsense = tmp_path / "nonsense.txt"
    nonsense.write_text("no message at all")
    both = json.loads(officina(house_env, "receive", "--json", str(GOOD), str(BROKEN), str(nonsense), status=1))
    assert [(r["file"], r["status"]) for r in both["files"]] == [
        (str(GOOD), "duplicate"),
        (str(BROKEN), "refused"),
        (str(nonsense), "refused"),
    ]
    assert all(r["reasons"] for r in both["files"])

    text = officina(house_env, "receive", str(BROKEN), str(nonsense), status=1)
    assert f"{nonsense}: refused (unknown)" in text
    assert "unreadable: " in text


def test_receive_refuses_a_pharmacy_that_is_not_here(house_env, said_no):
    officina(house_env, "open", "--name", "Elm Street")
    said = said_no(house_env, "receive", "--site", "Oak Street", GOOD, status=1)
    assert "There is no pharmacy called 'Oak Street' here." in said
