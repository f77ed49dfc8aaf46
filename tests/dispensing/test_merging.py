"""Two records of one patient: what shows, is screened and is owed as one, what stands in the way, and exactly what was when it is taken back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

import cast as standing
from at_once import told
from cast import TODAY
from officina.base import audit
from officina.dispensing import queries, refillable, synchronising, takings
from officina.dispensing.models import Fill, PickUp
from officina.dispensing.rules.payments import Tender
from officina.dispensing.services import auto_refill, checking, entry, merging, payments, pickup, review
from officina.dispensing.services import synchronising as services
from officina.kernel.errors import Refused
from officina.patients import caps, noting
from officina.patients import merging as records
from officina.patients import queries as patients
from officina.patients import services as profiles
from officina.patients.models import Merge, NameWord, Patient
from officina.prescriptions import queries as prescriptions
from officina.prescriptions.services import consents
from officina.screening import queries as screening


@pytest.fixture
def cast(db):
    return standing.assemble()


def record(cast, *, asked=True, **details):
    """Another record of Rosa, as somebody in a hurry typed it."""
    usual = {
        "last_name": "Flores",
        "first_name": "Rosie",
        "born_on": date(1961, 3, 14),
        "sex": "F",
        "phone": "6085550999",
    }
    patient = profiles.add(cast.tess, details=profiles.Details(**{**usual, **details}), at=cast.at())
    if asked:
        profiles.no_known_allergies(cast.tess, patient=patient, at=cast.at())
    return patient


def now(patient):
    return Patient.objects.get(pk=patient.pk)


def merge(cast, gone, *, by=None, **more):
    return merging.merge(by or cast.tess, survivor=cast.rosa, merged=gone, at=cast.at(), **more)


def unmerge(cast, made, *, by=None, why="The passport says otherwise"):
    return merging.unmerge(by or cast.ada, merge=made, why=why, at=cast.at())


def refused(code, act, *args, **kwargs):
    with pytest.raises(Refused) as no:
        act(*args, **kwargs)
    assert no.value.code == code
    return no.value.sentence


def snapshot():
    """Every column of every record, and the words by which each is found."""
    words = sorted(NameWord.objects.values_list("patient_id", "word"))
    return [sorted(Patient.objects.values().order_by("pk"), key=lambda p: p["id"]), words]


def test_prescriptions_fills_allergies_conditions_and_debts_of_both_show_under_the_one(cast):
    twin = record(cast)
    mine, theirs = cast.bagged(), cast.bagged(patient=twin)
    profiles.note_allergy(cast.tess, patient=cast.rosa, text="Penicillin", severity="severe", at=cast.at())
    profiles.note_allergy(cast.tess, patient=twin, text="Sulfa", severity="mild", at=cast.at())
    profiles.note_condition(cast.tess, patient=twin, text="Asthma", at=cast.at())
    for fill in (mine, theirs):
        came = pickup.identify(
            cast.tess, last_name=fill.patient.last_name, first_name=fill.patient.first_name, born_on=fill.patient.born_on, at=cast.at()
        )  # fmt: skip
        pickup.scan_bag(cast.tess, pick_up=came, bag_number=fill.bag.number, at=cast.at())
        pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())
        pickup.hand_over(
            cast.tess, pick_up=came, signed_by="R", relation="self", tenders=(Tender(kind="account"),), at=cast.at()
        )
    owed = {p.pk: takings.balance(cast.ada, p.pk) for p in (cast.rosa, twin)}
    merge(cast, twin, why="Same address and card")
    one = patients.patient(cast.ada, str(twin.code))
    assert one.pk == cast.rosa.pk
    profile = patients.profile(one)
    assert {a.text for a in profile.allergies} == {"Penicillin", "Sulfa"}
    assert [c.text for c in profile.conditions] == ["Asthma"]
    assert {f.pk for f in queries.fills_of_patient(cast.ada, one.pk).rows} == {mine.pk, theirs.pk}
    numbers = {mine.prescription.number, theirs.prescription.number}
    assert {rx.number for rx in prescriptions.of_patient(cast.ada, one.pk)} == numbers
    assert {a.typed for a in refillable.of_patient(cast.ada, one.pk, on=TODAY)} == numbers
    assert takings.balance(cast.ada, one.pk) == sum(owed.values()) > 0
    (account,) = takings.accounts(cast.ada)
    assert (account.patient.pk, account.owed) == (one.pk, sum(owed.values()))
    assert len(takings.statement(cast.ada, one)) == 2
    paid = payments.pay_account(cast.tess, patient=one, kind="cash", amount=account.owed, given=None, at=cast.at())
    assert (paid.patient_id, takings.accounts(cast.ada)) == (one.pk, [])


def test_each_field_is_chosen_and_the_label_of_either_history_says_what_was_chosen(cast):
    twin = record(cast, street="5 Elm St", city="Madison", state="WI", language="Spanish", weight_kg=Decimal(61))
    theirs = cast.entered(patient=twin)
    merge(cast, twin, taken={"name", "phone", "language"})
    kept, gone = now(cast.rosa), now(twin)
    assert (kept.last_name, kept.first_name, kept.phone, kept.language) == ("Flores", "Rosie", "6085550999", "Spanish")
    assert (kept.street, kept.weight_kg) == ("7 Birch Rd", None)
    assert records.told(kept) == records.told(gone)
    facts = queries.label_facts(queries.fill(cast.ada, str(theirs.code)), on=TODAY)
    assert facts.patient_name == "Rosie Flores"
    profiles.change(
        cast.tess, patient=kept, at=cast.at(), details=profiles.Details(last_name="Flórez", first_name="Rosa", born_on=date(1961, 3, 14))
    )  # fmt: skip
    assert queries.label_facts(queries.fill(cast.ada, str(theirs.code)), on=TODAY).patient_name == "Rosa Flórez"
    assert records.unsound() == []


def test_taken_back_both_records_are_exactly_what_they_were(cast):
    twin = record(cast, asked=False, street="5 Elm St", city="Madison", state="WI", notes="Rings twice")
    caps.ask(cast.tess, patient=twin, asked_by="patient", asked_name="Rosie Flores", at=cast.at())
    noting.note(cast.tess, patient=cast.rosa, text="Hard of hearing", at=cast.at())
    before = snapshot()
    made = merge(cast, twin, taken=set(records.CHOICES))
    one = now(cast.rosa)
    assert one.easy_open
    assert "Rings twice" in one.notes
    assert "Hard of hearing" in one.notes
    assert one.allergies_asked_on == TODAY
    assert snapshot() != before
    unmerge(cast, made)
    assert snapshot() == before
    assert patients.patient(cast.ada, str(twin.code)).pk == twin.pk
    assert records.unsound() == []


def test_what_came_after_the_merge_stays_with_the_one_that_stands(cast):
    twin = record(cast)
    made = merge(cast, twin, taken={"phone"})
    details = profiles.Details(
        last_name="Flórez", first_name="Rosa", born_on=cast.rosa.born_on, sex="F", phone="6085550123"
    )
    profiles.change(cast.tess, patient=now(cast.rosa), details=details, at=cast.at())
    profiles.note_allergy(cast.tess, patient=now(cast.rosa), text="Latex", severity="mild", at=cast.at())
    unmerge(cast, made)
    assert (now(cast.rosa).phone, now(twin).phone) == ("6085550123", "6085550999")
    assert [len(patients.profile(now(p)).allergies) for p in (cast.rosa, twin)] == [1, 0]


def test_the_screening_sees_both_histories_while_merged_and_only_its_own_afterwards(cast):
    twin = record(cast)
    mine, theirs = cast.entered(), cast.entered(patient=twin)
    for fill in (mine, theirs):
        entry.approve_entry(cast.ada, fill=queries.fill(cast.ada, str(fill.code)), at=cast.at())

    def duplicates(fill):
        return [a.rule for a in screening.current(fill.prescription_id).alerts.all() if a.rule.startswith("duplic")]

    assert not duplicates(mine)
    assert not duplicates(theirs)
    made = merge(cast, twin)
    assert duplicates(mine)
    assert duplicates(theirs)
    fresh = queries.fill(cast.ada, str(mine.code))
    refused("alerts_open", review.clear_review, cast.ada, fill=fresh, at=cast.at())
    unmerge(cast, made)
    assert not duplicates(mine)
    assert not duplicates(theirs)
    review.clear_review(cast.ada, fill=fresh, at=cast.at())


def test_one_date_and_refills_by_themselves_go_by_all_records_of_the_person(cast):
    twin = record(cast)
    theirs = cast.sold(patient=twin)
    rx = queries.fill(cast.tess, str(theirs.code)).prescription
    consents.give(cast.tess, prescription=rx, given_by="Rosa Flórez", how="telephone", at=cast.at())
    anchor = cast.tess.day(cast.clock) + timedelta(days=45)
    services.agree(cast.tess, patient=twin, anchor=anchor, agreed_by="Rosa Flórez", how="telephone", at=cast.at())
    merge(cast, twin)
    cast.later(25)
    plan = synchronising.plan(cast.tess, now(cast.rosa), on=cast.tess.day(cast.clock))
    assert plan.agreed.on == anchor
    assert [line.rx.pk for line in plan.lines] == [rx.pk]
    (swept,) = auto_refill.sweep(cast.wire, at=cast.at())
    assert swept.fill.prescription_id == rx.pk
    line = synchronising.plan(cast.tess, now(cast.rosa), on=cast.tess.day(cast.clock)).lines[0]
    assert line.obstacle.code == "under_way"


def test_a_later_order_is_screened_against_the_merged_record_s_medicines_and_allergies(cast):
    twin = record(cast)
    cast.handed_over(cast.bagged(patient=twin))
    metformin = cast.metformin.product.drug.ingredients.get()
    profiles.note_allergy(
        cast.tess, patient=twin, text="Metformin", severity="severe", ingredient=metformin, at=cast.at()
    )
    merge(cast, twin)
    fill = entry.approve_entry(cast.ada, fill=cast.entered(), at=cast.at())
    found = {a.rule for a in screening.current(fill.prescription_id).alerts.all()}
    assert any(rule.startswith("duplic") for rule in found)
    assert any("allergy" in rule for rule in found)


def test_a_bag_that_was_checked_before_stops_at_the_hand_over_until_a_pharmacist_looked(cast):
    twin = record(cast, last_name="Flórez", first_name="Rosa", born_on=date(1961, 3, 14))
    Patient.objects.filter(pk=twin.pk).update(middle_name="M")
    mine = cast.bagged()
    theirs = cast.bagged(patient=now(twin))
    merge(cast, twin)
    came = pickup.identify(cast.tess, last_name="Florez", first_name="Rosa", born_on=cast.rosa.born_on, at=cast.at())
    for fill in (mine, theirs):
        pickup.scan_bag(cast.tess, pick_up=came, bag_number=fill.bag.number, at=cast.at())
    pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())
    refused("alerts_open", pickup.hand_over, cast.tess, pick_up=came, signed_by="Rosa", relation="self", at=cast.at())
    for fill in (mine, theirs):
        for alert in screening.current(fill.prescription_id).alerts.all():
            if alert.stops:
                review.resolve_alert(
                    cast.ada, alert=alert, resolution="prescriber_consulted", reason="Doctor wants both", at=cast.at()
                )  # fmt: skip
    done = pickup.hand_over(cast.tess, pick_up=came, signed_by="Rosa", relation="self", at=cast.at())
    assert done.state == PickUp.State.DONE
    assert set(Fill.objects.values_list("state", flat=True)) == {"sold"}


@pytest.mark.parametrize("whose", ["rosa", "twin"])
def test_nothing_is_merged_while_somebody_is_at_the_counter(cast, whose):
    twin = record(cast)
    who = {"rosa": cast.rosa, "twin": twin}[whose]
    came = pickup.identify(
        cast.tess, last_name=who.last_name, first_name=who.first_name, born_on=who.born_on, at=cast.at()
    )
    assert who.number in refused("pick_up_open", merge, cast, twin)
    assert now(twin).merged_into_id is None
    pickup.leave(cast.tess, pick_up=came, at=cast.at())
    made = merge(cast, twin)
    pickup.identify(cast.tess, last_name="Florez", first_name="Rosa", born_on=cast.rosa.born_on, at=cast.at())
    refused("pick_up_open", unmerge, cast, made)


def test_a_printed_label_must_stay_true(cast):
    twin = record(cast)
    fill = cast.bagged(patient=twin)
    assert fill.number in refused("label_names_other", merge, cast, twin)
    made = merge(cast, twin, taken={"name"})
    cast.handed_over(queries.fill(cast.tess, str(fill.code)))
    unmerge(cast, made)
    assert (now(cast.rosa).last_name, now(twin).last_name) == ("Flórez", "Flores")


def test_a_bag_filled_for_both_is_not_torn_apart_by_parting_them(cast):
    twin = record(cast, last_name="Flórez", first_name="Rosa")
    theirs = cast.bagged(patient=twin)
    mine = cast.checked()
    made = merge(cast, twin)
    checking.bag(cast.tess, fill=mine, bin_name="", into=queries.bag(cast.tess, theirs.bag.number), at=cast.at())
    assert theirs.bag.number in refused("bag_mixed", unmerge, cast, made)


def test_a_bag_of_another_person_still_stops_after_a_merge(cast):
    twin = record(cast)
    merge(cast, twin)
    omars = cast.bagged(patient=cast.omar)
    came = pickup.identify(cast.tess, last_name="Florez", first_name="Rosa", born_on=cast.rosa.born_on, at=cast.at())
    refused("wrong_patient", pickup.scan_bag, cast.tess, pick_up=came, bag_number=omars.bag.number, at=cast.at())


def test_what_was_scanned_before_the_records_were_parted_is_not_handed_over(cast):
    twin = record(cast, last_name="Flórez", first_name="Rosa")
    theirs = cast.bagged(patient=twin)
    made = merge(cast, twin)
    came = pickup.identify(cast.tess, last_name="Florez", first_name="Rosa", born_on=cast.rosa.born_on, at=cast.at())
    pickup.scan_bag(cast.tess, pick_up=came, bag_number=theirs.bag.number, at=cast.at())
    pickup.counsel(cast.tess, pick_up=came, outcome="declined", at=cast.at())
    # As if another transaction parted them in the very moment in which the pick-up was opened.
    Patient.objects.filter(pk=twin.pk).update(merged_into=None)
    refused("wrong_patient", pickup.hand_over, cast.tess, pick_up=came, signed_by="Rosa", relation="self", at=cast.at())
    assert made.ended_at is None
    assert queries.fill(cast.tess, str(theirs.code)).state == "bin"


def test_other_birth_dates_take_a_pharmacist_and_a_reason(cast):
    twin = record(cast, born_on=date(1961, 4, 13))
    assert "Technicians may not" in refused("not_in_role", merge, cast, twin, why="She says so herself")
    refused("why_needed", merge, cast, twin, by=cast.ada)
    made = merge(cast, twin, by=cast.ada, why="The passport says Mar 14", taken=set())
    assert (now(twin).born_on, made.why) == (date(1961, 3, 14), "The passport says Mar 14")


def test_who_may_not_and_what_cannot_be_merged(cast):
    twin, third = record(cast), record(cast, last_name="Florez", first_name="R")
    refused("not_in_role", merge, cast, twin, by=cast.carl)
    refused("licence_lapsed", merge, cast, twin, by=cast.lapsed)
    refused("wrong_site", merge, cast, twin, by=cast.max)
    refused("same_record", merge, cast, cast.rosa)
    refused("choice_unknown", merge, cast, twin, taken={"allergies"})
    made = merge(cast, twin)
    refused("merged_away", merge, cast, twin)
    refused("has_merged", merging.merge, cast.tess, survivor=third, merged=cast.rosa, at=cast.at())
    merge(cast, third)
    refused("not_in_role", unmerge, cast, made, by=cast.tess)
    refused("wrong_site", unmerge, cast, made, by=cast.max)
    refused("why_needed", unmerge, cast, made, why=" ")
    unmerge(cast, made)
    refused("unmerged_before", unmerge, cast, made)
    assert now(third).merged_into_id == cast.rosa.pk
    assert records.unsound() == []


def test_an_old_page_of_the_merged_record_changes_nothing(cast):
    twin = record(cast)
    merge(cast, twin)
    details = profiles.Details(last_name="Other", first_name="Name", born_on=date(1990, 1, 1))
    refused("merged_away", profiles.change, cast.tess, patient=twin, details=details, at=cast.at())
    refused("merged_away", noting.note, cast.tess, patient=twin, text="x", at=cast.at())
    refused(
        "merged_away",
        payments.pay_account,
        cast.tess,
        patient=twin,
        kind="cash",
        amount=Decimal(1),
        given=None,
        at=cast.at(),
    )


def test_what_hangs_on_a_merged_record_by_a_late_hand_is_seen_all_the_same(cast):
    twin = record(cast)
    fill = cast.entered(patient=twin)
    merge(cast, twin)
    profiles.note_allergy(cast.tess, patient=twin, text="Latex", severity="mild", at=cast.at())
    late = cast.entered(patient=twin)
    assert [a.text for a in patients.profile(now(cast.rosa)).allergies] == ["Latex"]
    assert {f.pk for f in queries.fills_of_patient(cast.ada, cast.rosa.pk).rows} == {fill.pk, late.pk}


def test_the_audit_trail_tells_who_merged_what_and_who_took_it_back(cast):
    twin = record(cast)
    made = merge(cast, twin, taken={"phone"})
    unmerge(cast, made)
    rows = {e.verb: e for e in audit.entries(cast.ada, on_codes=[str(cast.rosa.code)]).rows}
    merged, parted = rows["patient.merged"], rows["patient.unmerged"]
    assert (merged.name, merged.before["phone"], merged.after["phone"]) == ("Tess Young", "6085550111", "6085550999")
    assert (merged.after["merged"], parted.name, parted.why) == (twin.number, "Ada Park", "The passport says otherwise")
    assert parted.after["phone"] == "6085550111"


def test_the_check_tells_of_records_that_were_changed_behind_the_journal(cast):
    twin = record(cast)
    merge(cast, twin)
    assert records.unsound() == []
    Patient.objects.filter(pk=twin.pk).update(last_name="Else")
    assert "does not say the same" in records.unsound()[0]
    Patient.objects.filter(pk=twin.pk).update(merged_into=None)
    assert "do not agree" in records.unsound()[0]


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_two_who_merge_each_into_the_other_at_once_make_no_circle(together):
    cast = standing.assemble()
    twin = record(cast)
    answers = together(
        *[lambda: merging.merge(cast.tess, survivor=cast.rosa, merged=twin, at=cast.at())] * 4,
        *[lambda: merging.merge(cast.theo, survivor=twin, merged=cast.rosa, at=cast.at())] * 4,
    )
    assert told(answers)["done"] == 1
    assert set(told(answers)) <= {"done", "merged_away", "has_merged"}
    assert Merge.objects.filter(ended_at=None).count() == Patient.objects.exclude(merged_into=None).count() == 1
    assert records.unsound() == []


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_while_records_are_merged_and_parted_nothing_that_others_write_is_lost(together):
    cast = standing.assemble()
    twin = record(cast)

    def back_and_forth():
        for _ in range(4):
            made = merging.merge(cast.ada, survivor=cast.rosa, merged=twin, at=cast.at())
            merging.unmerge(cast.ada, merge=made, why="They are two", at=cast.at())

    def allergies(patient, start):
        for n in range(start, start + 5):
            profiles.note_allergy(cast.tess, patient=Patient.objects.get(pk=patient.pk), text=f"A{n}", at=cast.at())

    answers = together(back_and_forth, lambda: allergies(cast.rosa, 0), lambda: allergies(twin, 5))
    assert set(told(answers)) == {"done"}
    assert records.unsound() == []
    assert [len(patients.profile(now(p)).allergies) for p in (cast.rosa, twin)] == [5, 5]
    merging.merge(cast.ada, survivor=cast.rosa, merged=twin, at=cast.at())
    assert len(patients.profile(now(cast.rosa)).allergies) == 10
