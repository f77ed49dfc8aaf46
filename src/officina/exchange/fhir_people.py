"""FHIR patients and practitioners as the people of a written order, with what must be asked about them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from officina.codecs.fhir import codes
from officina.codecs.fhir import model as m
from officina.codecs.fhir.node import SOURCE, as_day
from officina.codecs.fhir.resolve import Links, kind_of, number_of
from officina.kernel.errors import ParseError
from officina.kernel.findings import Finding, Severity
from officina.kernel.ids.dea import DeaNumber
from officina.kernel.ids.npi import Npi
from officina.prescriptions.written import WrittenPatient, WrittenPrescriber

SEXES = {"male": "M", "female": "F", "other": "U", "unknown": "U"}
LICENCES = frozenset({"MD", "DO", "SL", "LN", "NP", "PA", "RN", "DDS"})
"""v2-0203 identifier types under which a prescriber's licence is sent."""
MOST_KEPT = 200
LONGEST_KEPT = 2000
"""A file may hang one huge patient on ten thousand orders; the message itself is kept whole, once."""
FORMER = frozenset({"old", "temp", "anonymous", "maiden"})


@dataclass(slots=True)
class Gathered:
    """What one order says besides its fields: questions, the place of each field, and what has no field."""

    questions: list[Finding] = field(default_factory=list)
    where: dict[str, str] = field(default_factory=dict)
    kept: list[tuple[str, str]] = field(default_factory=list)

    def ask(
        self,
        code: str,
        sentence: str,
        *,
        where: str,
        severity: Severity = Severity.MAJOR,
        expected: str = "",
        came: str = "",
    ) -> None:
        self.questions.append(
            Finding(code, sentence, severity, where=where, expected=expected, came=came[:200], source=SOURCE)
        )

    def keep(self, path: str, text: str) -> None:
        if text and len(self.kept) < MOST_KEPT * 5:
            whole = f"{text[:LONGEST_KEPT]}… ({len(text)} characters, whole in the message)"
            self.kept.append((path, text if len(text) <= LONGEST_KEPT else whole))

    def note(self, prefix: str, path: str, **places: str) -> None:
        """Remember where fields came from: `note("patient", "Patient", last_name="name.family")`."""
        self.where |= {f"{prefix}.{name}" if prefix else name: f"{path}.{place}" for name, place in places.items()}

    def inherit(self, resource: m.Resource) -> None:
        """Take over what a resource that the order rests on brought with it."""
        self.questions.extend(resource.findings)
        for path, text in resource.kept[:MOST_KEPT]:
            self.keep(path, text)
        if len(resource.kept) > MOST_KEPT:
            self.keep(resource.path, f"{len(resource.kept) - MOST_KEPT} more, whole in the message")
        hidden = [path for path, _ in resource.kept if "modifierExtension" in path]
        for place in dict.fromkeys((*resource.modifiers, *hidden)):
            self.ask(
                "modifier", "Something here may turn the meaning round, and it is not known to this house.", where=place
            )


def patient(
    request: m.MedicationRequest, links: Links, allergies: tuple[str, ...], gathered: Gathered
) -> WrittenPatient:
    """The patient as written; a patient who is not in the file is asked for, never guessed from a display name."""
    place = f"{request.path}.subject"
    found = links.follow(request.subject, request)
    if not isinstance(found, m.Patient):
        came = _came(request.subject)
        gathered.ask(
            "patient_missing",
            f"The patient's record is not in the file: {came or 'nobody is named'}.",
            where=place,
            came=came,
        )
        return WrittenPatient(allergies=allergies)
    gathered.inherit(found)
    _ask_about(found, gathered)
    gathered.note(
        "patient",
        found.path,
        last_name="name",
        first_name="name",
        born_on="birthDate",
        sex="gender",
        street="address",
        phone="telecom",
    )
    return WrittenPatient(
        **_person(found), born_on=as_day(found.birth_date), sex=SEXES.get(found.gender, ""), allergies=allergies
    )


def _ask_about(found: m.Patient, gathered: Gathered) -> None:
    name = _name(found.names)
    if not name.family.strip():
        gathered.ask(
            "patient_name_missing",
            "The patient's last name is not written as such.",
            where=f"{found.path}.name",
            came=name.text,
        )
    if as_day(found.birth_date) is None:
        gathered.ask(
            "born_on_missing",
            "The patient's date of birth is not whole.",
            where=f"{found.path}.birthDate",
            came=found.birth_date,
        )
    if found.is_deceased:
        gathered.ask("patient_deceased", "The file says that the patient has died.", where=f"{found.path}.deceased")
    if found.is_active is False:
        gathered.ask("patient_inactive", "The sender no longer uses this patient record.", where=f"{found.path}.active")


def prescriber(request: m.MedicationRequest, links: Links, gathered: Gathered) -> WrittenPrescriber:
    """The prescriber as written: a Practitioner, one behind a PractitionerRole, or at least the NPI of the reference."""
    found = links.follow(request.requester, request)
    role = found if isinstance(found, m.PractitionerRole) else None
    person = links.follow(role.practitioner, role) if role else found
    if role:
        gathered.inherit(role)
    if isinstance(person, m.Practitioner):
        return _practitioner(person, role, links, gathered)
    return _unknown_prescriber(request, found, role, gathered)


