"""The audit desk: who did what, what was stopped, whether the seals are whole; for those who may read it."""

import pytest

from officina.base import audit
from officina.base.models import AuditEntry
from officina.dispensing.rules.machine import FILL
from officina.dispensing.services import checking, review
from officina.kernel.errors import Refused
from web.seen import NASTY, Busy, text

COST = 14


@pytest.fixture
def ada(seat, cast):
    return Busy(seat, cast, cast.ada)


def test_it_tells_who_did_what_and_why(cast, ada):
    review.hold(cast.ada, fill=cast.ready(), why=NASTY, at=cast.at())
    page = text(ada.get("/audit/"))
    assert "Ada Park" in page
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page


def test_it_is_narrowed_by_person_and_by_verb(cast, ada):
    cast.ready()
    found = text(ada.get("/audit/", {"who": cast.tess.user_id})).partition('id="found"')[2].partition("</div>")[0]
    assert "Tess Young" in found
    assert "Ada Park" not in found
    assert "Nothing is recorded yet." in text(ada.get("/audit/", {"verb": "no.such"}))


@pytest.mark.parametrize("who", ["", "abc", "²", "-1", "9" * 60, NASTY])
def test_a_person_that_is_none_breaks_nothing(ada, who):
    answer = ada.get("/audit/", {"who": who, "verb": f"\x00{NASTY}"})
    assert answer.status_code == 200
    assert "<script>alert" not in text(answer)


@pytest.mark.parametrize("cursor", ["abc", "²", "9" * 300])
def test_a_cursor_of_nowhere_is_no_page(ada, cursor):
    assert ada.get("/audit/", {"after": cursor}).status_code == 404


def test_whoever_may_not_read_it_neither_reads_nor_verifies(seat, cast):
    for actor in (cast.tess, cast.carl, cast.ivo):
        person = Busy(seat, cast, actor)
        assert person.get("/audit/").status_code == 403
        answer = person.post("/audit/", {"do": "verify_seals"})
        assert answer.status_code in {403, 422}
        assert "seal is whole" not in text(answer)


def test_max_of_another_pharmacy_reads_nothing_of_ours(seat, cast):
    cast.ready()
    page = text(Busy(seat, cast, cast.max).get("/audit/", {"who": cast.tess.user_id}))
    assert "Tess Young" not in page
    assert "Flórez" not in page


def test_every_seal_is_read_again(cast, ada):
    cast.ready()
    audit.seal(cast.ada.site_id, at=cast.at())
    answer = ada.post("/audit/", {"do": "verify_seals"})
    assert answer.status_code == 303
    assert "Every seal is whole." in text(ada.get("/audit/"))


def test_to_look_changes_nothing(cast, ada):
    cast.ready()
    before = AuditEntry.objects.count()
    ada.get("/audit/")
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("many", [1, 20])
def test_the_cost_does_not_grow_with_the_work(cast, ada, many, django_assert_max_num_queries):
    for _ in range(many):
        cast.received()
    ada.wake()
    with django_assert_max_num_queries(COST):
        assert ada.get("/audit/").status_code == 200


class TestAHistoryIsToldInWords:
    def found(self, person, **asked):
        return text(person.get("/audit/", asked)).partition('id="found"')[2].partition("</section>")[0]

    def test_moves_are_told_as_they_were_done_not_as_buttons(self, cast, ada):
        fill = cast.bagged()
        page = self.found(ada)
        for said in ("sent the entry to the check", "found the entry right", "cleared the review", "began to fill it"):
            assert said in page
        assert f"put it into a bag: {fill.bag.number}, bin {fill.bag.bin}" in page
        assert "scanned a container: 60 of lot " in page
        for button in ("clear review", "send to check", ": bag", ": fill ", ": submit", "entry is right"):
            assert button not in page

    def test_every_move_of_a_fill_has_words_of_its_own(self):
        words = [audit.sentence(f"fill.{m.name}") for m in FILL.moves]
        assert len(set(words)) == len({m.name for m in FILL.moves})

    def test_what_may_be_asked_for_is_said_in_words_too(self, ada):
        page = text(ada.get("/audit/"))
        assert '<option value="bag.called">Called about a bag that waits</option>' in page
        assert ">fill.approve_entry<" not in page

    def test_each_line_leads_to_the_prescription_and_names_the_patient(self, cast, ada):
        fill = cast.ready()
        line = next(part for part in self.found(ada).split("<li>") if "cleared the review" in part)
        rx = fill.prescription
        assert f'<a href="/rx/{rx.code}/">Rx {rx.number}</a>' in line
        assert "Flórez, Rosa" in line

    def test_a_number_finds_everything_that_bears_it(self, cast, ada):
        fill = cast.bagged()
        other = cast.received()
        for number in (fill.prescription.number, f"RX{fill.prescription.number}", fill.number.lower()):
            page = self.found(ada, number=number)
            assert "cleared the review" in page
            assert str(other.prescription.code) not in page
        assert "put it into a bag" in self.found(ada, number=fill.bag.number)
        assert "Nothing here has the number 999." in self.found(ada, number="999")

    def test_a_number_of_another_pharmacy_finds_nothing(self, seat, cast):
        number = cast.bagged().prescription.number
        assert "Nothing here has the number" in self.found(Busy(seat, cast, cast.max), number=number)

    def test_a_day_shows_that_day_and_a_wrong_one_says_so(self, cast, ada):
        cast.ready()
        today = cast.at()
        assert "cleared the review" in self.found(ada, day=f"{today:%m/%d/%Y}")
        assert "cleared the review" not in self.found(ada, day="11/01/2025")
        page = text(ada.get("/audit/", {"day": "yesterday"}))
        assert "four-digit year" in page
        assert 'value="yesterday"' in page

    def test_what_was_stopped_is_a_sentence(self, cast, ada):
        with pytest.raises(Refused):
            checking.verify(cast.tess, fill=cast.filled(), at=cast.at())
        page = text(ada.get("/audit/")).partition("What was stopped")[2].partition("Seals")[0]
        assert "The person&#39;s role may not do this" in page
        assert "not in role" not in page
