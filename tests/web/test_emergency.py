"""Schedule II by telephone at intake, and the signed prescription that must follow at the prescribers desk; programs of risk at review."""

import html

import pytest

from cast import package
from officina.dispensing.services import checking, entry
from officina.law import emergency as law
from officina.prescriptions.models import EmergencyOrder
from officina.prescriptions.written import WrittenPrescriber
from web.seen import HTMX, Busy, again, text

FORM = {
    "last_name": "Flórez", "first_name": "Rosa", "born_on": "03/14/1961", "drug_text": "oxycodone 5 mg tablet", "quantity": "8",
    "sig_text": "1 tab q6h prn", "days_supply": "2", "written_on": "11/20/2026", "prescriber_last": "Okafor", "read_back": "on",
}  # fmt: skip


@pytest.fixture
def ada(seat, cast):
    return Busy(seat, cast, cast.ada)


@pytest.fixture
def tess(seat, cast):
    return Busy(seat, cast, cast.tess)


def points(cast):
    return [row.name for row in law.checks(on=cast.ada.day(cast.clock))]


def taken(cast, ada):
    ada.client.post("/intake/emergency/", {"do": "receive", **FORM, "checks": points(cast)})
    return EmergencyOrder.objects.get()


def test_it_is_taken_point_by_point(cast, ada):
    page = text(ada.get("/intake/emergency/"))
    assert "nothing else would do" in page
    assert "<b>Nov 27, 2026</b>" in page
    refused = ada.client.post("/intake/emergency/", {"do": "receive", **FORM, "checks": points(cast)[1:]})
    assert refused.status_code == 422
    assert "emergencies only" in text(refused)
    assert EmergencyOrder.objects.count() == 0
    assert taken(cast, ada).prescription.read_back


def test_a_technician_does_not_take_it_and_the_desk_does_not_offer_it(tess):
    assert tess.get("/intake/emergency/").status_code == 403
    assert "/intake/emergency/" not in text(tess.get("/intake/"))


def test_the_signed_prescription_is_awaited_at_the_prescribers_desk_and_settled_there(cast, ada, tess):
    order = taken(cast, ada)
    assert "due on Nov 27, 2026" in text(tess.get("/requests/"))
    fields = {"do": "signed_came", "emergency": order.code, "came_on": "11/20/2026", "is_marked": "on"}
    answer = tess.post("/requests/", fields, headers=HTMX)
    assert answer.status_code == 422
    assert "the date of the oral order on it" in text(answer)
    page = text(tess.post("/requests/", {**fields, "has_oral_date": "on"}, headers=HTMX))
    assert "Attach it" in page
    assert "Signed prescriptions that must follow" not in page


def test_overdue_it_says_so_and_a_pharmacist_writes_down_that_the_dea_was_told(cast, ada, seat):
    order = taken(cast, ada)
    cast.later(8)
    ada = Busy(seat, cast, cast.ada)
    assert "Tell the DEA" in text(ada.get("/requests/"))
    told = {"do": "tell_dea", "emergency": order.code, "how": "Letter to the Milwaukee office"}
    assert "the DEA was told" in text(ada.post("/requests/", told, headers=HTMX))


def test_max_sees_none_of_it(cast, ada, seat):
    order = taken(cast, ada)
    other = Busy(seat, cast, cast.max)
    assert "oxycodone" not in text(other.get("/requests/"))
    fields = {
        "do": "signed_came",
        "emergency": order.code,
        "came_on": "11/20/2026",
        "is_marked": "on",
        "has_oral_date": "on",
    }
    assert other.post("/requests/", fields, headers=HTMX).status_code in {404, 422}
    assert EmergencyOrder.objects.get().came_on is None


def test_a_program_of_risk_asks_for_its_number_at_the_review(cast, ada):
    pack = package("isotretinoin", "40 mg", ndc="22222-0001-1", ingredient="isotretinoin")
    entered = cast.entered(pack, drug=pack.product.drug, quantity=30, days_supply=30, refills=0, directions="Take 1 tablet by mouth every day.")  # fmt: skip
    fill = entry.approve_entry(cast.ada, fill=entered, at=cast.at())
    url = f"/review/{fill.code}/"
    assert "iPLEDGE" in text(ada.get(url))
    assert ada.post(url, {"do": "clear_review", "version": fill.version}, headers=HTMX).status_code == 422
    gave = {"do": "authorise", "version": fill.version, "program": "ipledge", "number": "", "not_after": "11/27/2026"}
    assert "Needed: the risk management authorisation" in text(ada.post(url, gave, headers=HTMX))
    assert "Given: R1" in text(ada.post(url, {**gave, "number": "R1"}, headers=HTMX))
    ada.post(url, {"do": "clear_review", "version": fill.version}, headers=HTMX)
    assert again(cast, fill).rems == "ipledge"


