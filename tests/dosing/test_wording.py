import pytest
from hypothesis import given
from hypothesis import strategies as st

from officina.dosing import wording, words
from officina.labels import lint

UNDERSTOOD = """
1 tab PO BID | Take 1 tablet by mouth in the morning and 1 tablet in the evening.
TAKE ONE TABLET TWO TIMES A DAY | Take 1 tablet in the morning and 1 tablet in the evening.
TAKE ONE TABLET BY MOUTH TWICE DAILY | Take 1 tablet by mouth in the morning and 1 tablet in the evening.
take 1/2 tab mwf | Take 1/2 tablet on Monday, Wednesday and Friday.
½ tab po qd | Take 1/2 tablet by mouth every day.
take one and one-half tablets daily | Take 1 1/2 tablets every day.
take .5 tab daily | Take 1/2 tablet every day.
take 1.0 tab daily | Take 1 tablet every day.
1.5 tab po bid | Take 1 1/2 tablets by mouth in the morning and 1 1/2 tablets in the evening.
take 1-2 tablets every 4-6 hours as needed | Take 1 to 2 tablets every 4 to 6 hours as needed.
1-2 tab po q4-6h prn pain | Take 1 to 2 tablets by mouth every 4 to 6 hours as needed for pain.
1/2-1 tab po q6h | Take 1/2 to 1 tablet by mouth every 6 hours.
Take 2 tablets day 1 then 1 tablet daily for 4 days | Take 2 tablets on day 1. Then take 1 tablet every day for 4 days.
inject 10 units subcutaneously before meals and at bedtime | Inject 10 units under the skin before meals and at bedtime.
2 puffs q4h prn | Inhale 2 puffs every 4 hours as needed.
take 6 tablets once weekly | Take 6 tablets once a week.
6 tabs po weekly | Take 6 tablets by mouth once a week.
1 tab po qhs | Take 1 tablet by mouth at bedtime.
1 TABLET UNDER THE TONGUE AS NEEDED FOR CHEST PAIN | Place 1 tablet under the tongue as needed for chest pain.
1 cap po tid x 10 days | Take 1 capsule by mouth 3 times a day for 10 days.
1 cap po tid x1wk | Take 1 capsule by mouth 3 times a day for 1 week.
5ml po bid | Take 5 mL by mouth in the morning and 5 mL in the evening.
TAKE 1000 MG BY MOUTH TWICE DAILY | Take 1,000 mg by mouth 2 times a day.
take 1 tablet for GERD daily | Take 1 tablet every day for acid reflux.
1 tab b.i.d. | Take 1 tablet in the morning and 1 tablet in the evening.
1 tab po bid with meals | Take 1 tablet by mouth 2 times a day with meals.
1 tab po bid prn | Take 1 tablet by mouth 2 times a day as needed.
TAKE 4 TABLETS (10 MG) ON MONDAYS ONLY | Take 4 tablets (10 mg) every Monday.
take a tablet 2 times a day | Take 1 tablet in the morning and 1 tablet in the evening.
Instill 2 drops in left ear twice daily | Instill 2 drops in the left ear 2 times a day.
take as directed | Use as directed.
1 tab po q 8 h | Take 1 tablet by mouth every 8 hours.
"""
CASES = [tuple(part.strip() for part in line.split("|")) for line in UNDERSTOOD.strip().splitlines()]

STOPPED = {
    "instill 1 drop od bid": "'od",
    "mtx 2.5 mg weekly": "'mtx",
    "10u subcut bid": "'u ",
    "take 5 cc daily": "'cc",
    "ss tab po qd": "'ss",
    "1 tab po q.d. o.d.": "'od'",
    "use 1 spray IN bid": "'in",
    "instill 2 drops AS daily": "'as",
    "take 1 tab daily @ 9": "'@",
    "take 2-1/2 tab": "'2-1/2",
    "take 2-1 tab": "'2-1",
    "take 1 000 mg": "'000",
    "take 10,00 mg": "what 10 counts",
    "take 1.5.2 tab": "'1.5.2",
    "take 1,5 mg": "what 1 counts",
    "take 2/0 tab": "'2/0",
    "take 0 tab": "'0 tab",
    "take 1 tablet ^XZ": "'^xz",
    "tome una tableta": "'tome",
    "1 teaspoonful (10 ml) po bid": "another dose",
    "take 1 tablet once in the morning": "'time in",
    "5 mL bid": "how to use it is not said",
    "": "how to use it is not said",
    " . ": "how to use it is not said",
}


@pytest.mark.parametrize(("sig", "text"), CASES)
def test_shorthand_and_plain_english_become_label_text(sig, text):
    assert wording.of(sig).text == text
    assert wording.of(sig).understood


@pytest.mark.parametrize(("sig", "place"), STOPPED.items())
def test_what_may_mean_two_things_is_never_guessed(sig, place):
    found = wording.of(sig)
    assert not found.understood
    assert place in found.place
    assert found.text == " ".join(sig.split())


@pytest.mark.parametrize(("sig", "text"), CASES)
def test_label_text_is_a_fixed_point(sig, text):
    assert wording.of(text).text == text


@pytest.mark.parametrize(("sig", "text"), CASES)
def test_what_is_understood_passes_the_linter(sig, text):
    assert lint.lint_text(text, what="directions") == ()


@given(
    st.lists(st.sampled_from(sorted(words.written())) | st.from_regex(r"\d{1,4}(\.\d)?", fullmatch=True), max_size=12)
)
def test_any_mix_of_known_words_is_either_stopped_or_clean(said):
    found = wording.of(" ".join(said))
    assert found.understood or found.place
    if found.understood:
        assert not [f for f in lint.lint_text(found.text, what="directions") if f.severity.is_serious]


@given(st.text(max_size=80))
def test_any_text_at_all_has_an_answer(text):
    found = wording.of(text)
    assert found.understood == (not found.place)
