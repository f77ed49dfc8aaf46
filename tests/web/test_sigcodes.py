"""The desk of sig codes, and the entry desk that reads with them."""

import pytest

from officina.prescriptions import queries
from officina.prescriptions.services import sig_codes
from web.seen import HTMX, NASTY, Busy, again, is_escaped, text
from web.test_entry import post as enter
from web.test_entry import typed

URL = "/sig-codes/"


@pytest.fixture
def ada(seat, cast):
    return Busy(seat, cast, cast.ada)


@pytest.fixture
def tess(seat, cast):
    return Busy(seat, cast, cast.tess)


def post(client, do, **fields):
    return client.post(URL, {"do": do, **fields}, headers=HTMX)


def test_a_code_is_kept_shown_and_taken_away(cast, ada):
    assert "No code yet." in text(ada.get(URL))
    kept = text(post(ada, "set", typed="T1B", expansion="take 1 tablet by mouth twice daily"))
    assert "<b>t1b</b>" in kept
    assert "Take 1 tablet by mouth in the morning and 1 tablet in the evening." in kept
    assert "a piece of a direction" in text(post(ada, "set", typed="bp", expansion="for high blood pressure"))
    assert "no code any more" in text(post(ada, "end", typed="t1b"))
    assert list(queries.sig_codes(cast.ada)) == ["bp"]


def test_what_may_not_be_kept_comes_back_with_the_reason(cast, ada):
    answer = post(ada, "set", typed="bid", expansion="1 drop od bid")
    page = text(answer)
    assert answer.status_code == 422
    assert "has a meaning already" in page
    assert "may mean in the right eye" in page
    assert 'value="1 drop od bid"' in page
    assert queries.sig_codes(cast.ada) == {}
    assert post(ada, "end", typed="nothing").status_code == 422


def test_the_page_is_for_who_keeps_them_and_max_sees_his_own(cast, ada, tess, seat):
    assert "for cholesterol" in text(post(ada, "set", typed="chol1", expansion="for cholesterol"))
    assert tess.get(URL).status_code == 403
    assert "for cholesterol" not in text(Busy(seat, cast, cast.max).get(URL))


def test_a_script_is_text(ada):
    is_escaped(text(post(ada, "set", typed="bp", expansion=NASTY)))


class TestAtTheEntryDesk:
    @pytest.fixture
    def fill(self, cast):
        from officina.dispensing.services import entry

        keep = {"bp": "for high blood pressure", "t1b": "take 1 tablet by mouth twice daily"}
        for code, expansion in keep.items():
            sig_codes.set_code(cast.ada, typed=code, expansion=expansion, at=cast.at())
        return entry.start_entry(cast.tess, fill=cast.received(), at=cast.at())

    def test_the_page_carries_the_codes_for_the_hand_that_types(self, tess, fill):
        page = tess.get(f"/entry/{fill.code}/").content.decode()
        assert "data-codes" in page
        assert "&#34;t1b&#34;: &#34;take 1 tablet by mouth twice daily&#34;" in page

    def test_read_the_directions_writes_the_words_of_the_label_into_the_field(self, cast, tess, fill):
        page = text(enter(tess, fill, "read_directions", **typed(cast, directions="t1b BP", note="Kept")))
        label = "Take 1 tablet by mouth in the morning and 1 tablet in the evening for high blood pressure."
        assert label in page
        assert "Understood; these are the words of the label." in page
        assert 'value="Kept"' in page
        assert again(cast, fill).prescription.directions == ""

    def test_what_is_not_understood_stays_with_its_place_and_the_codes_written_out(self, cast, tess, fill):
        page = text(enter(tess, fill, "read_directions", **typed(cast, directions="1 drop od bp")))
        assert "1 drop od for high blood pressure" in page
        assert "may mean in the right eye" in page

    def test_a_code_that_is_submitted_as_typed_is_written_out_on_the_label(self, cast, tess, fill):
        enter(tess, fill, "submit_entry", **typed(cast, directions="Take 1 tablet by mouth every day bp"))
        assert again(cast, fill).prescription.directions == "Take 1 tablet by mouth every day for high blood pressure"
