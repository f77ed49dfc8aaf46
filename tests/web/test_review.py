"""The review desk: is the entry what was written, what did the screening find, and why was it let through?"""

from datetime import date

import pytest

from officina.dispensing import queries
from officina.dispensing.services import entry, merging, review
from officina.drugs.models import Ingredient
from officina.patients import services as patients
from officina.prescriptions.models import Prescription
from officina.prescriptions.written import WrittenPatient
from officina.screening import queries as screening
from officina.web import rail

HTMX = {"HX-Request": "true", "HX-Target": "work"}
NASTY = """<script>alert("x")</script>'"""
NOBODY = "00000000-0000-4000-8000-000000000000"
LIST_COST, WORK_COST = 11, 24


def text(answer):
    return " ".join(answer.content.decode().split())


def again(cast, fill):
    return queries.fill(cast.ada, str(fill.code))


def post(client, fill, do, headers=HTMX, **fields):
    fields.setdefault("version", fill.version)
    return client.post(f"/review/{fill.code}/", {"do": do, **fields}, headers=headers)


def alert_of(fill):
    found = screening.current(fill.prescription_id)
    return next(a for a in found.alerts.all() if a.stops)


@pytest.fixture
def ada(seat, cast):
    return seat(cast.ada)


@pytest.fixture
def fill(cast):
    """Waits for the entry check."""
    return cast.entered()


@pytest.fixture
def alerted(cast):
    """In clinical review, with the one serious alert that Rosa's allergy to metformin makes."""
    patients.note_allergy(
        cast.tess,
        patient=cast.rosa,
        text="Metformin",
        ingredient=Ingredient.objects.get(key="metformin"),
        reaction="Hives",
        at=cast.at(),
    )
    return entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at())


class TestTheList:
    def test_it_shows_what_waits_and_nothing_of_other_steps(self, cast, ada):
        assert "Entered prescriptions come here" in text(ada.get("/review/"))
        received, entered = cast.received(), cast.entered()
        page = text(ada.get("/review/"))
        assert f"/review/{entered.code}/" in page
        assert f"/review/{received.code}/" not in page

    def test_max_of_another_pharmacy_sees_nothing(self, seat, cast, alerted):
        elsewhere = seat(cast.max)
        assert "Flórez" not in text(elsewhere.get("/review/"))
        assert elsewhere.get(f"/review/{alerted.code}/").status_code == 404
        alert = alert_of(alerted)
        for do in ("approve_entry", "send_back", "resolve", "screen_again", "clear_review", "hold", "cancel"):
            answer = post(
                elsewhere,
                alerted,
                do,
                headers={},
                why="Mine",
                alert=alert.code,
                resolution="not_applicable",
                reason="Because I say",
            )
            assert answer.status_code in {404, 422}, do
            assert "Flórez" not in text(answer)
        assert (again(cast, alerted).state, alert_of(alerted).pk) == ("clinical_review", alert.pk)

    @pytest.mark.parametrize("who", ["carl", "tess"])
    def test_who_may_not_review_is_told_so(self, seat, cast, fill, who):
        client = seat(getattr(cast, who))
        for path in ("/review/", f"/review/{fill.code}/"):
            answer = client.get(path)
            assert answer.status_code == 403
            assert "may not" in text(answer)
        assert post(client, fill, "approve_entry").status_code in {403, 422}
        assert again(cast, fill).state == "entry_check"

    @pytest.mark.parametrize("many", [1, 20])
    def test_the_cost_of_a_page_does_not_grow_with_the_work(self, seat, cast, many, django_assert_max_num_queries):
        made = [cast.entered() for _ in range(many)]
        first = entry.approve_entry(cast.ada, fill=made[0], at=cast.at())
        ada = seat(cast.ada)
        with django_assert_max_num_queries(LIST_COST):
            assert text(ada.get("/review/")).count('class="row"') == many
        with django_assert_max_num_queries(WORK_COST):
            assert ada.get(f"/review/{first.code}/").status_code == 200


