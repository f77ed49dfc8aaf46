"""A prescription's own page: its fills, its label, and all that happened, for those of its house."""

import pytest

from officina.dispensing.services import review
from web.seen import NASTY, Busy, again, is_escaped, somebody, text

COST = 25


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


class TestTransfers:
    OAK = {
        "pharmacy": "Oak <b>",
        "address": "1 Oak St",
        "phone": "",
        "dea": "",
        "pharmacist": "Kim Oak",
        "asked_by": "Rosa",
    }

    def test_one_goes_out_and_its_record_says_void(self, cast, seat):
        rx = cast.sold().prescription
        ada = seat(cast.ada)
        page = f"/rx/{rx.code}/"
        assert ada.post(page, {"do": "transfer", **self.OAK, "pharmacy": ""}).status_code == 422
        answer = ada.post(page, {"do": "transfer", **self.OAK})
        record = text(ada.get(answer["Location"]))
        assert "VOID: transferred to another pharmacy" in record
        assert "Oak &lt;b&gt;" in record
        assert "Kim Oak" in record
        assert "has ended: transferred to Oak" in text(ada.get(page))

    def test_one_comes_in_and_goes_to_entry(self, cast, seat):
        given = {
            "do": "take_over", "pharmacy": "Oak", "address": "1 Oak St", "pharmacist": "Kim Oak", "rx_number": "77", "schedule": "0",
            "last_name": "Flórez", "first_name": "Rosa", "drug_text": "metformin 500 mg tablet", "quantity": "60",
            "sig_text": "Take 1 tablet by mouth 2 times a day with meals", "written_on": "08/01/2026", "prescriber_last": "Okafor",
            "refills_ordered": "3", "refills_left": "2", "first_dispensed_on": "08/01/2026",
        }  # fmt: skip
        ada = seat(cast.ada)
        assert "Take over from another pharmacy" in text(ada.get("/intake/transfer/"))
        assert ada.post("/intake/transfer/", {**given, "schedule": ""}).status_code == 422
        refused = ada.post("/intake/transfer/", {**given, "pharmacist": ""})
        assert refused.status_code == 422
        assert "1 Oak St" in text(refused)
        assert ada.post("/intake/transfer/", given)["Location"].startswith("/entry/")
        assert seat(cast.tess).get("/intake/transfer/").status_code == 403


class TestOnHold:
    """What was set aside is taken up again from its own page, by who may set it aside."""

    @pytest.fixture
    def held(self, cast):
        return review.hold(cast.ada, fill=cast.ready(), why="The daughter calls back", at=cast.at())

    def post(self, client, held, **fields):
        fields = {"do": "release", "fill": held.code, "version": held.version, **fields}
        return client.post(at(held), fields, headers={"HX-Request": "true", "HX-Target": "work"})

    def test_the_page_says_why_and_takes_it_up_where_it_stood(self, cast, ada, held):
        page = text(ada.get(at(held)))
        assert "On hold: The daughter calls back" in page
        assert 'value="release"' in page
        assert "is taken up again" in text(self.post(ada, held))
        assert again(cast, held).state == "ready_to_fill"
        assert "On hold" not in text(ada.get(at(held)))

    def test_an_older_page_and_a_made_up_fill_release_nothing(self, cast, ada, held):
        assert self.post(ada, held, version=held.version - 1).status_code == 409
        assert self.post(ada, held, fill="x").status_code in {404, 422}
        assert again(cast, held).state == "held"


def test_a_bag_in_its_bin_is_opened_where_it_can_be_worked_on(cast, ada):
    fill = cast.bagged()
    page = text(ada.get(at(fill)))
    assert f'href="/checking/{fill.code}/"' in page
    assert f'href="/pickup/{fill.code}/"' not in page
    assert ada.get(f"/checking/{fill.code}/").status_code == 200
