"""Two records of one person by keyboard: found as likely, looked at side by side, merged by choice, and parted again."""

from datetime import date

import pytest

from officina.patients import services as patients
from officina.patients.models import Merge, Patient

pytestmark = pytest.mark.browser


def now(patient):
    return Patient.objects.get(pk=patient.pk)


def test_merged_and_parted_again_without_a_mouse(cast, sits):
    details = patients.Details(
        last_name="Flores", first_name="Rosie", born_on=date(1961, 3, 14), sex="F", phone="6085550999"
    )
    twin = patients.add(cast.tess, details=details, at=cast.at())
    patients.note_allergy(cast.tess, patient=twin, text="Penicillin", severity="severe", at=cast.at())
    before = [now(p).__dict__ | {"_state": None} for p in (cast.rosa, twin)]
    ada = sits("ada", "/")
    ada.go("t", "Patients")
    ada.press("Alt+U")
    ada.sees("names alike", "#work")
    ada.page.wait_for_timeout(200)
    ada.press("j", "Enter")
    ada.sees("One person or two?", "#work")
    ada.sees("Penicillin", "#work")
    ada.tab_to("phone")
    ada.press("ArrowDown")
    ada.tab_to("why")
    ada.types("Her card says so")
    ada.press("Control+Enter")
    ada.is_told("done", f"{twin.number} now shows under {cast.rosa.number}")
    ada.sees("Penicillin", ".banner")
    assert (now(cast.rosa).phone, now(cast.rosa).last_name) == ("6085550999", "Flórez")
    assert Merge.objects.get().why == "Her card says so"
    ada.press("Alt+A")
    ada.types("She has a sister")
    ada.press("Enter")
    ada.is_told("look", f"{twin.number} stands for itself again")
    assert [now(p).__dict__ | {"_state": None} for p in (cast.rosa, twin)] == before


def test_somebody_misspelt_is_proposed_and_opened_by_keyboard_only_by_choice(cast, sits):
    tess = sits("tess", "/patients/")
    tess.types("flroez rosa")
    tess.press("Enter")
    tess.sees("Did you mean one of these?", "#found")
    assert tess.page.url.endswith("/patients/")
    tess.press("Escape", "j", "Enter")
    tess.sees("Flórez", ".banner")