class TestTheEntryCheck:
    def test_written_and_entered_stand_side_by_side_and_are_right(self, cast, ada, fill):
        page = text(ada.get(f"/review/{fill.code}/"))
        assert "Written and entered" in page
        assert "Entered by" in page
        answer = post(ada, fill, "approve_entry")
        assert answer.status_code == 200
        assert "Look at what the screening found." in text(answer)
        assert again(cast, fill).state == "clinical_review"

    def test_a_difference_is_marked(self, cast, ada):
        wrong = cast.entered(refills=5)
        assert "differs" in text(ada.get(f"/review/{wrong.code}/"))

    def test_sent_back_with_the_reason(self, cast, ada, fill):
        answer = post(ada, fill, "send_back", why=" ")
        assert answer.status_code == 422
        assert "Say why." in text(answer)
        answer = post(ada, fill, "send_back", headers={}, why="It says 90")
        assert (answer.status_code, answer["Location"]) == (303, "/review/")
        assert again(cast, fill).state == "entering"

    def test_an_intern_reviews_but_does_not_check_the_entry(self, seat, cast, fill):
        ivo = seat(cast.ivo)
        page = text(ivo.get(f"/review/{fill.code}/"))
        assert "A pharmacist checks the entry." in page
        answer = post(ivo, fill, "approve_entry")
        assert answer.status_code == 422
        assert "may not" in text(answer)
        assert again(cast, fill).state == "entry_check"

    @pytest.mark.parametrize("do", ["approve_entry", "send_back", "clear_review", "screen_again", "hold", "cancel"])
    @pytest.mark.parametrize("version", ["", "0", "999", "abc", "²"])
    def test_an_older_page_changes_nothing(self, cast, ada, fill, do, version):
        answer = post(ada, fill, do, version=version, why="Because")
        assert answer.status_code == 409
        assert "look at it again" in text(answer)
        assert again(cast, fill).state == "entry_check"

    def test_two_who_approve_and_the_slower_is_told(self, seat, cast, ada, fill):
        assert post(ada, fill, "approve_entry").status_code == 200
        assert post(seat(cast.pia), fill, "approve_entry").status_code == 409

    def test_review_before_the_entry_check_is_refused(self, cast, ada, fill):
        assert post(ada, fill, "clear_review").status_code == 422
        assert post(ada, fill, "screen_again").status_code == 422
        assert screening.current(fill.prescription_id) is None
        assert again(cast, fill).state == "entry_check"


class TestTheClinicalReview:
    def test_a_serious_alert_stops_until_it_is_answered_with_a_reason(self, cast, ada, alerted):
        page = text(ada.get(f"/review/{alerted.code}/"))
        assert "Metformin" in page
        answer = post(ada, alerted, "clear_review")
        assert answer.status_code == 422
        assert "must be resolved by a pharmacist first" in text(answer)
        alert = alert_of(alerted)
        answer = post(ada, alerted, "resolve", alert=alert.code, resolution="not_applicable", reason="")
        assert answer.status_code == 422
        assert alert_of(alerted).pk == alert.pk
        answer = post(ada, alerted, "resolve", alert=alert.code, resolution="nonsense", reason="Takes it for years")
        assert answer.status_code == 422
        assert 'value="Takes it for years"' in text(answer)
        resolution = "not_applicable"
        answer = post(ada, alerted, "resolve", alert=alert.code, resolution=resolution, reason="Takes it for years")
        assert answer.status_code == 200
        assert "Ada Park: Takes it for years" in text(answer)
        answer = post(ada, again(cast, alerted), "clear_review", headers={})
        assert (answer.status_code, answer["Location"]) == (303, "/review/")
        assert again(cast, alerted).state == "waiting_for_payment"

    def test_two_who_resolve_and_the_slower_is_told(self, seat, cast, ada, alerted):
        alert, resolution = alert_of(alerted), "not_applicable"
        facts = {"alert": alert.code, "resolution": resolution, "reason": "Takes it for years"}
        assert post(ada, alerted, "resolve", **facts).status_code == 200
        answer = post(seat(cast.pia), alerted, "resolve", **facts | {"reason": "Something else"})
        assert answer.status_code == 409
        assert "Ada Park: Takes it for years" in text(answer)

    @pytest.mark.parametrize("code", ["", "abc", NOBODY, NASTY])
    def test_an_alert_that_is_none_is_refused(self, ada, alerted, code):
        answer = post(ada, alerted, "resolve", alert=code, resolution="not_applicable", reason="Because of it")
        assert answer.status_code == 422
        assert "<script>alert" not in text(answer)

    def test_a_profile_that_changed_is_screened_again_first(self, cast, ada, fill):
        reviewed = entry.approve_entry(cast.ada, fill=fill, at=cast.at())
        patients.note_allergy(
            cast.tess,
            patient=cast.rosa,
            text="Metformin",
            ingredient=Ingredient.objects.get(key="metformin"),
            reaction="Hives",
            at=cast.at(),
        )
        answer = post(ada, reviewed, "clear_review")
        assert answer.status_code == 422
        assert "screen again" in text(answer)
        answer = post(ada, again(cast, reviewed), "screen_again")
        assert answer.status_code == 200
        assert "Metformin" in text(answer)
        assert post(ada, again(cast, reviewed), "clear_review").status_code == 422

    def test_what_was_not_screened_is_said(self, cast, ada, fill):
        reviewed = entry.approve_entry(cast.ada, fill=fill, at=cast.at())
        assert "Not screened:" in text(ada.get(f"/review/{reviewed.code}/"))

    def test_a_change_of_the_order_says_why_to_the_next_check(self, cast, ada):
        ready = cast.ready()
        entry.amend(
            cast.pia,
            fill=ready,
            entry=cast.entry(refills=0),
            package=cast.metformin,
            why="Prescriber called",
            at=cast.at(),
        )
        page = text(ada.get(f"/review/{ready.code}/"))
        assert "Prescriber called" in page
        assert "Pia Moreau" in page

    def test_hold_and_cancel_lead_back_to_the_list(self, cast, ada, alerted):
        assert post(ada, alerted, "hold", why="").status_code == 422
        assert post(ada, alerted, "hold", headers={}, why="Asking the prescriber").status_code == 303
        assert again(cast, alerted).state == "held"
        other = cast.entered()
        assert post(ada, other, "cancel", headers={}, why="Not wanted").status_code == 303
        assert again(cast, other).state == "cancelled"


