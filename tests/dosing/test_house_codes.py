"""A house's own sig codes: what may be kept, and that a code never takes a meaning away from anybody."""

import random

import pytest

from dosing import answers
from officina.dosing import house_codes, sig, words
from officina.dosing.scan import grammar

EXPANSION = "take 1 tablet by mouth twice daily"


@pytest.mark.parametrize("code", ["T1B", "bp", "1t1b", "hbp2", "wf", "t-1"])
def test_a_code_that_means_nothing_yet_may_be_kept(code):
    assert house_codes.why_not(code, EXPANSION) == ""


@pytest.mark.parametrize(
    "code",
    ["bid", "QD", "od", "ou", "q4h", "q4", "x3", "5ml", "10u", "prn2", "tab", "take", "tid", "ss", "max", "daily", "every", "day", "mg",
     "cc", "u", "a", "12", "", "  ", "one two", "é1", "a" * 21, "t\x00b", "h.s.", "times", "then"],
)  # fmt: skip
def test_a_code_that_has_a_meaning_or_no_shape_may_not(code):
    assert house_codes.why_not(code, EXPANSION)


def test_no_word_of_the_packs_and_none_of_the_grammar_may_become_a_code():
    written = {w for w in words.written() if " " not in w} | set(words.replacements()[1])
    assert [w for w in written if not house_codes.why_not(w, EXPANSION)] == []
    assert [w for w in grammar().split() if w.isalpha() and not house_codes.why_not(w, EXPANSION)] == []


def test_a_code_that_was_taken_changes_no_direction_that_was_written_without_it():
    rng = random.Random(5)
    stock = "abcdefghijklmnopqrstuvwxyz0123456789"
    codes = {"".join(rng.choice(stock) for _ in range(rng.randint(2, 4))): "with food" for _ in range(3000)}
    kept = {code: e for code, e in codes.items() if not house_codes.why_not(code, e)}
    assert 500 < len(kept) < len(codes)
    for name in ("public.txt", "directions.txt"):
        for direction, answer in answers.rows(name):
            if answer != "not understood":
                assert answers.told(sig.read(direction, kept)).rstrip() == answer, direction


@pytest.mark.parametrize(
    "expansion",
    ["take 1 tablet by mouth twice daily", "for high blood pressure", "1 drop", "with food", "bid with meals", "in the left eye", "x 10 days"],
)  # fmt: skip
def test_an_expansion_is_a_direction_or_a_piece_of_one(expansion):
    assert house_codes.expansion_why_not(expansion) == ""


@pytest.mark.parametrize(
    ("expansion", "place"),
    [
        ("1 drop od bid", "od"),
        ("take 10u", "right|units"),
        ("mtx weekly", "mtx"),
        ("blah", "blah"),
        ("for blahblah", "does not know"),
        ("", "Type what"),
        ("take 1 tablet daily " * 20, "300"),
        ("take 1 tablet 3 times daily twice a day", "understood"),
    ],
)
def test_an_expansion_that_is_not_understood_is_refused_with_the_place(expansion, place):
    told = house_codes.expansion_why_not(expansion)
    assert any(word in told for word in place.split("|")), told


def test_a_code_stands_for_itself_only_where_it_is_a_word_of_its_own():
    codes = {"t1b": "take 1 tablet by mouth twice daily", "bp": "for high blood pressure"}
    assert house_codes.expanded("T1B, bp.", codes) == "take 1 tablet by mouth twice daily, for high blood pressure."
    assert house_codes.expanded("bpx xbp bp/2 at1b", codes) == "bpx xbp bp/2 at1b"
    assert house_codes.expanded("anything", {}) == "anything"


def test_an_expansion_is_not_expanded_again():
    assert house_codes.expanded("aa1", {"aa1": "bb1 daily", "bb1": "never"}) == "bb1 daily"
