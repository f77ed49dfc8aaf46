"""What the label of a dispensed medicine says, block by block in the order a patient needs it (USP <17>)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path

from officina.kernel import clock, packs
from officina.kernel.quantity import written
from officina.labels import auxiliary, tallman
from officina.law.handover import CAUTION, SIDE_EFFECTS, bears_caution

TRAINING_MARK = "TRAINING: NOT FOR A PATIENT"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COUNTED = frozenset({"tablet", "capsule", "patch", "suppository", "packet", "vial", "syringe", "pen", "inhaler", "kit", "film", "lozenge",
                      "bottle", "tube", "cartridge", "ampule", "dose", "unit", "drop", "spray", "puff"})  # fmt: skip


class Part(StrEnum):
    """The blocks of a label."""

    TRAINING = "training"
    PATIENT = "patient"
    DRUG = "drug"
    DIRECTIONS = "directions"
    PURPOSE = "purpose"
    AUXILIARY = "auxiliary"
    QUANTITY = "quantity"
    REFILLS = "refills"
    DISCARD = "discard"
    RX = "rx"
    MAKER = "maker"
    DESCRIPTION = "description"
    PRESCRIBER = "prescriber"
    PHARMACIST = "pharmacist"
    PHARMACY = "pharmacy"
    CAUTION = "caution"
    SIDE_EFFECTS = "side_effects"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFacts:
    """All that is known of one fill when its label is printed. Texts are as recorded; nothing here is shortened."""

    pharmacy_name: str
    pharmacy_street: str
    pharmacy_city_line: str
    pharmacy_phone: str
    rx_number: str
    fill_number: str
    """What the barcode says: F2000015."""
    fill_no: int
    """0 is the first fill."""
    patient_name: str
    prescriber_name: str
    drug_name: str
    """Generic name in plain lower case; tall-man letters are put in here."""
    brand_name: str
    """The name under which the product in the vial is sold; empty, or the generic name again, for a generic."""
    strength: str
    form: str
    labeler: str
    ndc: str
    directions: str
    """Label text, already in plain words (`dosing.wording`)."""
    quantity: Decimal
    unit: str
    refills_left: int
    days_supply: int | None
    written_on: date
    filled_on: date
    lot_expires_on: date | None
    schedule: int
    """0 not controlled, 2 to 5."""
    description: str
    """Colour, shape and imprint, or empty."""
    pharmacist_initials: str
    ingredients: tuple[str, ...]
    classes: tuple[str, ...]
    route: str
    translated: str = ""
    """The same directions in the patient's language, where that is not English; printed first, the English after them."""
    purpose: str = ""
    easy_open: bool = False
    training: bool = False
    copy_no: int = 1
    generic_for: str = ""
    """The brand that the patient may know, where the vial holds a generic of it."""
    first_filled_on: date | None = None
    """When the prescription was first filled, for refills of Schedules III to V (21 CFR 1306.24(a))."""
    refills_until: date | None = None
    """Last day on which a refill may be filled; the prescription's rules know it. None prints no date."""


@dataclass(frozen=True, slots=True)
class Block:
    """One part of the label and its lines, not yet broken to a width."""

    part: Part
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelContent:
    """The blocks of a label, in reading order, and the facts they came from."""

    facts: LabelFacts
    blocks: tuple[Block, ...]
    discard_on: date

    def lines(self, part: Part) -> tuple[str, ...]:
        """The lines of a part, none where the label has no such part."""
        return next((b.lines for b in self.blocks if b.part == part), ())

    def text(self, part: Part) -> str:
        """The part in one line."""
        return " ".join(self.lines(part))


@dataclass(frozen=True, slots=True)
class DiscardRule:
    """How many months after filling a vial may be used at most."""

    months: int
    source: str


@cache
def discard_rules() -> tuple[packs.Pack[DiscardRule], ...]:
    """Every edition of the discard-after rule that ships."""
    return (packs.load(Path(__file__).parent / "packs" / "discard.toml", DiscardRule),)


