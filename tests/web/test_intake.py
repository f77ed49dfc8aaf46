"""The intake desk: files as they came, what could not be used and what became of it, orders by hand with their picture."""

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from officina.dispensing import queries as fills
from officina.exchange import intake as exchange
from officina.prescriptions import queries
from officina.prescriptions.models import Attachment, Message, Prescription, Received
from officina.web.intake import forms

MESSAGES = Path(__file__).parent.parent / "messages" / "ncpdp_script"
GOOD, BROKEN = "newrx_metformin_2023011.xml", "broken.xml"
QUESTION = "newrx_no_birth_date_2017071.xml"
NASTY = """<script>alert("x")</script>'"""
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 40
LIST_COST, WORK_COST = 12, 16


def text(answer):
    return " ".join(answer.content.decode().split())


def file(name, as_name=""):
    return SimpleUploadedFile(as_name or name, (MESSAGES / name).read_bytes())


def kept(cast, name):
    """A message that came by the wire."""
    code = exchange.receive(cast.wire, (MESSAGES / name).read_bytes(), name=name, at=cast.at()).code
    return Message.objects.get(code=code)


def order(**changes):
    usual = {
        "do": "receive",
        "origin": "1",
        "last_name": "Flórez",
        "first_name": "Rosa",
        "born_on": "03/14/1961",
        "drug_text": "metformin 500 mg tablet",
        "quantity": "60",
        "sig_text": "1 tab po bid",
        "refills": "2",
        "days_supply": "30",
        "written_on": "11/20/2026",
        "prescriber_last": "Okafor",
        "prescriber_first": "Ben",
        "npi": "1245319599",
    }
    return {**usual, **changes}


@pytest.fixture
def tess(seat, cast):
    return seat(cast.tess)


@pytest.fixture
def ada(seat, cast):
    return seat(cast.ada)


