"""The entry desk: the order as written on one side, as entered on the other."""

from functools import partial
from typing import Any

from django.http import HttpResponse

from officina.dispensing import medicines, queries
from officina.dispensing.acts import AMEND
from officina.dispensing.queries import Fill
from officina.dispensing.services import entry, review
from officina.dosing import wording
from officina.dosing.scan import expanded
from officina.drugs import queries as drugs
from officina.inventory import queries as stock
from officina.kernel.errors import ParseError, Refused
from officina.kernel.quantity import D
from officina.patients import queries as patients
from officina.patients import services as patient_services
from officina.prescriptions import queries as prescriptions
from officina.prescriptions import suggestions, supply
from officina.prescriptions.acts import ENTER
from officina.prescriptions.services import orders as prescribing
from officina.prescriptions.services.orders import Entry
from officina.web import comparing
from officina.web.answers import Context, Go, go, page, shown, tell
from officina.web.desks import ENTRY
from officina.web.entry.forms import AddressForm, DrugForm, EntryForm, NewPatientForm, NewPrescriberForm, RoleForm
from officina.web.forms import form, reason, version
from officina.web.http import DeskRequest

FEW = 5
"""So many packages are shown at once where fewer are on hand; the others are folded away, and their number is told."""


@page("entry/desk.html", parts=("rows",), needs=(ENTER,))
def desk(request: DeskRequest) -> Context:
    return {"desk": ENTRY, "rows": partial(queries.worklist, request.actor, *ENTRY.states)}


@page("entry/work.html", parts=("work",), needs=(ENTER, AMEND))
def work(request: DeskRequest, code: str) -> Context:
    fill = queries.fill(request.actor, code)
    rx = fill.prescription
    found = suggestions.suggest(request.actor, rx)
    order = found.order
    drug = _drug(request, fill, found)
    packages = _packages(request, fill, drug)
    initial = _initial(fill, found)
    told = _supply(request, drug, packages, initial)
    if told and told.days is not None and rx.drug is None and initial["days_supply"] is None:
        initial["days_supply"] = told.days
    made = form(request, EntryForm, initial=initial)
    packages, at_once = _at_hand_first(packages, chosen=str(made["package"].value() or ""))
    return {
        "desk": ENTRY,
        "fill": fill,
        "back": queries.came_back(fill),
        "order": order,
        "lines": comparing.lines(order, rx, found.codes),
        "role": form(request, RoleForm),
        "address": form(request, AddressForm, prefix="address", initial=_written(order.prescriber)),
        "read": _read(request, found, made),
        "kept": rx.written.get("kept", []),
        "pictures": prescriptions.attachments(rx.pk),
        "found": found,
        "drug": drug,
        "medicines": _near(request, order.drug_text) if drug is None else None,
        "packages": packages,
        "at_once": at_once,
        "entry": made,
        "supply": told,
        "supply_differs": supply.differs(told, _whole(made["days_supply"].value())) if told else "",
        "new_patient": form(request, NewPatientForm, prefix="patient", initial=_written(order.patient)),
        "new_prescriber": form(request, NewPrescriberForm, prefix="prescriber", initial=_written(order.prescriber)),
        "find": form(request, DrugForm, initial={"text": order.drug_text}),
        "is_change": fill.state not in {"received", "entering"},
    }


def _read(request: DeskRequest, found: suggestions.Suggestion, made: EntryForm) -> wording.Wording | None:
    """How the directions of the form are read, where somebody asked for it."""
    if request.POST.get("do") != "read_directions":
        return None
    return wording.of(str(made["directions"].value() or ""), found.codes)


def _written(person: Any) -> dict[str, Any]:
    return {f: getattr(person, f) for f in person.__dataclass_fields__}


def _drug(request: DeskRequest, fill: Fill, found: suggestions.Suggestion) -> drugs.Drug | None:
    """The medicine chosen on this page, else the one entered, else the one proposed."""
    chosen = request.POST.get("drug") or request.GET.get("drug") or ""
    if chosen.isascii() and chosen.isdigit() and len(chosen) < 12:
        return drugs.drug(int(chosen))
    return fill.prescription.drug or found.drug


def _near(request: DeskRequest, text: str) -> medicines.Found:
    """What is near the written words; where they are too many, what begins like the first of them."""
    found = medicines.search(request.actor, text, limit=12)
    return found if found.shown else medicines.search(request.actor, text.partition(" ")[0], limit=12)