def test_the_guide_is_asked_for_where_the_bag_is_made_and_where_it_is_handed_over(cast, tess):
    cast.metformin.product.drug.ingredients.get().classes.append("nsaid")
    ingredient = cast.metformin.product.drug.ingredients.get()
    ingredient.classes = ["nsaid"]
    ingredient.save()
    fill = cast.checked()
    page = text(tess.get(f"/checking/{fill.code}/"))
    assert "Into the bag: Medication Guide" in page
    assert "Bag it with the leaflets" in page
    fill = checking.bag(cast.tess, fill=fill, bin_name="A1", at=cast.at())
    found = tess.post(
        "/pickup/", {"do": "identify", "last_name": "Florez", "first_name": "Rosa", "born_on": "03/14/1961"}
    )
    assert "with it:" not in text(tess.get(found["Location"]))
    page = text(tess.post(found["Location"], {"do": "scan", "scan": fill.bag.number}, headers=HTMX))
    assert "with it: Medication Guide" in page


def test_a_photo_of_the_paper_is_bound_to_the_prescription(cast, tess):
    from django.core.files.uploadedfile import SimpleUploadedFile

    fill = cast.entered()
    url = f"/rx/{fill.prescription.code}/"
    png = SimpleUploadedFile("paper.png", b"\x89PNG\r\n\x1a\nrest")
    tess.client.post(url, {"do": "attach", "picture": png})
    assert "Picture of the paper prescription" in text(tess.get(url))
    bad = tess.client.post(url, {"do": "attach", "picture": SimpleUploadedFile("x.png", b"<svg onload=alert(1)>")})
    assert bad.status_code == 422
    assert "PNG or JPEG" in text(bad)


def test_what_a_prescriber_is_can_be_said_where_the_entry_is_refused(cast, tess):
    from officina.prescriptions.services import orders
    from web.test_entry import asked, post, typed

    fill = entry.start_entry(cast.tess, fill=cast.received(), at=cast.at())
    cast.prescriber.dea = "MK3614511"
    cast.prescriber.save()
    values = typed(cast, drug=cast.oxycodone.product.drug.pk, package=cast.oxycodone.pk, refills="0", directions="Take 1 tablet by mouth every day.")  # fmt: skip
    values["as_entered"] = asked(post(tess, fill, "submit_entry", **values))
    refused = text(post(tess, fill, "submit_entry", **values))
    assert "say what the prescriber is" in refused
    assert "What kind of prescriber is Ben Okafor?" in refused
    page = text(post(tess, fill, "say_role", who=cast.prescriber.code, role="NP"))
    assert "is written down as NP" in page
    post(tess, fill, "submit_entry", **values)
    assert again(cast, fill).state == "entry_check"
    assert orders.ROLE_SAID


def test_the_addresses_of_a_controlled_order_are_added_where_the_entry_is_refused(cast, tess):
    """21 CFR 1306.05(a); what the order itself says of the prescriber is proposed."""
    from web.test_entry import asked, post, typed

    cast.rosa.street = cast.prescriber.street = ""
    cast.rosa.save()
    cast.prescriber.save()
    written = WrittenPrescriber(
        last_name="Okafor", first_name="Ben", npi="1245319599", street="200 Clinic Dr", city="Madison"
    )
    fill = entry.start_entry(cast.tess, fill=cast.received(prescriber=written), at=cast.at())
    assert "Address of Ben Okafor" in text(tess.get(f"/entry/{fill.code}/"))
    values = typed(cast, drug=cast.oxycodone.product.drug.pk, package=cast.oxycodone.pk, refills="0", directions="Take 1 tablet by mouth every day.")  # fmt: skip
    values["as_entered"] = asked(post(tess, fill, "submit_entry", **values))
    refused = text(post(tess, fill, "submit_entry", **values))
    assert "needs the patient's street and city" in html.unescape(refused)
    assert f'href="/patients/{cast.rosa.code}/"' in refused
    assert "needs the prescriber's street and city" in html.unescape(refused)
    assert 'value="200 Clinic Dr"' in refused
    place = {"address-who": cast.prescriber.code, "address-street": "200 Clinic Dr", "address-city": "Madison"}
    assert post(tess, fill, "say_address", **{**place, "address-city": ""}).status_code == 422
    page = text(post(tess, fill, "say_address", **place))
    assert "The address of Ben Okafor is written down." in page
    assert "Address of Ben Okafor" not in page
    cast.rosa.street = "7 Birch Rd"
    cast.rosa.save()
    post(tess, fill, "submit_entry", **values)
    assert again(cast, fill).state == "entry_check"
