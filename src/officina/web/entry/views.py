"""The entry desk: the order as written on one side, as entered on the other."""

from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
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
from officina.labels import lint
from officina.patients import queries as patients
from officina.patients import services as patient_services
from officina.prescriptions import queries as prescriptions
from officina.prescriptions import suggestions, supply
from officina.prescriptions.acts import ENTER
from officina.prescriptions.services import orders as prescribing
from officina.prescriptions.services.orders import Entry
from officina.web import comparing
from officina.web.answers import Answer, Context, Go, go, page, shown, tell
from officina.web.desks import ENTRY
from officina.web.entry.forms import AddressForm, DrugForm, EntryForm, NewPatientForm, NewPrescriberForm, RoleForm
from officina.web.forms import form, reason, version
from officina.web.http import DeskRequest

FEW = 5
"""So many packages are shown at once where fewer are on hand; the others are folded away, and their number is told."""
NUMBERS = frozenset({"trailing_zero", "naked_decimal", "thousands"})
"""Ways of writing a number that were misread tenfold: such directions are written anew, never read."""
FIRST = {"read_directions": "directions", "count_days": "days_supply", "find_drug": "", "submit_entry": ""}
"""The field that the hands go on with after an act; none where the act knows better. Else the first that is typed."""


@page("entry/desk.html", parts=("rows",), needs=(ENTER,))
def desk(request: DeskRequest) -> Context:
    return {"desk": ENTRY, "rows": partial(queries.worklist, request.actor, *ENTRY.states)}


@page("entry/work.html", parts=("work", "written"), needs=(ENTER, AMEND))
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
    who, doctor = _people(made, fill, found)
    if field := FIRST.get(request.POST.get("do", ""), "quantity"):
        made.fields[field].widget.attrs["autofocus"] = True
    packages, at_once = _at_hand_first(packages, chosen=str(made["package"].value() or ""))
    return {
        "desk": ENTRY,
        "fill": fill,
        "back": queries.came_back(fill),
        "order": order,
        "lines": comparing.lines(
            order, rx if fill.state == "received" else _typed(made, who, doctor, drug), found.codes
        ),
        "who": who,
        "doctor": doctor,
        "profile": patients.profile(who) if who and fill.state != "received" else None,
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
        "again": "",
    }


def _people(
    made: EntryForm, fill: Fill, found: suggestions.Suggestion
) -> tuple[patients.Patient | None, prescriptions.Prescriber | None]:
    """Whom the form has chosen, else who is proposed: the first that fits, a patient only with the birth date that was written."""
    rx, born_on = fill.prescription, found.order.patient.born_on
    patient, prescriber = (str(made[name].value() or "") for name in ("patient", "prescriber"))
    who = [p for p in (*found.patients, rx.patient) if p is not None and str(p.code) == patient]
    doctor = [p for p in (*found.prescribers, rx.prescriber) if p is not None and str(p.code) == prescriber]
    if not patient:
        who = [p for p in found.patients[:1] if p.born_on == born_on]
    if not prescriber:
        doctor = found.prescribers[:1]
    return next(iter(who), None), next(iter(doctor), None)


def _typed(
    made: EntryForm,
    who: patients.Patient | None,
    doctor: prescriptions.Prescriber | None,
    drug: drugs.Drug | None,
) -> comparing.Typed:
    """What stands in the form, as far as it can be read."""

    def read(name: str) -> Any:
        try:
            return made.fields[name].clean(made[name].value())
        except ValidationError:
            return None

    return comparing.Typed(
        patient=who,
        prescriber=doctor,
        drug=drug,
        daw=read("daw") or "",
        directions=read("directions") or "",
        **{name: read(name) for name in ("quantity", "days_supply", "refills", "written_on", "fill_from")},
    )


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


@work.act("compare")
def compare(request: DeskRequest, code: str) -> HttpResponse:
    """What was written beside what is being typed; nothing is written."""
    form(request, EntryForm)
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
def submit(request: DeskRequest, code: str) -> Answer:
    form(request, EntryForm)  # Whatever is refused from here on, what was typed comes back.
    fill = _fill(request, code)
    entered, package = _entered(request)
    if asked := _ask(request, fill, entered):
        return asked
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


def _ask(request: DeskRequest, fill: Fill, entered: Entry) -> HttpResponse | None:
    """The page with one question where something is not as written, or was read into other words; the same sent again is the answer."""
    order = suggestions.written(fill.prescription)
    changed = comparing.changed(order, entered, suggestions.drug_of(order))
    question = "; ".join(changed.values())
    words = _words(request, entered)
    is_kept = question == form(request, EntryForm).facts()["as_entered"]
    if is_kept and not words:
        return None
    typed = {**request.POST.dict(), "as_entered": question}
    if words:
        typed["directions"] = words
        tell(request, f"The directions are read as: {words} Submit again if that is what was written.", "look")
    if not is_kept:
        tell(request, f"Not as written. {question}. Mend it, or submit again to keep it.", "look")
    made = EntryForm(typed)
    request.outcome.forms[EntryForm.__qualname__] = made
    if field := next((name for name in changed if name != "drug"), "directions" if words else ""):
        made.fields[field].widget.attrs["autofocus"] = True
    return shown(request, work, again="Submit as entered" if changed else "Submit as read")


def _words(request: DeskRequest, entered: Entry) -> str:
    """The words of the label for directions that would be refused as they were typed; empty where they would not, or cannot be read."""
    found = {f.code for f in lint.lint_text(entered.directions, what="directions") if f.severity.is_serious}
    if not found or found & NUMBERS:
        return ""
    read = wording.of(entered.directions, prescriptions.sig_codes(request.actor))
    return read.text if read.understood else ""


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