def _packages(request: DeskRequest, fill: Fill, drug: drugs.Drug | None) -> list[dict[str, Any]]:
    """What the medicine can be dispensed from, what is on hand first."""
    if drug is None:
        return []
    packages = drugs.packages_of(drug.pk)
    shelves = stock.shelves(request.actor.site_id, [p.pk for p in packages], on=request.actor.day(request.at))
    rows = [{"package": p, "shelf": shelves.get(p.pk)} for p in packages]
    return sorted(rows, key=lambda r: r["shelf"] is None)


def _at_hand_first(rows: list[dict[str, Any]], *, chosen: str) -> tuple[list[dict[str, Any]], int]:
    """What is on hand, then what is chosen, then the house's own; and how many are shown at once: the directory lists hundreds."""
    ordered = sorted(
        rows, key=lambda r: (r["shelf"] is None, str(r["package"].pk) != chosen, not r["package"].is_house)
    )
    return ordered, max(FEW, sum(r["shelf"] is not None or str(r["package"].pk) == chosen for r in rows))


def _initial(fill: Fill, found: suggestions.Suggestion) -> dict[str, Any]:
    """What the form proposes: what was entered before, else what was written."""
    rx, order = fill.prescription, found.order
    if rx.drug is not None:
        return {
            "patient": rx.patient and rx.patient.code,
            "prescriber": rx.prescriber and rx.prescriber.code,
            "package": fill.package and fill.package.pk,
            "quantity": rx.quantity,
            "days_supply": rx.days_supply,
            "refills": rx.refills,
            "daw": rx.daw,
            "daw_words": rx.daw_words,
            "fill_from": rx.fill_from,
            "directions": rx.directions,
            "written_on": rx.written_on,
            "note": rx.note,
        }
    return {
        "package": found.package and found.package.pk,
        "quantity": order.quantity,
        "days_supply": order.days_supply,
        "refills": order.refills or 0,
        "daw": "1" if order.substitution_allowed is False else "0",
        "daw_words": "Substitution not allowed, as the order says" if order.substitution_allowed is False else "",
        "fill_from": order.not_before,
        "directions": found.directions.text,
        "written_on": order.written_on,
    }


def _supply(
    request: DeskRequest, drug: drugs.Drug | None, packages: list[dict[str, Any]], initial: dict[str, Any]
) -> supply.Supply | None:
    """Days' supply worked from what stands in the form: as typed where something was, else as proposed."""
    if drug is None:
        return None
    made = request.outcome.forms.get(EntryForm.__qualname__)
    values = {name: made[name].value() if made else initial.get(name) for name in ("package", "quantity", "directions")}
    rows = [r["package"] for r in packages]
    chosen = next((p for p in rows if str(p.pk) == str(values["package"])), rows[0] if rows else None)
    try:
        quantity = D(str(values["quantity"] or "").replace(",", "").strip())
    except ParseError:
        quantity = None
    return supply.worked(drug, chosen, quantity=quantity, directions=str(values["directions"] or ""))