def test_a_name_that_is_a_script_is_text_everywhere(cast, ada):
    mean = patients.add(
        cast.tess,
        details=patients.Details(last_name=NASTY, first_name='"O\'Neil"', born_on=date(1970, 1, 1), sex="F"),
        at=cast.at(),
    )
    patients.note_allergy(cast.tess, patient=mean, text=NASTY, ingredient=None, reaction=NASTY, at=cast.at())
    fill = cast.received(
        patient=WrittenPatient(last_name=NASTY, first_name=NASTY), sig_text=NASTY, drug_text=NASTY, note=NASTY
    )
    fill = entry.start_entry(cast.tess, fill=fill, at=cast.at())
    fill = entry.submit_entry(
        cast.tess, fill=fill, entry=cast.entry(patient=mean, note=NASTY), package=cast.metformin, at=cast.at()
    )
    for answer in (
        ada.get("/review/"),
        ada.get(f"/review/{fill.code}/"),
        post(ada, fill, "approve_entry"),
        post(ada, again(cast, fill), "send_back", why=""),
    ):
        assert "<script>alert" not in text(answer)
        assert "&lt;script&gt;alert" in text(answer)


@pytest.fixture
def stopped(cast):
    """In its bin, checked; then a record is merged that knows of an allergy to it."""
    fill = cast.bagged()
    details = patients.Details(last_name="Flores", first_name="Rosie", born_on=cast.rosa.born_on, sex="F")
    twin = patients.add(cast.tess, details=details, at=cast.at())
    metformin = Ingredient.objects.get(key="metformin")
    patients.note_allergy(
        cast.tess, patient=twin, text="Metformin", ingredient=metformin, severity="anaphylaxis", at=cast.at()
    )
    merging.merge(cast.tess, survivor=cast.rosa, merged=twin, at=cast.at())
    return again(cast, fill)


