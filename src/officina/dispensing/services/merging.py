"""Merging two records of one patient, and taking that back: what is at the counter, with a driver or printed stands in the way.

No row of the history moves: the merged record points to the one that stands, and whoever asks for a person's history follows it.
Decision 0010 tells why.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from officina.base.access import Actor
from officina.base.command import command
from officina.dispensing.models import Bag, Fill, PickUp
from officina.dispensing.rules.machine import FINAL
from officina.dispensing.services.allergies import screen_orders_again
from officina.kernel.errors import Refused
from officina.patients import acts, merging, person
from officina.patients.merging import CHOICES
from officina.patients.models import Merge, Patient


@command
def merge(
    actor: Actor, *, survivor: Patient, merged: Patient, at: datetime, taken: Collection[str] = (), why: str = ""
) -> Merge:
    """One record stands for both from now on; `taken` names what it takes over from the other (`CHOICES`).

    Every order under way is screened again, against both histories.
    """
    actor.must(acts.MERGE, at=at, site_id=survivor.site_id)
    actor.must(acts.MERGE, at=at, site_id=merged.site_id)
    stays, goes = _held(survivor, merged)
    if merging.is_unlike(stays, goes):
        actor.must(acts.DECIDE_IDENTITY, at=at)
        _refuse_without_reason(why)
    if unknown := set(taken) - CHOICES.keys():
        raise Refused("choice_unknown", f"A record has no {min(unknown)} to take over.")
    open_fills = _refuse_unsafe(stays, goes)
    name = goes if "name" in taken else stays
    _refuse_printed(open_fills, {f.pk: name for f in open_fills})
    made = merging.join(actor, survivor=stays, merged=goes, taken=set(taken), why=why, at=at)
    screen_orders_again(actor, open_fills, at=at)
    return made


@command
def unmerge(actor: Actor, *, merge: Merge, why: str, at: datetime) -> Merge:
    """They were two people after all: each record is again what it was, with its own history; what came since stays with the survivor."""
    actor.must(acts.DECIDE_IDENTITY, at=at, site_id=merge.site_id)
    _refuse_without_reason(why)
    stays, goes = person.hold(merge.survivor, merge.merged)
    now = Merge.objects.get(pk=merge.pk)
    if now.ended_at is not None:
        raise Refused("unmerged_before", "This merge was taken back already.")
    open_fills = _refuse_unsafe(stays, goes)
    _refuse_mixed(stays, goes)
    names = {f.pk: _restored(now, f, stays, goes) for f in open_fills}
    _refuse_printed(open_fills, names)
    merging.part(actor, merge=now, survivor=stays, merged=goes, why=why, at=at)
    screen_orders_again(actor, open_fills, at=at)
    return now


def _restored(merge: Merge, fill: Fill, stays: Patient, goes: Patient) -> Patient:
    """Whose name the fill bears once the two are apart."""
    if fill.patient_id == goes.pk:
        kept = merge.merged_before
    else:
        kept = {**merging.told(stays)}
        for name, value in merge.survivor_before.items():
            if kept[name] == merge.survivor_after[name]:
                kept[name] = value
    return Patient(last_name=kept["last_name"], first_name=kept["first_name"])


def _held(survivor: Patient, merged: Patient) -> tuple[Patient, Patient]:
    """Both records as they are now, held; Refused where they cannot be merged whatever they say."""
    if survivor.pk == merged.pk:
        raise Refused("same_record", "This is one and the same record.")
    stays, goes = person.hold(survivor, merged)
    for one in (stays, goes):
        if one.merged_into_id is not None:
            raise Refused(
                "merged_away", f"{one.number} was merged into another record already. Open the patient again."
            )
    if goes.merged.exists():
        raise Refused(
            "has_merged",
            f"Another record was merged into {goes.number}: let {goes.number} be the one that stays, or take that merge back first.",
        )
    return stays, goes


def _refuse_without_reason(why: str) -> None:
    if len(why.strip()) < 5:
        raise Refused("why_needed", "Say by what you know, in a few words.", {"why": "At least a few words"})


def _refuse_unsafe(stays: Patient, goes: Patient) -> list[Fill]:
    """The fills under way of both; Refused while somebody is at the counter, or a driver has a bag."""
    both = Patient.objects.filter(person.all_of(stays.pk) | person.all_of(goes.pk))
    rows = PickUp.objects.filter(patient__in=both, state__in=[PickUp.State.OPEN, PickUp.State.OUT])
    for pick_up in rows.select_related("patient"):
        where = (
            "at the counter: finish that pick-up"
            if pick_up.state == PickUp.State.OPEN
            else "with a driver: wait for the bag"
        )
        raise Refused("pick_up_open", f"Something of {pick_up.patient.number} is {where} first.")
    for bag in Bag.objects.filter(patient__in=both, state=Bag.State.OUT):
        raise Refused("bag_out", f"Bag {bag.number} is with a driver: wait for it first.")
    fills = Fill.objects.filter(patient__in=both).exclude(state__in=FINAL)
    return list(fills.select_related("prescription__patient", "patient").order_by("pk"))


def _refuse_mixed(stays: Patient, goes: Patient) -> None:
    """One bag holds one patient's fills: a bag that was filled while they were one must be handed over or emptied first."""
    for bag in Bag.objects.filter(state=Bag.State.WAITING, fills__patient=goes).exclude(patient=goes):
        raise Refused("bag_mixed", f"Bag {bag.number} holds fills of both: hand it over or put them back first.")
    for bag in Bag.objects.filter(state=Bag.State.WAITING, patient=goes, fills__patient=stays):
        raise Refused("bag_mixed", f"Bag {bag.number} holds fills of both: hand it over or put them back first.")


def _refuse_printed(fills: Iterable[Fill], named: dict[int, Patient]) -> None:
    """A label that is out must stay true: nobody checks a vial against a name that it does not bear."""
    for fill in fills:
        now, then = fill.patient, named[fill.pk]
        assert now is not None
        if fill.labels_printed and (now.last_name, now.first_name) != (then.last_name, then.first_name):
            raise Refused(
                "label_names_other",
                f"The label of {fill.number} is printed and says {now.first_name} {now.last_name}: "
                "hand it over or put it back first, or keep that name.",
            )
