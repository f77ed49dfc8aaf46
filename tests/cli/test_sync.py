"""`officina sync` and `officina refill --due`: shown first, started once, each with its answer, in a real house."""

import json
import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cli.test_program import sql
from houses import officina
from officina.kernel.quantity import QUANTITY_PLACES


def today():
    """The day at the demonstration's site."""
    return datetime.now(ZoneInfo("America/Chicago")).date()


@pytest.fixture
def order(played):
    """Prescription and patient of something that was counted into a vial, is used every day, and runs out in three days."""
    env, _ = played
    since, until = today() - timedelta(days=27), today() + timedelta(days=2)
    ((rx, number, patient, quantity),) = sql(
        env,
        "SELECT rx.id, rx.number, p.number, rx.quantity FROM prescriptions_prescription rx JOIN dispensing_fill f ON f.prescription_id = rx.id "
        "JOIN patients_patient p ON p.id = rx.patient_id JOIN drugs_drug d ON d.id = rx.drug_id "
        "WHERE f.state = 'sold' AND f.kind = 'first' AND rx.refills > 1 AND rx.schedule = 0 AND rx.is_active AND d.unit IN ('tablet', 'capsule') "
        "AND rx.days_supply = 30 AND rx.directions LIKE 'Take 1 %' AND rx.directions NOT LIKE '%needed%' "
        "AND NOT EXISTS (SELECT 1 FROM dispensing_fill g WHERE g.prescription_id = rx.id AND g.id <> f.id) ORDER BY rx.id DESC LIMIT 1",
    )
    sql(env, f"UPDATE prescriptions_prescription SET supply_from = '{since}', supply_until = '{until}' WHERE id = {rx}")
    return rx, number, patient, quantity // 10**QUANTITY_PLACES


def told(env, run, *arguments):
    done = run(env, *arguments, "--json")
    return done.returncode, json.loads(done.stdout)


def test_the_working_is_shown_and_the_fill_started_once_the_patient_has_agreed(played, run, order):
    env, _ = played
    _, number, patient, whole = order
    day = (today() + timedelta(days=15)).isoformat()
    status, shown = told(env, run, "sync", patient, "--on", day)
    assert status == 0
    line = next(one for one in shown["medicines"] if one["number"] == number)
    assert (line["status"], line["days_left"], line["days"]) == ("may be started", 3, 12)
    assert line["quantity"] == str(whole * 12 // 30)
    assert "12 days" in " ".join(line["working"])
    done = run(env, "sync", patient, "--on", day, "--start")
    assert done.returncode == 1
    assert "Say who agreed" in done.stderr
    status, started = told(
        env, run, "sync", patient, "--on", day, "--start", "--agreed-by", "Somebody", "--how", "writing"
    )
    line = next(one for one in started["medicines"] if one["number"] == number)
    assert (status, line["status"]) == (0, "started")
    status, again = told(env, run, "sync", patient)
    line = next(one for one in again["medicines"] if one["number"] == number)
    assert (again["on"], again["agreed"]) == (day, day)
    assert (line["status"], line["code"]) == ("cannot be brought", "under_way")
    assert json.loads(officina(env, "check", "--json"))["ok"]


def test_what_cannot_be_is_said_in_words(played, run, order):
    env, _ = played
    assert "There is no patient P9 here." in run(env, "sync", "P9").stderr
    assert "Choose a day after today" in run(env, "sync", order[2], "--on", "2020-01-01").stderr
    assert run(env, "sync").returncode == 2
    shown = run(env, "sync", order[2])
    assert shown.returncode == 0
    assert "3 days left" in shown.stdout


def test_what_falls_due_on_consent_is_started_once(played, run, order):
    env, _ = played
    rx, number, *_ = order
    assert told(env, run, "refill", "--due") == (0, {"refills": []})
    sql(
        env,
        "INSERT INTO prescriptions_refillconsent (site_id, code, prescription_id, given_at, given_by, how, taken_by_id, taken_by, "
        "ending, ended_by, ended_how, ended_why) "
        f"SELECT site_id, '{uuid.uuid4() if 'OFFICINA_DATABASE_URL' in env else uuid.uuid4().hex}', id, '{today()} 12:00:00', 'Somebody', 'telephone', 1, 'Tess', '', '', '', '' "
        f"FROM prescriptions_prescription WHERE id = {rx}",
    )
    due_on = (today() + timedelta(days=3)).isoformat()
    status, checked = told(env, run, "refill", "--due", "--check")
    assert (status, checked["refills"]) == (
        0,
        [{"number": number, "due_on": due_on, "status": "may be refilled", "fill": "", "code": "", "reason": ""}],
    )
    status, done = told(env, run, "refill", "--due")
    assert (status, [one["status"] for one in done["refills"]]) == (0, ["refilled"])
    assert told(env, run, "refill", "--due") == (0, {"refills": []})
    assert json.loads(officina(env, "check", "--json"))["ok"]


def test_numbers_and_what_falls_due_are_two_questions(played, run):
    env, _ = played
    for wrong in (("refill",), ("refill", "--due", "1000028"), ("refill", "1000028", "--on", "2026-12-01")):
        assert run(env, *wrong).returncode == 2