class TestWhatIsStoppedSinceItWasCleared:
    def test_it_stands_at_the_review_desk_and_on_the_counter_until_it_is_answered(self, seat, cast, stopped):
        path, ada = f"/review/{stopped.code}/", seat(cast.ada)
        for page in (text(ada.get("/review/")), text(ada.get("/"))):
            assert "Stopped by a new alert" in page
            assert path in page
        page = text(ada.get(path))
        assert "was found since" in page
        assert "bin A1" in page
        assert alert_of(stopped).sentence in page
        alert = alert_of(stopped)
        answer = post(
            ada, stopped, "resolve", alert=alert.code, resolution="patient_consulted", reason="Takes it daily"
        )
        assert answer.status_code == 200
        assert "Stopped by a new alert" not in text(answer)
        assert "Stopped by a new alert" not in text(ada.get("/"))
        assert cast.handed_over(again(cast, stopped)).state == "sold"

    def test_the_rail_counts_it(self, cast, stopped):
        def waits():
            return next(s.waiting for s in rail.stops(cast.ada, "/", at=cast.clock) if s.desk.name == "review")

        assert (waits(), alert_of(stopped).severity <= 2) == (1, True)
        alert = alert_of(stopped)
        review.resolve_alert(cast.ada, alert=alert, resolution="not_applicable", reason="Was an error", at=cast.at())
        assert waits() == 0

    def test_it_is_screened_again_from_there(self, seat, cast, stopped):
        ada = seat(cast.ada)
        assert "Screen again" in text(ada.get(f"/review/{stopped.code}/"))
        assert post(ada, stopped, "screen_again").status_code == 200
        assert again(cast, stopped).state == "bin"
        assert alert_of(stopped).stops

    def test_a_technician_sees_on_the_counter_that_it_is_stopped_and_answers_nothing(self, seat, cast, stopped):
        tess = seat(cast.tess)
        page = text(tess.get("/"))
        assert "Stopped by a new alert" in page
        assert f"/review/{stopped.code}/" not in page
        alert = alert_of(stopped)
        post(tess, stopped, "resolve", alert=alert.code, resolution="not_applicable", reason="Because I say")
        assert alert_of(stopped).pk == alert.pk

    def test_another_pharmacy_sees_nothing_of_it(self, seat, cast, stopped):
        client = seat(cast.max)
        for path in ("/", "/review/"):
            assert "Stopped by a new alert" not in text(client.get(path))

    def test_a_cleared_fill_without_a_new_alert_is_not_called_stopped(self, seat, cast):
        fill = cast.bagged()
        ada = seat(cast.ada)
        assert "Stopped" not in text(ada.get("/review/"))
        assert "was found since" not in text(ada.get(f"/review/{fill.code}/"))


def test_what_the_patient_takes_stands_there_however_many_orders_came_since(seat, cast):
    """One lisinopril that is taken, and 21 orders that ended: the newest alone would say that no other medicine is known."""
    taken = cast.dispensed(cast.lisinopril).prescription
    for number in range(21):
        Prescription.objects.create(
            site_id=cast.ada.site_id,
            number=f"ended-{number}",
            origin="1",
            received_at=cast.at(),
            written={},
            patient=cast.rosa,
            drug=cast.metformin.product.drug,
            is_active=False,
        )
    fill = entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at())
    ada = seat(cast.ada)
    page = text(ada.get(f"/review/{fill.code}/"))
    assert "No other medicine is known here." not in page
    assert taken.directions in page
    assert "lisinopril" in page
    assert taken.number in text(ada.get(f"/patients/{cast.rosa.code}/"))


class TestTheOneAlertStandsOut:
    @pytest.fixture
    def alarmed(self, cast):
        """Waits for the review with a serious alert."""
        metformin = Ingredient.objects.get(key="metformin")
        patients.note_allergy(
            cast.tess,
            patient=cast.rosa,
            text="Metformin",
            ingredient=metformin,
            reaction="hives",
            severity="severe",
            at=cast.at(),
        )
        return entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at())

    def test_its_row_is_marked_and_clearing_is_not_the_next_act(self, seat, cast, alarmed):
        other = cast.entered(patient=cast.omar)
        ada = seat(cast.ada)
        page = text(ada.get(f"/review/{alarmed.code}/"))
        rows = {
            code: page.partition(f'href="/review/{code}/"')[2].partition("</a>")[0]
            for code in (alarmed.code, other.code)
        }
        assert "alert" in rows[alarmed.code]
        assert "alert" not in rows[other.code]
        button = page.partition('value="clear_review"')[2].partition("Clear review")[0].rpartition("<button")[2]
        assert 'class="go"' not in button
        answer = post(
            ada, alarmed, "resolve", alert=alert_of(alarmed).code, resolution="patient_consulted", reason="Asked"
        )
        button = text(answer).partition('value="clear_review"')[2].partition("Clear review")[0].rpartition("<button")[2]
        assert 'class="go"' in button

    def test_it_says_the_allergy_and_what_the_medicine_contains(self, cast, alarmed):
        assert alert_of(alarmed).sentence == "Allergic to Metformin (severe: hives). This medicine contains metformin."

    def test_what_is_never_screened_is_quiet_and_what_is_missing_for_this_patient_is_not(self, seat, cast):
        patients.note_allergy(cast.tess, patient=cast.rosa, text="moon dust", severity="unknown", at=cast.at())
        fill = entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at())
        page = text(seat(cast.ada).get(f"/review/{fill.code}/"))
        always = page[: page.index("Not screened: dose")].rpartition("<p ")[2]
        mine = page[: page.index("Not screened: allergy to moon dust")].rpartition("<p ")[2]
        assert "look" not in always
        assert "look" in mine
