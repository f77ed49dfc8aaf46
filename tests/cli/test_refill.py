"""`officina refill`: by number from the command line, each number with its own answer."""

import json

import pytest

from cli.test_program import sql
from houses import officina


@pytest.fixture
def number(played):
    """A prescription of the played day that was handed over long enough ago, with refills left."""
    env, _ = played
    ((found,),) = sql(
        env,
        "SELECT rx.number FROM prescriptions_prescription rx JOIN dispensing_fill f ON f.prescription_id = rx.id "
        "WHERE f.state = 'sold' AND f.kind = 'first' AND rx.refills > 0 AND rx.schedule = 0 "
        "AND NOT EXISTS (SELECT 1 FROM dispensing_fill g WHERE g.prescription_id = rx.id AND g.id <> f.id) "
        "ORDER BY rx.id LIMIT 1",
    )
    sql(env, f"UPDATE prescriptions_prescription SET supply_from = '2026-01-05' WHERE number = '{found}'")
    return found


def asked(env, run, *arguments):
    done = run(env, "refill", "--json", *arguments)
    return done.returncode, json.loads(done.stdout)["refills"]


def test_each_number_has_its_answer_and_a_list_sent_twice_is_done_once(played, run, number):
    env, _ = played
    status, (one,) = asked(env, run, "--check", number)
    assert (status, one["status"]) == (0, "may be refilled")
    status, answers = asked(env, run, "--key", "night-1", number, "7654321", "hello")
    assert status == 1
    assert [a["status"] for a in answers] == ["refilled", "refused", "refused"]
    assert answers[0]["fill"].startswith("F")
    status, (one,) = asked(env, run, number)
    assert (status, one["code"]) == (1, "under_way")
    assert answers[0]["fill"] in one["reason"]
    assert json.loads(officina(env, "check", "--json"))["ok"]


def test_it_is_told_in_words_too(played, run):
    env, _ = played
    done = run(env, "refill", "12")
    assert done.returncode == 1
    assert "is no number of this pharmacy" in done.stdout
    assert run(env, "refill").returncode == 2