def _whole(typed: object) -> int | None:
    text = str(typed or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


@work.act("start_entry")
def start(request: DeskRequest, code: str) -> None:
    entry.start_entry(request.actor, fill=_fill(request, code), at=request.at)


@work.act("find_drug")
def find_drug(request: DeskRequest, code: str) -> HttpResponse:
    """Medicines by any of their words; nothing is written."""
    asked = form(request, DrugForm)
    found = medicines.search(request.actor, asked.facts()["text"], limit=12)
    # What was found stands below the whole entry: the page must not jump back to its top.
    asked.fields["text"].widget.attrs["autofocus"] = True
    if not found.shown:
        tell(request, f"The drug file has no such medicine. {found.note}".rstrip(), "look")
    return shown(request, work, medicines=found)


@work.act("read_directions")
def read_directions(request: DeskRequest, code: str) -> HttpResponse:
    """The typed directions with the house's codes written out, in the words of the label where they are understood; nothing is written."""
    made = form(request, EntryForm)
    codes = prescriptions.sig_codes(request.actor)
    read = wording.of(str(made["directions"].value() or ""), codes)
    text = read.text if read.understood else expanded(str(made["directions"].value() or ""), codes)
    request.outcome.forms[EntryForm.__qualname__] = EntryForm({**request.POST.dict(), "directions": text})
    return shown(request, work)


@work.act("say_role")
def say_role(request: DeskRequest, code: str) -> None:
    facts = form(request, RoleForm).facts()
    who = prescriptions.prescriber(request.actor, str(facts["who"]))
    prescribing.say_role(request.actor, prescriber=who, role=facts["role"], at=request.at)
    tell(request, f"{who} is written down as {who.role}.")


@work.act("say_address")
def say_address(request: DeskRequest, code: str) -> None:
    facts = form(request, AddressForm, prefix="address").facts()
    who = prescriptions.prescriber(request.actor, str(facts.pop("who")))
    prescribing.say_address(request.actor, prescriber=who, **facts, at=request.at)
    tell(request, f"The address of {who.first_name} {who.last_name} is written down.")


@work.act("count_days")
def count_days(request: DeskRequest, code: str) -> HttpResponse:
    """The days anew from what was typed; nothing is written."""
    form(request, EntryForm)
    return shown(request, work)


@work.act("add_patient")
def add_patient(request: DeskRequest, code: str) -> None:
    facts = form(request, NewPatientForm, prefix="patient").facts()
    patient = patient_services.add(request.actor, details=patient_services.Details(**facts), at=request.at)
    tell(
        request,
        f"{patient.first_name} {patient.last_name} is added, number {patient.number}. Ask about allergies.",
        "look",
    )


@work.act("add_prescriber")
def add_prescriber(request: DeskRequest, code: str) -> None:
    facts = form(request, NewPrescriberForm, prefix="prescriber").facts()
    added = prescribing.add_prescriber(request.actor, **facts, at=request.at)
    tell(request, f"{added} is added.")


@work.act("submit_entry")
def submit(request: DeskRequest, code: str) -> Go:
    form(request, EntryForm)  # Whatever is refused from here on, what was typed comes back.
    fill = _fill(request, code)
    entered, package = _entered(request)
    entry.submit_entry(request.actor, fill=fill, entry=entered, package=package, at=request.at)
    tell(request, f"{fill.number} waits for its entry check.")
    _tell_days(request, entered, package)
    return go("entry:desk")


@work.act("amend")
def amend(request: DeskRequest, code: str) -> Go:
    form(request, EntryForm)
    fill = _fill(request, code)
    entered, package = _entered(request)
    why = form(request, EntryForm).facts()["why"]
    entry.amend(request.actor, fill=fill, entry=entered, package=package, why=why, at=request.at)
    tell(request, f"{fill.number} is changed, and waits for its entry check again.", "look")
    _tell_days(request, entered, package)
    return go("entry:desk")


@work.act("hold")
def hold(request: DeskRequest, code: str) -> Go:
    fill = review.hold(request.actor, fill=_fill(request, code), why=reason(request), at=request.at)
    tell(request, f"{fill.number} is on hold.")
    return go("entry:desk")


@work.act("cancel")
def cancel(request: DeskRequest, code: str) -> Go:
    fill = review.cancel(request.actor, fill=_fill(request, code), why=reason(request), at=request.at)
    tell(request, f"{fill.number} is cancelled.")
    return go("entry:desk")


def _tell_days(request: DeskRequest, entered: Entry, package: drugs.Package) -> None:
    """Other days than the directions give may be right, and are seen."""
    told = supply.worked(entered.drug, package, quantity=entered.quantity, directions=entered.directions)
    if note := supply.differs(told, entered.days_supply):
        tell(request, note, "look")


def _fill(request: DeskRequest, code: str) -> Fill:
    """The fill as the page showed it: an older page changes nothing."""
    return queries.fill(request.actor, code, version=version(request))


def _entered(request: DeskRequest) -> tuple[Entry, drugs.Package]:
    """The form as an entry; refused at the field where somebody or something is not chosen."""
    facts = form(request, EntryForm).facts()
    missing = {
        field: sentence
        for field, sentence in (
            ("patient", "Choose the patient, or add a new one."),
            ("prescriber", "Choose the prescriber, or add a new one."),
            ("drug", "Choose the medicine."),
            ("package", "Choose the product to dispense."),
        )
        if not facts[field]
    }
    if missing:
        raise Refused("not_chosen", " ".join(missing.values()), missing)
    entered = Entry(
        patient=patients.patient(request.actor, str(facts["patient"])),
        prescriber=prescriptions.prescriber(request.actor, str(facts["prescriber"])),
        drug=drugs.drug(facts["drug"]),
        quantity=facts["quantity"],
        days_supply=facts["days_supply"],
        refills=facts["refills"] or 0,
        directions=expanded(facts["directions"].strip(), prescriptions.sig_codes(request.actor)),
        written_on=facts["written_on"],
        fill_from=facts["fill_from"],
        daw=facts["daw"],
        daw_words=facts["daw_words"].strip(),
        note=facts["note"],
    )
    return entered, drugs.package(facts["package"])