class TestTheList:
    def test_it_shows_what_could_not_be_used(self, cast, tess):
        assert "wait here for a person" in text(tess.get("/intake/"))
        broken, good = kept(cast, BROKEN), kept(cast, GOOD)
        page = text(tess.get("/intake/"))
        to_settle = page.partition("<h2>Messages</h2>")[0]
        assert f"/intake/{broken.code}/" in to_settle
        assert f"/intake/{good.code}/" not in to_settle
        assert f"/intake/{good.code}/" in page

    def test_each_message_says_who_what_and_by_whom(self, cast, tess):
        good = kept(cast, GOOD)
        order = good.prescriptions.get()
        row = text(tess.get("/intake/")).partition("<h2>Messages</h2>")[2].partition("<tbody>")[2].partition("</tr>")[0]
        written = order.written
        for said in (written["patient"]["last_name"], written["drug_text"], written["prescriber"]["last_name"]):
            assert said in row
        assert f'<a href="/rx/{order.code}/">{order.number}</a>' in row
        assert "data-ago" in row
        assert "NewRx" not in row

    def test_a_message_that_was_cut_off_is_said_to_a_person(self, cast, tess):
        raw = (MESSAGES / GOOD).read_bytes()
        exchange.receive(cast.wire, raw[: len(raw) * 2 // 3], name="cut", at=cast.at())
        message = Message.objects.latest("pk")
        page = text(tess.get(f"/intake/{message.code}/"))
        assert re.search(r"The message is cut off at line \d+\. Ask the prescriber to send it again\.", page)
        assert "well-formed XML" in page
        assert "is no SCRIPT message" not in page

    def test_max_of_another_pharmacy_sees_nothing(self, seat, cast):
        broken = kept(cast, BROKEN)
        good = kept(cast, GOOD)
        elsewhere = seat(cast.max)
        page = text(elsewhere.get("/intake/"))
        assert str(broken.code) not in page
        assert str(good.code) not in page
        for m in (broken, good):
            assert elsewhere.get(f"/intake/{m.code}/").status_code == 404
            for act in ({"do": "settle", "how": "Mine"}, {"do": "read_again"}):
                answer = elsewhere.post(f"/intake/{m.code}/", act)
                assert answer.status_code in {404, 422}
                assert "There is no such message here." in text(answer)
        assert Message.objects.filter(settled_at__isnull=False).count() == 0

    @pytest.mark.parametrize("many", [1, 20])
    def test_the_cost_of_a_page_does_not_grow_with_the_work(self, seat, cast, many, django_assert_max_num_queries):
        for n in range(many):
            broken = exchange.receive(cast.wire, b"broken %d" % n, name="broken", at=cast.at(0))
        raw = (MESSAGES / GOOD).read_text()
        number = raw.partition("<MessageID>")[2].partition("<")[0]
        for n in range(many):
            exchange.receive(cast.wire, raw.replace(number, f"other-{n}").encode(), name="good", at=cast.at(0))
        tess = seat(cast.tess)
        with django_assert_max_num_queries(LIST_COST):
            assert text(tess.get("/intake/")).count('class="row"') == many
        with django_assert_max_num_queries(WORK_COST):
            assert tess.get(f"/intake/{broken.code}/").status_code == 200


class TestFiles:
    def test_several_files_are_each_kept_and_answered(self, cast, tess):
        answer = tess.post(
            "/intake/", {"do": "upload", "messages": [file(GOOD), file(GOOD, "again.xml"), file(BROKEN)], "key": "one"}
        )
        page = text(answer)
        assert answer.status_code == 200
        assert "3 received, 1 prescription to enter." in page
        assert "understood" in page
        assert "came before" in page
        assert "could not be used" in page
        assert Received.objects.count() == 3
        assert Prescription.objects.count() == 1

    def test_the_same_form_sent_twice_is_taken_once(self, tess):
        for _ in range(2):
            assert tess.post("/intake/", {"do": "upload", "messages": [file(GOOD)], "key": "one"}).status_code == 200
        assert (Received.objects.count(), Prescription.objects.count()) == (1, 1)

    def test_no_file_is_refused_at_the_field(self, tess):
        answer = tess.post("/intake/", {"do": "upload"})
        assert answer.status_code == 422
        assert "field-error" in text(answer)

    def test_a_file_that_is_too_large_is_refused_and_nothing_is_kept(self, tess, monkeypatch):
        monkeypatch.setattr(forms, "UPLOAD_BYTES", 100)
        answer = tess.post("/intake/", {"do": "upload", "messages": [file(GOOD)]})
        assert answer.status_code == 422
        assert "larger than" in text(answer)
        assert Received.objects.count() == 0

    @pytest.mark.parametrize("raw", [b"\x00\x01\x02", b"<", b"{", b"MSH|^~\\&|", b"\xff\xfe<\x00", NASTY.encode() * 9])
    def test_what_is_no_prescription_is_kept_and_said(self, tess, raw):
        answer = tess.post("/intake/", {"do": "upload", "messages": [SimpleUploadedFile("<b>x.xml", raw)]})
        assert answer.status_code == 200
        assert "could not be used" in text(answer)
        assert "<script>alert" not in text(answer)
        assert "<b>x.xml" not in text(answer)
        page = tess.get(f"/intake/{Message.objects.get().code}/")
        assert page.status_code == 200
        assert "<script>alert" not in text(page)

    def test_an_order_with_what_no_database_keeps_is_taken_in(self, tess):
        raw = (MESSAGES.parent / "fhir" / "one_order.json").read_bytes()
        for n, text_of in enumerate((b"\\u0000", b"\\ud800")):
            spoiled = raw.replace(b'"text": "', b'"text": "' + text_of).replace(
                b'"family": "', b'"family": "' + text_of
            )
            assert spoiled != raw
            answer = tess.post("/intake/", {"do": "upload", "messages": [SimpleUploadedFile(f"{n}.json", spoiled)]})
            assert answer.status_code == 200
        assert Received.objects.count() == 2
        for m in Message.objects.all():
            assert tess.get(f"/intake/{m.code}/").status_code == 200

    def test_an_empty_file_is_refused_at_the_field(self, tess):
        answer = tess.post("/intake/", {"do": "upload", "messages": [SimpleUploadedFile("empty.xml", b"")]})
        assert answer.status_code == 422
        assert "empty" in text(answer)


class TestMessages:
    def test_a_message_stands_beside_its_raw_text(self, cast, tess):
        page = text(tess.get(f"/intake/{kept(cast, GOOD).code}/"))
        assert "As received" in page
        assert "&lt;MessageID&gt;" in page
        assert "Understood" in page
        assert "/rx/" in page

    def test_questions_stand_beside_the_raw_text_and_lead_to_the_entry(self, cast, tess):
        asked = kept(cast, QUESTION)
        assert asked.status == "question"
        page = text(tess.get(f"/intake/{asked.code}/"))
        sentence = asked.prescriptions.get().questions[0]["sentence"]
        assert sentence[:30].replace("'", "&#39;") in page
        assert "/entry/" in page

    def test_a_refused_one_says_where_and_why_and_can_be_settled(self, cast, tess):
        broken = kept(cast, BROKEN)
        page = text(tess.get(f"/intake/{broken.code}/"))
        assert 'value="settle"' in page
        assert 'value="read_again"' in page
        assert "By hand" in page or "Enter by hand" in page
        answer = tess.post(f"/intake/{broken.code}/", {"do": "settle", "how": "Prescriber sends it again"})
        assert (answer.status_code, answer["Location"]) == (303, "/intake/")
        broken.refresh_from_db()
        assert (broken.settled_by, broken.settled_how) == ("Tess Young", "Prescriber sends it again")
        assert f"/intake/{broken.code}/" not in text(tess.get("/intake/")).partition("<h2>Messages</h2>")[0]
        page = text(tess.get(f"/intake/{broken.code}/"))
        assert "Tess Young: Prescriber sends it again" in page
        assert 'value="settle"' not in page

    def test_nothing_is_settled_without_a_reason_nor_twice(self, cast, tess):
        broken = kept(cast, BROKEN)
        answer = tess.post(f"/intake/{broken.code}/", {"do": "settle", "how": " "})
        assert answer.status_code == 422
        assert "Say what was done about it." in text(answer)
        assert tess.post(f"/intake/{broken.code}/", {"do": "settle", "how": "Done"}).status_code == 303
        answer = tess.post(f"/intake/{broken.code}/", {"do": "settle", "how": "Done again"})
        assert answer.status_code == 409
        broken.refresh_from_db()
        assert broken.settled_how == "Done"

    def test_a_clerk_sees_it_and_may_not_settle_it(self, seat, cast):
        broken = kept(cast, BROKEN)
        clerk = seat(cast.carl)
        assert 'value="settle"' not in text(clerk.get(f"/intake/{broken.code}/"))
        for act in ({"do": "settle", "how": "Done"}, {"do": "read_again"}):
            assert clerk.post(f"/intake/{broken.code}/", act).status_code == 422
        broken.refresh_from_db()
        assert broken.settled_at is None

    def test_one_that_still_cannot_be_read_stays_as_it_is(self, cast, tess):
        broken = kept(cast, BROKEN)
        answer = tess.post(f"/intake/{broken.code}/", {"do": "read_again"})
        assert answer.status_code == 422
        assert "Nothing was done." in text(answer)
        broken.refresh_from_db()
        assert broken.status == "refused"

    def test_one_that_can_be_read_now_gives_its_prescription_once(self, cast, tess):
        """The reader has learned since, or the power went while it was read."""
        message = kept(cast, GOOD)
        raw = message.received.raw
        received = Received.objects.create(
            site_id=cast.ada.site_id, at=cast.at(), raw=raw, sha256="1" * 64, name="early.xml"
        )
        early = Message.objects.create(site_id=cast.ada.site_id, received=received, at=cast.at(), status="refused")
        answer = tess.post(
            f"/intake/{early.code}/", {"do": "read_again"}, headers={"HX-Request": "true", "HX-Target": "work"}
        )
        assert answer.status_code == 200
        assert "It came before" in text(answer)
        Message.objects.filter(pk=message.pk).update(message_id="another", is_first=False)
        early.status = "refused"
        early.save()
        answer = tess.post(
            f"/intake/{early.code}/", {"do": "read_again"}, headers={"HX-Request": "true", "HX-Target": "work"}
        )
        assert answer.status_code == 200
        assert "Understood now" in text(answer)
        assert early.prescriptions.count() == 1
        assert fills.fills(cast.ada).filter(prescription__message=early).count() == 1
        assert tess.post(f"/intake/{early.code}/", {"do": "read_again"}).status_code == 409
        assert early.prescriptions.count() == 1


class TestByHand:
    def test_paper_goes_on_to_its_entry(self, cast, tess):
        assert tess.get("/intake/by-hand/").status_code == 200
        answer = tess.post("/intake/by-hand/", order())
        fill = fills.fills(cast.ada).get()
        assert (answer.status_code, answer["Location"]) == (303, f"/entry/{fill.code}/")
        assert fill.prescription.origin == "1"
        assert fill.prescription.written["patient"]["last_name"] == "Flórez"

    def test_what_was_typed_comes_back_after_a_refusal(self, tess):
        answer = tess.post("/intake/by-hand/", order(written_on="yesterday", drug_text="gabapentin 300"))
        page = text(answer)
        assert answer.status_code == 422
        assert "Expected a day such as" in page
        assert 'value="gabapentin 300"' in page
        assert 'value="yesterday"' in page
        assert 'data-draft="by-hand"' in page
        assert Prescription.objects.count() == 0

    def test_a_telephone_order_is_read_back_first(self, ada):
        answer = ada.post("/intake/by-hand/", order(origin="2"))
        page = text(answer)
        assert answer.status_code == 422
        assert "read back to the caller" in page
        assert "Read it back, then tick this." in page
        assert 'value="metformin 500 mg tablet"' in page
        assert Prescription.objects.count() == 0
        assert ada.post("/intake/by-hand/", order(origin="2", read_back="on")).status_code == 303
        assert Prescription.objects.get().read_back

    def test_a_technician_takes_no_order_by_telephone(self, tess):
        answer = tess.post("/intake/by-hand/", order(origin="2", read_back="on"))
        assert answer.status_code == 422
        assert "Technicians may not take a new prescription by telephone." in text(answer)
        assert Prescription.objects.count() == 0

    def test_an_intern_takes_one_under_a_pharmacist(self, seat, cast):
        assert seat(cast.ivo).post("/intake/by-hand/", order(origin="2", read_back="on")).status_code == 303

    def test_nobody_whose_licence_lapsed(self, seat, cast):
        client = seat(cast.lapsed)
        assert client.get("/intake/by-hand/").status_code == 403
        assert client.post("/intake/by-hand/", order()).status_code in {403, 422}
        assert Prescription.objects.count() == 0

    @pytest.mark.parametrize(("data", "media"), [(PNG, "image/png"), (JPEG, "image/jpeg")])
    def test_a_fax_with_its_picture_shown_to_this_house_alone(self, seat, cast, tess, data, media):
        # Neither the name nor what the browser says it is counts, only the bytes.
        upload = SimpleUploadedFile("fax.html", data, content_type="text/html")
        assert tess.post("/intake/by-hand/", order(origin="4", picture=upload)).status_code == 303
        fill, picture = fills.fills(cast.ada).get(), Attachment.objects.get()
        address = f"/intake/picture/{picture.code}/"
        assert address in text(tess.get(f"/entry/{fill.code}/"))
        answer = tess.get(address)
        assert (answer.status_code, answer["Content-Type"], answer.content) == (200, media, data)
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Disposition"].startswith("inline; filename=")
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer["Cache-Control"] == "no-store"
        assert tess.post(address).status_code == 405
        assert seat(cast.max).get(address).status_code == 404
        assert tess.get("/intake/picture/00000000-0000-4000-8000-000000000000/").status_code == 404
        assert Client().get(address).status_code in {302, 401}

    @pytest.mark.parametrize("data", [b"<svg onload='x'/>", b"GIF89a", b"%PDF-1.7", b"MZ", b"\x89PNX" + PNG])
    def test_what_is_no_picture_is_refused_by_its_bytes(self, tess, data):
        upload = SimpleUploadedFile("fax.png", data, content_type="image/png")
        answer = tess.post("/intake/by-hand/", order(origin="4", picture=upload))
        assert answer.status_code == 422
        assert "PNG or JPEG" in text(answer)
        assert 'value="metformin 500 mg tablet"' in text(answer)
        assert (Prescription.objects.count(), Attachment.objects.count()) == (0, 0)

    def test_a_picture_that_is_too_large_is_refused(self, tess, monkeypatch):
        monkeypatch.setattr(forms, "PICTURE_BYTES", 20)
        answer = tess.post("/intake/by-hand/", order(origin="4", picture=SimpleUploadedFile("fax.png", PNG)))
        assert answer.status_code == 422
        assert "larger than" in text(answer)
        assert Prescription.objects.count() == 0

    def test_a_clerk_takes_in_paper_with_its_picture(self, seat, cast):
        client = seat(cast.carl)
        upload = SimpleUploadedFile("paper.png", PNG)
        assert client.post("/intake/by-hand/", order(picture=upload)).status_code == 303
        assert Attachment.objects.count() == 1

    def test_a_repeated_press_is_received_once(self, tess):
        for _ in range(2):
            assert tess.post("/intake/by-hand/", order(key="one-press")).status_code == 303
        assert Prescription.objects.count() == 1

    def test_what_is_written_as_a_script_is_text_everywhere(self, cast, tess):
        answer = tess.post(
            "/intake/by-hand/",
            order(last_name=NASTY, first_name=NASTY, drug_text=NASTY, sig_text=NASTY, prescriber_last=NASTY),
        )
        fill = fills.fills(cast.ada).get()
        assert answer.status_code == 303
        for path in (f"/entry/{fill.code}/", "/entry/", "/", f"/rx/{fill.prescription.code}/"):
            page = text(tess.get(path))
            assert "<script>alert" not in page, path
            assert "&lt;script&gt;" in page or path == "/"
        refused = text(tess.post("/intake/by-hand/", order(last_name=NASTY, written_on="")))
        assert "<script>alert" not in refused


def test_unsettled_messages_of_another_house_are_theirs(cast):
    kept(cast, BROKEN)
    assert len(queries.unsettled(cast.ada)) == 1
    assert queries.unsettled(cast.max) == []
