"""The refills desk: what is asked for, what can be said to it, and what becomes of it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from officina.dispensing.models import CommonDate, Fill
from web.seen import NASTY, Busy, is_escaped, somebody, text


@pytest.fixture
def first(cast):
    """Handed over so long ago that it may be refilled; who works today signed in today."""
    fill = cast.sold()
    cast.later(25)
    return fill


@pytest.fixture
def tess(seat, cast, first):
    return Busy(seat, cast, cast.tess)


@pytest.fixture
def ada(seat, cast, first):
    return Busy(seat, cast, cast.ada)


def refills_of(fill):
    return Fill.objects.filter(prescription_id=fill.prescription_id, kind="refill")


def test_the_label_of_the_last_fill_finds_the_prescription_and_one_key_refills_it(cast, tess, first):
    page = text(tess.post("/refills/", {"do": "find", "scan": first.number}))
    assert "may be refilled" in page
    assert str(first.prescription.code) in page
    assert not refills_of(first).exists()
    page = text(tess.post("/refills/", {"do": "refill", "prescription": [str(first.prescription.code)]}))
    (fill,) = refills_of(first)
    assert fill.number in text(tess.get("/review/")) or fill.state == "clinical_review"


def test_a_list_says_something_to_each_number(cast, tess, first):
    numbers = f"{first.prescription.number} 7654321 B1000015"
    page = text(tess.post("/refills/", {"do": "find_list", "numbers": numbers}))
    assert "may be refilled" in page
    assert "is no number of this pharmacy" in page
    assert "is not the number of a prescription" in page


def test_too_soon_is_said_with_the_day_and_only_a_pharmacist_may_mark_it(cast, tess, ada):
    fill = cast.sold(patient=somebody(cast))
    code = str(fill.prescription.code)
    for person, may in ((tess, False), (ada, True)):
        page = text(person.post("/refills/", {"do": "find", "scan": fill.prescription.number}))
        assert "too soon before Jan 7, 2027" in page
        assert (f'value="{code}"' in page) is may
        assert ("Refill the marked" in page) is may
        assert ("None of these can be refilled now." in page) is not may
    assert tess.post("/refills/", {"do": "refill", "prescription": [code]}).status_code == 422
    assert tess.post("/refills/", {"do": "refill", "prescription": [code], "early": "Travels"}).status_code == 422
    assert ada.post("/refills/", {"do": "refill", "prescription": [code]}).status_code == 422
    assert not refills_of(fill).exists()
    ada.post("/refills/", {"do": "refill", "prescription": [code], "early": "Travels"})
    assert refills_of(fill).count() == 1


def test_one_refused_does_not_hold_up_the_other(cast, tess, first):
    fresh = cast.sold(patient=somebody(cast))
    codes = [str(fresh.prescription.code), str(first.prescription.code)]
    tess.post("/refills/", {"do": "refill", "prescription": codes})
    assert (refills_of(first).count(), refills_of(fresh).count()) == (1, 0)
    page = text(tess.get("/refills/"))
    assert "too soon" in page
    assert refills_of(first).get().number in page


def test_a_too_soon_line_without_a_reason_keeps_the_list_and_asks_for_the_reason(cast, ada, first):
    fresh = cast.sold(patient=somebody(cast))
    codes = [str(first.prescription.code), str(fresh.prescription.code)]
    page = text(
        ada.post(
            "/refills/", {"do": "find_list", "numbers": f"{first.prescription.number} {fresh.prescription.number}"}
        )
    )
    assert f'name="numbers" value="{first.prescription.number} {fresh.prescription.number}"' in page
    sent = {
        "do": "refill",
        "numbers": f"{first.prescription.number} {fresh.prescription.number}",
        "too_soon": codes[1:],
    }
    answer = ada.post("/refills/", {**sent, "prescription": codes})
    assert answer.status_code == 422
    page = text(answer)
    for code in codes:
        assert f'name="prescription" value="{code}" checked' in page
    assert 'id="early_error"' in page
    assert "Nothing was started" in page
    assert not refills_of(first).exists()
    assert not refills_of(fresh).exists()
    # Who unmarks it instead is not asked again.
    ada.post("/refills/", {**sent, "prescription": codes[:1]})
    assert (refills_of(first).count(), refills_of(fresh).count()) == (1, 0)


def test_the_reason_that_was_typed_stays_where_the_refusal_is_another(cast, ada, first):
    page = text(
        ada.post("/refills/", {"do": "refill", "numbers": first.prescription.number, "early": "Leaves for two months"})
    )
    assert "Mark at least one prescription." in page
    assert f'value="{first.prescription.code}" aria-label' in page


def test_why_not_says_nothing_that_the_row_says_already(cast, ada):
    fill = cast.sold(patient=somebody(cast))
    row = text(ada.post("/refills/", {"do": "find", "scan": fill.prescription.number})).partition("<tbody>")[2]
    assert "too soon before Jan 7, 2027. A pharmacist may pass this with a reason." in row
    assert f"Rx {fill.prescription.number}:" not in row
    assert "Handed over on" not in row


def test_nothing_marked_and_nonsense_are_said_in_words(tess, first):
    assert tess.post("/refills/", {"do": "refill"}).status_code == 422
    assert tess.post("/refills/", {"do": "refill", "prescription": ["'; --"]}).status_code == 422
    assert tess.post("/refills/", {"do": "find", "scan": ""}).status_code == 422


def test_all_of_one_patient(cast, tess, first):
    path = f"/refills/{first.patient.code}/"
    assert "may be refilled" in text(tess.get(path))
    assert path in text(tess.get(f"/patients/{first.patient.code}/"))
    tess.post(path, {"do": "refill", "prescription": [str(first.prescription.code)]})
    assert refills_of(first).count() == 1


def test_from_the_prescription_s_own_page_with_less(cast, tess, first):
    path = f"/rx/{first.prescription.code}/"
    assert "Refill" in text(tess.get(path))
    tess.post(path, {"do": "refill", "quantity": "24"})
    assert refills_of(first).get().quantity == 24
    assert "is being filled already" in text(tess.get(path))


def test_max_of_another_pharmacy_finds_and_refills_nothing(seat, cast, first):
    elsewhere = Busy(seat, cast, cast.max)
    page = text(elsewhere.post("/refills/", {"do": "find", "scan": first.prescription.number}))
    assert "Flórez" not in page
    assert elsewhere.get(f"/refills/{first.patient.code}/").status_code == 404
    elsewhere.post("/refills/", {"do": "refill", "prescription": [str(first.prescription.code)]})
    assert not refills_of(first).exists()


def test_what_was_typed_is_text(tess):
    is_escaped(text(tess.post("/refills/", {"do": "find", "scan": NASTY})))


class TestOneDate:
    @pytest.fixture
    def two(self, cast, first):
        """Metformin that ran out nearly, and lisinopril that lasts nine days longer."""
        cast.clock -= timedelta(days=16)
        second = cast.dispensed(
            cast.lisinopril, quantity=Decimal(30), directions="Take 1 tablet by mouth every day.", refills=3
        )
        cast.later(16)
        return first, second

    def path(self, fill):
        return f"/refills/{fill.patient.code}/one-date/"

    def started(self, fill):
        return Fill.objects.filter(prescription_id=fill.prescription_id, common_date__isnull=False)

    def test_the_page_shows_days_working_and_the_proposed_day_and_writes_nothing(self, cast, tess, two):
        page = text(tess.get(self.path(two[0])))
        assert "All medicines on Dec 29, 2026" in page
        assert "2 x 9 days = 18 tablets" in page
        assert "due on that day" in page
        assert "Nobody has agreed to it yet" in page
        assert not CommonDate.objects.exists()
        assert self.path(two[0]) in text(tess.get(f"/refills/{two[0].patient.code}/"))

    def test_who_agreed_is_written_down_and_the_marked_are_started(self, cast, tess, two):
        sent = {
            "do": "start", "on": "2026-12-29", "prescription": [str(two[0].prescription.code)],
            "agreed_by": "Rosa Flórez", "how": "telephone",
        }  # fmt: skip
        tess.post(self.path(two[0]), sent)
        (fill,) = self.started(two[0])
        assert (fill.quantity, fill.common_date.agreed_by, fill.common_date.how) == (18, "Rosa Flórez", "telephone")
        page = text(tess.get(self.path(two[0])))
        assert "Rosa Flórez agreed to Dec 29, 2026, by telephone" in page
        assert fill.number in page
        assert "Lasts until" in text(tess.get(f"/rx/{two[0].prescription.code}/"))

    def test_without_an_agreement_nothing_is_started(self, tess, two):
        sent = {"do": "start", "on": "2026-12-29", "prescription": [str(two[0].prescription.code)]}
        assert tess.post(self.path(two[0]), sent).status_code == 422
        assert not self.started(two[0]).exists()
        assert not CommonDate.objects.exists()

    def test_another_day_is_looked_at_first(self, tess, two):
        answer = tess.post(self.path(two[0]), {"do": "look", "on": "01/05/2027"})
        assert answer.status_code == 303
        page = text(tess.get(answer["Location"]))
        assert "All medicines on Jan 5, 2027" in page
        for wrong in ("12/01/2026", "01/05/2029", "soon", ""):
            assert tess.post(self.path(two[0]), {"do": "look", "on": wrong}).status_code == 422
        assert "All medicines on Dec 29, 2026" in text(tess.get(f"{self.path(two[0])}?on=1999-01-01"))
        sent = {"do": "start", "on": "2029-01-05", "agreed_by": "Rosa", "how": "telephone"}
        assert tess.post(self.path(two[0]), sent).status_code == 422

    def test_a_prescription_of_another_patient_on_the_form_is_refused(self, cast, tess, two):
        cast.clock -= timedelta(days=25)
        other = cast.dispensed(lot=cast.lot, patient=cast.omar)
        cast.later(25)
        sent = {
            "do": "start", "on": "2027-01-20", "prescription": [str(other.prescription.code)], "agreed_by": "Rosa", "how": "telephone",
        }  # fmt: skip
        answer = tess.post(self.path(two[0]), sent)
        assert answer.status_code == 422
        assert "is another patient" in text(answer)
        # The agreement was made all the same, and is said.
        assert "Written down" in text(answer)
        assert not self.started(other).exists()

    def test_a_clerk_and_max_see_nothing(self, seat, cast, two):
        assert Busy(seat, cast, cast.carl).get(self.path(two[0])).status_code == 403
        assert Busy(seat, cast, cast.max).get(self.path(two[0])).status_code == 404

    def test_who_agreed_is_text(self, tess, two):
        tess.post(self.path(two[0]), {"do": "start", "on": "2026-12-29", "agreed_by": NASTY, "how": "telephone"})
        is_escaped(text(tess.get(self.path(two[0]))))


class TestOnConsent:
    def path(self, fill):
        return f"/rx/{fill.prescription.code}/"

    def consent(self, tess, fill, **changes):
        return tess.post(self.path(fill), {"do": "consent", "given_by": "Rosa Flórez", "how": "telephone", **changes})

    def test_consent_is_given_and_withdrawn_on_the_prescription_s_page(self, tess, first):
        assert "Refill automatically" in text(tess.get(self.path(first)))
        self.consent(tess, first)
        assert "Rosa Flórez consented by telephone" in text(tess.get(self.path(first)))
        assert "refilled automatically" in text(tess.post("/refills/", {"do": "find", "scan": first.number}))
        assert "refilled automatically" in text(tess.get(f"/refills/{first.patient.code}/"))
        tess.post(self.path(first), {"do": "withdraw_consent", "withdrawn_by": "Rosa Flórez", "how": "in_person"})
        page = text(tess.get(self.path(first)))
        assert "withdrawn by Rosa Flórez, at the counter" in page
        assert "refilled automatically" not in text(tess.post("/refills/", {"do": "find", "scan": first.number}))

    def test_schedule_ii_is_never_offered(self, cast, tess, first):
        second = cast.dispensed(cast.oxycodone, quantity=Decimal(30), days_supply=15, refills=0)
        assert "Refill automatically" not in text(tess.get(self.path(second)))
        assert self.consent(tess, second).status_code == 422

    def test_the_list_shows_what_is_due_and_one_key_starts_it_once(self, tess, first):
        assert "Nothing with a consent" in text(tess.get("/refills/due/"))
        self.consent(tess, first)
        page = text(tess.get("/refills/due/"))
        assert "may be started" in page
        assert "Rosa Flórez" in page
        assert not refills_of(first).exists()
        sent = {"do": "sweep", "prescription": [str(first.prescription.code)]}
        tess.post("/refills/due/", sent)
        tess.post("/refills/due/", sent)
        (fill,) = refills_of(first)
        assert fill.due_on is not None
        assert "Nothing with a consent" in text(tess.get("/refills/due/"))
        assert "Started automatically for" in text(tess.get(self.path(first)))

    def test_a_key_as_long_as_a_key_may_be_serves_each_that_is_marked(self, tess, first):
        self.consent(tess, first)
        sent = {"do": "sweep", "prescription": [str(first.prescription.code)], "key": "k" * 64}
        for _ in range(2):
            assert tess.post("/refills/due/", sent).status_code == 303
        assert refills_of(first).count() == 1

    def test_nothing_marked_is_said(self, tess, first):
        assert tess.post("/refills/due/", {"do": "sweep"}).status_code == 422

    def test_max_sees_and_starts_nothing(self, seat, cast, tess, first):
        self.consent(tess, first)
        elsewhere = Busy(seat, cast, cast.max)
        assert "Flórez" not in text(elsewhere.get("/refills/due/"))
        elsewhere.post("/refills/due/", {"do": "sweep", "prescription": [str(first.prescription.code)]})
        assert not refills_of(first).exists()

    def test_a_clerk_may_start_the_list_and_not_write_consents(self, seat, cast, tess, first):
        carl = Busy(seat, cast, cast.carl)
        assert self.consent(carl, first).status_code == 422
        assert carl.get("/refills/due/").status_code == 200