def compose(facts: LabelFacts) -> LabelContent:
    """The label of these facts. It never drops or shortens anything; `lint` says what is wrong with it."""
    discard_on = discard_after(facts.filled_on, facts.lot_expires_on)
    blocks = {
        Part.TRAINING: (TRAINING_MARK,) if facts.training else (),
        Part.PATIENT: (facts.patient_name,),
        Part.DRUG: (_drug(facts),),
        Part.DIRECTIONS: _directions(facts),
        Part.PURPOSE: (f"For {facts.purpose.strip().removesuffix('.')}.",) if facts.purpose.strip() else (),
        Part.AUXILIARY: tuple(a.text for a in auxiliary.choose(_contents(facts), on=facts.filled_on)),
        Part.QUANTITY: (_quantity(facts),),
        Part.REFILLS: (_refills(facts),),
        Part.DISCARD: (f"Discard after {day(discard_on)}",),
        Part.RX: _rx(facts),
        Part.MAKER: _maker(facts),
        Part.DESCRIPTION: (facts.description,),
        Part.PRESCRIBER: (f"Prescriber {facts.prescriber_name}",) if facts.prescriber_name.strip() else (),
        Part.PHARMACIST: (f"RPh {facts.pharmacist_initials}",) if facts.pharmacist_initials.strip() else (),
        Part.PHARMACY: (facts.pharmacy_name, facts.pharmacy_street, facts.pharmacy_city_line, facts.pharmacy_phone),
        Part.CAUTION: (CAUTION,) if bears_caution(facts.schedule) else (),
        Part.SIDE_EFFECTS: (SIDE_EFFECTS,),
    }
    kept = ((part, tuple(" ".join(line.split()) for line in lines if line.strip())) for part, lines in blocks.items())
    return LabelContent(facts, tuple(Block(part, lines) for part, lines in kept if lines), discard_on)


def discard_after(filled_on: date, lot_expires_on: date | None) -> date:
    """The earlier of the lot's expiry and the rule's months after filling (USP <7>; rule pack label-discard)."""
    (rule,) = packs.one_in_force(discard_rules(), filled_on).rows
    latest = clock.add_months(filled_on, rule.months)
    return min(latest, lot_expires_on) if lot_expires_on else latest


def day(on: date) -> str:
    """A date as people read it, whatever the machine's language: 'Nov 22, 2026'."""
    return f"{_MONTHS[on.month - 1]} {on.day}, {on.year}"


def counted(number: Decimal, unit: str) -> str:
    """A quantity in words: '60 tablets', '1 tablet', '150 mL'."""
    if unit not in _COUNTED or number == 1:
        return f"{written(number)} {unit}"
    many = f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}es" if unit.endswith("ch") else f"{unit}s"
    return f"{written(number)} {many}"


def _directions(facts: LabelFacts) -> tuple[str, ...]:
    """In the patient's language, and in English too: whoever gives first aid or checks the vial must read it."""
    if not facts.translated.strip():
        return (facts.directions,)
    return (facts.translated, f"In English: {facts.directions}")


def _contents(facts: LabelFacts) -> auxiliary.Contents:
    return auxiliary.Contents(
        ingredients=facts.ingredients,
        classes=facts.classes,
        form=facts.form,
        route=facts.route,
        directions=facts.directions,
    )


def _drug(facts: LabelFacts) -> str:
    if not facts.drug_name.strip() or not facts.strength.strip():
        return ""
    name, brand = tallman.display(facts.drug_name), _brand(facts)
    return f"{f'{brand} ({name})' if brand else name} {facts.strength} {_form(facts.form)}"


def _brand(facts: LabelFacts) -> str:
    """The product's own brand; the drug listing repeats the generic name there for generics."""
    own = set(facts.brand_name.lower().split()) - set(facts.drug_name.lower().split())
    return tallman.display(facts.brand_name) if own else ""


def _form(form: str) -> str:
    """The drug listing's 'TABLET, EXTENDED RELEASE' as it is said: 'extended release tablet'; 'powder for suspension' stays."""
    head, *rest = (part.strip() for part in form.lower().split(","))
    before = [part for part in rest if part != "film coated" and not part.startswith("for ")]
    return " ".join([*before, head, *(part for part in rest if part.startswith("for "))])


def _quantity(facts: LabelFacts) -> str:
    return f"{counted(facts.quantity, facts.unit)}{', easy-open cap' if facts.easy_open else ''}"


def _refills(facts: LabelFacts) -> str:
    if facts.refills_left < 1:
        return "No refills"
    word = "1 refill" if facts.refills_left == 1 else f"{facts.refills_left} refills"
    return f"{word} before {day(facts.refills_until)}" if facts.refills_until else word


def _rx(facts: LabelFacts) -> tuple[str, ...]:
    """The number first; then what tells this fill from the others."""
    which = "First fill" if facts.fill_no == 0 else f"Refill {facts.fill_no}"
    again = f", copy {facts.copy_no}" if facts.copy_no > 1 else ""
    number = f"Rx {facts.rx_number}" if facts.rx_number.strip() else ""
    first = f"First filled {day(facts.first_filled_on)}" if facts.first_filled_on and facts.fill_no else ""
    return (number, f"{which} {day(facts.filled_on)}", first, f"{facts.fill_number}{again}")


def _maker(facts: LabelFacts) -> tuple[str, ...]:
    known_as = (
        f"generic for {tallman.display(facts.generic_for)}" if facts.generic_for.strip() and not _brand(facts) else ""
    )
    return (known_as, facts.labeler, f"NDC {facts.ndc}" if facts.ndc.strip() else "")
