"""A prescription's own page: its fills, its label, and all that happened, for those of its house."""

import pytest

from web.seen import NASTY, Busy, again, is_escaped, somebody, text

COST = 24


@pytest.fixture
def ada(seat, cast):
    return Busy(seat, cast, cast.ada)


def at(fill):
    return f"/rx/{fill.prescription.code}/"


@pytest.mark.parametrize("step", ["received", "entered", "ready", "filled", "checked", "bagged"])
def test_it_opens_at_every_step_and_leads_to_the_desk_of_that_step(cast, ada, step):
    fill = getattr(cast, step)()
    page = text(ada.get(at(fill)))
    assert fill.number in page
    assert str(fill.code) in page
    assert ("label-preview" in page) == (again(cast, fill).package_id is not None)


def test_all_that_happened_stands_there(cast, ada):
    page = text(ada.get(at(cast.bagged())))
    for name in ("Ada Park", "Tess Young"):
        assert name in page
    assert "60 of lot GOOD1" in page


def test_max_of_another_pharmacy_sees_nothing(seat, cast):
    fill = cast.bagged()
    elsewhere = Busy(seat, cast, cast.max)
    for path in (at(fill), *(f"/rx/label/{fill.code}.{kind}" for kind in ("png", "pdf", "zpl"))):
        answer = elsewhere.get(path)
        assert answer.status_code == 404
        assert "Flórez" not in text(answer)


def test_the_label_is_shown_and_never_run(cast, ada):
    fill = cast.bagged()
    for kind, media in (("pdf", "application/pdf"), ("png", "image/png"), ("zpl", "text/plain; charset=utf-8")):
        answer = ada.get(f"/rx/label/{fill.code}.{kind}")
        assert (answer.status_code, answer["Content-Type"]) == (200, media)
        assert answer["X-Content-Type-Options"] == "nosniff"
    assert ada.post(f"/rx/label/{fill.code}.png").status_code == 405


@pytest.mark.parametrize("name", ["x.png", f"{'-' * 36}.png", f"{'a' * 36}.pdf"])
def test_what_is_no_label_is_no_page(ada, name):
    assert ada.get(f"/rx/label/{name}").status_code == 404


def test_no_label_of_another_format_and_none_of_an_order_not_entered(cast, ada):
    assert ada.get(f"/rx/label/{cast.bagged().code}.exe").status_code == 404
    answer = ada.get(f"/rx/label/{cast.received().code}.png")
    assert answer.status_code == 403
    assert "not entered yet" in text(answer)


@pytest.mark.parametrize("many", [1, 20])
def test_the_cost_does_not_grow_with_the_scans(cast, ada, many, django_assert_max_num_queries):
    from officina.dispensing.services import filling

    fill = filling.take(cast.tess, fill=cast.ready(), at=cast.at())
    filling.label_printed(cast.tess, fill=fill, at=cast.at())
    for _ in range(many):
        cast.scan(fill, cast.lot, quantity=1)
    ada.wake()
    with django_assert_max_num_queries(COST):
        assert ada.get(at(fill)).status_code == 200


def test_a_name_that_is_a_script_is_text_everywhere(cast, ada):
    mean = somebody(cast, last_name=NASTY, first_name='"O\'Neil"')
    is_escaped(text(ada.get(at(cast.filled(patient=mean, note=NASTY)))))
