"""The audit desk: who did what, what was stopped, whether the seals are whole; for those who may read it."""

import pytest

from officina.base import audit
from officina.base.models import AuditEntry
from officina.dispensing.services import review
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