def _practitioner(
    person: m.Practitioner, role: m.PractitionerRole | None, links: Links, gathered: Gathered
) -> WrittenPrescriber:
    gathered.inherit(person)
    if not _name(person.names).family.strip():
        gathered.ask(
            "prescriber_name_missing", "The prescriber's last name is not written as such.", where=f"{person.path}.name"
        )
    place = f"{person.path}.identifier"
    held = (*person.identifiers, *(one for each in person.qualifications for one in each.identifiers))
    npi, dea = _number(person.identifiers, codes.NPI, {"NPI"}), _number(held, codes.DEA, {"DEA"})
    _check_number(Npi.parse, npi, "npi", place, gathered)
    _check_number(DeaNumber.parse, dea, "dea", place, gathered)
    if not npi:
        gathered.ask("npi_missing", "The prescriber's NPI is not written.", where=place, severity=Severity.MODERATE)
    facts = _person(person)
    facts["phone"] = facts["phone"] or (_phone(role.telecoms) if role else "")
    organization = links.follow(role.organization, role) if role else None
    gathered.note(
        "prescriber",
        person.path,
        last_name="name",
        first_name="name",
        npi="identifier",
        dea="identifier",
        phone="telecom",
    )
    return WrittenPrescriber(
        **facts,
        npi=npi,
        dea=dea,
        state_license=_number(held, (), LICENCES),
        business_name=_business(role, organization),
    )


def _unknown_prescriber(
    request: m.MedicationRequest, found: m.Resource | None, role: m.PractitionerRole | None, gathered: Gathered
) -> WrittenPrescriber:
    place, reference = f"{request.path}.requester", (role.practitioner if role else request.requester)
    kind = found.kind if found else kind_of(reference) if reference else ""
    came = _came(reference)
    if kind in {"Patient", "RelatedPerson", "Device", "Organization"}:
        gathered.ask(
            "prescriber_not_a_person",
            f"The order was asked for by a {kind}, not by a prescriber.",
            where=place,
            came=came,
        )
    else:
        gathered.ask(
            "prescriber_missing",
            f"The prescriber's record is not in the file: {came or 'nobody is named'}.",
            where=place,
            came=came,
        )
    number = number_of(reference) if reference else None
    npi = number.value.strip() if number and number.system in codes.NPI else ""
    _check_number(Npi.parse, npi, "npi", place, gathered)
    return WrittenPrescriber(
        npi=npi, business_name=found.title.strip() if found and found.kind == "Organization" else ""
    )


def _business(role: m.PractitionerRole | None, organization: m.Resource | None) -> str:
    if organization is not None and organization.title.strip():
        return organization.title.strip()
    return role.organization.display.strip() if role and role.organization else ""


def _check_number(parse: Callable[[str], object], number: str, name: str, place: str, gathered: Gathered) -> None:
    if not number:
        return
    try:
        parse(number)
    except ParseError as problem:
        gathered.ask(f"{name}_bad", str(problem), where=place, expected=problem.expected, came=number)


def _number(identifiers: Iterable[m.Identifier], systems: Sequence[str], types: Iterable[str]) -> str:
    """The first number of one of these systems or identifier types."""
    wanted = set(types)
    for each in identifiers:
        kinds = {
            c.code for c in each.type.codings if c.system in {codes.IDENTIFIER_TYPE, "http://hl7.org/fhir/v2/0203"}
        }
        if each.value.strip() and (each.system in systems or kinds & wanted):
            return each.value.strip()
    return ""


def _person(found: m.Patient | m.Practitioner) -> dict[str, Any]:
    name, address = _name(found.names), _first(found.addresses, ("home", "work"))
    given = [part.strip() for part in name.given if part.strip()]
    return {
        "last_name": name.family.strip(),
        "first_name": given[0] if given else "",
        "middle_name": " ".join(given[1:]),
        "suffix": " ".join(part.strip() for part in name.suffix),
        "street": ", ".join(line.strip() for line in address.lines) if address else "",
        "city": address.city.strip() if address else "",
        "state": address.state.strip() if address else "",
        "postal_code": address.postal_code.strip() if address else "",
        "phone": _phone(found.telecoms),
    }


def _name(names: Sequence[m.HumanName]) -> m.HumanName:
    current = [each for each in names if each.use not in FORMER]
    return _first(current, ("official", "usual")) or m.HumanName()


def _phone(telecoms: Sequence[m.ContactPoint]) -> str:
    phones = [each for each in telecoms if each.system in {"phone", "sms"} and each.use != "old" and each.value.strip()]
    best = _first(phones, ("mobile", "home", "work"))
    return best.value.strip() if best else ""


def _first(those: Sequence[Any], uses: Sequence[str]) -> Any:
    """The first of the best use, or simply the first that is not an old one."""
    left = [each for each in those if each.use != "old"]
    ranked = [each for use in uses for each in left if each.use == use]
    return (ranked or left or [None])[0]


def _came(reference: m.Reference | None) -> str:
    if reference is None:
        return ""
    number = reference.identifier
    return reference.display or reference.reference or (f"{number.system}|{number.value}" if number else "")
