"""`officina law`: the answer in words and as JSON, with the exit status of a yes or a no."""

import json

import pytest
from click.testing import CliRunner

from officina.cli.law import law


def asked(*words):
    return CliRunner().invoke(law, words)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["refills", "--schedule", "CIII", "--written", "2026-05-15"], 0, "Nov 15, 2026"),
        (["refills", "--schedule", "CII", "--written", "2026-05-15", "--refills", "1"], 1, "no refills"),
        (["refills", "--schedule", "CIV", "--written", "2026-05-15", "--refills", "5", "--fill", "5", "--on", "2026-11-16"], 1, "expired"),
        (["partial", "--schedule", "CII", "--case", "unable", "--first", "2026-11-20 14:30"], 0, "Nov 23, 2026, 14:30"),
        (["partial", "--schedule", "CII", "--case", "unable", "--first", "2026-11-20 14:30", "--at", "2026-11-23 14:31"], 1, "void"),
        (["transfer", "--schedule", "CII", "--written", "2026-11-01", "--on", "2026-11-20"], 1, "not transferable"),
        (["transfer", "--schedule", "CII", "--electronic", "--written", "2026-11-01", "--on", "2026-11-20"], 0, "21 CFR 1306.08(e)"),
        (["emergency", "--ordered", "2026-11-22"], 1, "Nov 29, 2026"),
        (["prescriber", "NP", "--schedule", "CII", "--dea", "MK3614511", "--state", "tx"], 1, "US-TX"),
        (["too-soon", "--last", "2026-10-01", "--days", "30", "--on", "2026-10-23"], 1, "would pass on: Oct 24, 2026"),
        (["rems", "isotretinoin", "--days", "30", "--on", "2026-11-23"], 1, "RMA"),
        (["rems", "metformin", "--on", "2026-11-23"], 0, "No program"),
        (["pseudoephedrine", "--salt", "hcl", "--mg", "30", "--units", "146", "--state", "US"], 0, "units now: 146"),
        (["pseudoephedrine", "--salt", "hcl", "--mg", "30", "--units", "147", "--state", "US"], 1, "units now: 146"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else None,
)  # fmt: skip
def test_a_question_is_answered(words, status, said):
    told = asked(*words)
    assert (told.exit_code, said in told.output) == (status, True), told.output
    assert told.output.startswith("Yes. " if status == 0 else "No. ")
    assert "source: " in told.output
    answer = json.loads(asked(*words, "--json").output)
    assert answer["allowed"] is (status == 0)
    assert {"rule", "source", "jurisdiction", "passes_on", "until", "missing", "notes", "needs_review"} <= answer.keys()


def test_the_moment_until_which_the_rest_may_follow_is_told_with_its_zone():
    answer = json.loads(
        asked("partial", "--schedule", "CII", "--case", "unable", "--first", "2026-11-20 14:30", "--json").output
    )
    assert answer["rest_until"] == "2026-11-23T14:30:00-06:00"
    assert answer["remind_at"] == "2026-11-22T20:30:00-06:00"


def test_when_the_rest_of_a_purchase_would_pass():
    words = ("--salt", "base", "--mg", "100", "--units", "30", "--at", "2026-08-20 12:00", "--state", "US", "--json")
    bought = [word for day in (1, 10, 15) for word in ("--bought", f"2026-08-{day:02} 12:00=3000")]
    answer = json.loads(asked("pseudoephedrine", *words, *bought).output)
    assert (answer["units_now"], answer["passes_on"]) == (0, "2026-08-31T12:00:00-05:00")
