"""An allergy that is noted while a medicine is under way stops it at once, wherever it stands; struck out or answered, it goes on."""

import pytest

from cast import assemble
from officina.dispensing import queries
from officina.dispensing.services import allergies, checking, entry, pickup, review
from officina.drugs.models import Ingredient
from officina.kernel.errors import Refused
from officina.patients.models import Allergy, Patient
from officina.screening import queries as screening


@pytest.fixture
def cast(db):
    return assemble()


def refused(code, act, *args, **kwargs):
    with pytest.raises(Refused) as no:
        act(*args, **kwargs)
    assert no.value.code == code


def noted(cast, patient=None, key="metformin"):
    return allergies.note_allergy(
        cast.tess,
        patient=patient or cast.rosa,
        text=key,
        ingredient=Ingredient.objects.get(key=key),
        severity="severe",
        at=cast.at(),
    )


def at_the_counter(cast, fill):
    who = fill.patient
    came = pickup.identify(
        cast.tess, last_name=who.last_name, first_name=who.first_name, born_on=who.born_on, at=cast.at()
    )
    pickup.scan_bag(cast.tess, pick_up=came, bag_number=fill.bag.number, at=cast.at())
    pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())
    return came


def hand_over(cast, came):
    return pickup.hand_over(cast.tess, pick_up=came, signed_by="Rosa Flórez", relation="self", at=cast.at())


def test_a_bag_that_was_checked_is_not_handed_over_against_an_allergy_noted_since(cast):
    fill = cast.bagged()
    came = at_the_counter(cast, fill)
    found = noted(cast)
    assert found.screened == found.stopped == (fill.number,)
    refused("alerts_open", hand_over, cast, came)
    for alert in screening.current(fill.prescription_id).alerts.all():
        if alert.stops:
            said = {"resolution": "prescriber_consulted", "reason": "Takes it for years"}
            review.resolve_alert(cast.ada, alert=alert, **said, at=cast.at())
    assert hand_over(cast, came).state == "done"


def test_struck_out_it_stops_nothing_any_more(cast):
    fill = cast.bagged()
    came = at_the_counter(cast, fill)
    noted(cast)
    allergy = Allergy.objects.get(patient=cast.rosa, text="metformin")
    ended = allergies.strike_allergy(cast.tess, patient=cast.rosa, allergy=allergy, why="mixed up", at=cast.at())
    assert (ended.screened, ended.stopped) == ((fill.number,), ())
    assert hand_over(cast, came).state == "done"


def test_a_fill_at_the_final_check_stops_and_needs_no_screening_by_hand(cast):
    fill = cast.filled()
    noted(cast)
    fill = queries.fill(cast.tess, str(fill.code))
    refused("alerts_open", checking.verify, cast.ada, fill=fill, at=cast.at())


def test_what_it_has_nothing_to_do_with_goes_on(cast):
    fill = cast.bagged()
    came = at_the_counter(cast, fill)
    found = noted(cast, key="oxycodone")
    assert (found.screened, found.stopped) == ((fill.number,), ())
    assert hand_over(cast, came).state == "done"


def test_what_was_not_entered_yet_is_screened_when_it_is(cast):
    cast.entered()
    assert noted(cast) == allergies.Noted((), ())


def test_the_answer_of_a_pharmacist_to_the_same_finding_stands(cast):
    noted(cast)
    fill = cast.entered()
    fill = entry.approve_entry(cast.ada, fill=fill, at=cast.at())
    for alert in screening.current(fill.prescription_id).alerts.all():
        if alert.stops:
            said = {"resolution": "prescriber_consulted", "reason": "Takes it for years"}
            review.resolve_alert(cast.ada, alert=alert, **said, at=cast.at())
    found = noted(cast, key="oxycodone")
    assert (found.screened, found.stopped) == ((fill.number,), ())


def test_an_allergy_of_a_record_that_was_merged_in_counts_for_the_fills_of_the_person(cast):
    fill = cast.bagged()
    stands = Patient.objects.get(pk=cast.rosa.pk)
    twin = Patient.objects.create(
        site_id=stands.site_id, number="P9", last_name="Flores", first_name="Rosa", born_on=stands.born_on,
        name_key="flores|rosa", sex="F", merged_into=stands,
    )  # fmt: skip
    assert noted(cast, patient=twin).stopped == (fill.number,)


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_noted_and_handed_over_at_once_it_is_stopped_or_was_in_the_patient_s_hand_before(transactional_db, together):
    cast = assemble()
    fill = cast.bagged()
    came = at_the_counter(cast, fill)
    sold, found = together(lambda: hand_over(cast, came), lambda: noted(cast))
    now = queries.fill(cast.tess, str(fill.code))
    assert isinstance(found, allergies.Noted), found
    if isinstance(sold, Refused):
        assert (sold.code, now.state, found.stopped) == ("alerts_open", "bin", (fill.number,))
    else:
        assert (now.state, found.stopped) == ("sold", ())
