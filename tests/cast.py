"""The standing cast: one pharmacy with its people, a shelf and a patient, and Max from another site who must see nothing."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from officina.base import queries as house
from officina.base import services as base
from officina.base.access import Actor, LicenceFact
from officina.base.services import NewPerson, NewSite
from officina.dispensing import queries
from officina.dispensing.models import Fill
from officina.dispensing.services import checking, entry, filling, intake, pickup, review
from officina.dispensing.services.filling import Scanned
from officina.drugs.models import Drug, Ingredient, Package, Product
from officina.inventory import services as inventory
from officina.inventory.models import Lot
from officina.patients import services as patients
from officina.patients.models import Patient
from officina.prescriptions.models import Prescriber
from officina.prescriptions.services import orders as prescriptions
from officina.prescriptions.services.orders import Entry
from officina.prescriptions.written import WrittenOrder, WrittenPatient, WrittenPrescriber
from same_again import same_again

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
PASSWORD = "correct horse battery"
PIN = "2468"


@dataclass
class Cast:
    """Everybody and everything a test needs to begin."""

    setup: Actor
    ada: Actor
    """Pharmacist."""
    pia: Actor
    """Another pharmacist."""
    tess: Actor
    """Technician."""
    theo: Actor
    """Technician, too."""
    ivo: Actor
    """Intern under Ada."""
    carl: Actor
    """Clerk."""
    lapsed: Actor
    """Technician whose licence expired yesterday."""
    wire: Actor
    """The electronic interface."""
    max: Actor
    """Pharmacist of another pharmacy."""
    rosa: Patient
    omar: Patient
    prescriber: Prescriber
    metformin: Package
    """metformin 500 mg tablet, 100s."""
    metformin_1000: Package
    lisinopril: Package
    oxycodone: Package
    """Schedule II."""
    lot: Lot
    """500 tablets of metformin 500 mg, good for a year."""
    old_lot: Lot
    """100 tablets of metformin 500 mg that expires first."""
    clock: datetime = AT
    extra: dict[str, object] = field(default_factory=dict)

    def at(self, minutes: int = 1) -> datetime:
        """The next instant of the story."""
        self.clock += timedelta(minutes=minutes)
        return self.clock

    def order(self, **changes: object) -> WrittenOrder:
        """An order as a prescriber writes it."""
        usual: dict[str, object] = {
            "patient": WrittenPatient(last_name="Flórez", first_name="Rosa", born_on=date(1961, 3, 14), sex="F"),
            "prescriber": WrittenPrescriber(last_name="Okafor", first_name="Ben", npi="1245319599"),
            "drug_text": "metformin 500 mg tablet",
            "quantity": Decimal(60),
            "quantity_unit": "tablet",
            "days_supply": 30,
            "refills": 2,
            "sig_text": "Take 1 tablet by mouth 2 times a day with meals",
            "written_on": TODAY,
        }
        return WrittenOrder(**{**usual, **changes})  # type: ignore[arg-type]

    def entry(self, **changes: object) -> Entry:
        """The same order as entered."""
        usual: dict[str, object] = {
            "patient": self.rosa,
            "prescriber": self.prescriber,
            "drug": self.metformin.product.drug,
            "quantity": Decimal(60),
            "days_supply": 30,
            "refills": 2,
            "directions": "Take 1 tablet by mouth 2 times a day with meals.",
            "written_on": TODAY,
        }
        return Entry(**{**usual, **changes})  # type: ignore[arg-type]

    def received(self, **changes: object) -> Fill:
        """A fill that waits for entry."""
        return intake.receive(self.tess, order=self.order(**changes), origin="1", at=self.at())

    def entered(self, package: Package | None = None, **changes: object) -> Fill:
        """A fill that waits for its entry check."""
        fill = entry.start_entry(self.tess, fill=self.received(), at=self.at())
        return entry.submit_entry(
            self.tess, fill=fill, entry=self.entry(**changes), package=package or self.metformin, at=self.at()
        )

    def ready(self, package: Package | None = None, **changes: object) -> Fill:
        """A fill that is ready to fill."""
        fill = entry.approve_entry(self.ada, fill=self.entered(package, **changes), at=self.at())
        fill = review.clear_review(self.ada, fill=fill, at=self.at())
        return review.settle_payment(self.tess, fill=fill, at=self.at())

    def scan(
        self, fill: Fill, lot: Lot, quantity: Decimal | None = None, by: Actor | None = None
    ) -> filling.ScanAnswer:
        """Scan a container of a lot for a fill."""
        scanned = Scanned(raw="scan", package_id=lot.package_id, lot_number=lot.number, expires_on=lot.expires_on)
        return filling.scan(by or self.tess, fill=fill, scanned=scanned, quantity=quantity, at=self.at())

    def filled(self, **changes: object) -> Fill:
        """A fill that waits for the final check."""
        fill = filling.take(self.tess, fill=self.ready(**changes), at=self.at())
        fill = filling.label_printed(self.tess, fill=fill, at=self.at())
        self.scan(fill, self.lot)
        return filling.submit_fill(self.tess, fill=fill, at=self.at())

    def checked(self, **changes: object) -> Fill:
        """A fill that waits to be bagged."""
        return checking.verify(self.ada, fill=self.filled(**changes), at=self.at())

    def bagged(self, **changes: object) -> Fill:
        """A fill in its bin."""
        return checking.bag(self.tess, fill=self.checked(**changes), bin_name="A1", at=self.at())

    def worked(self, fill: Fill, lot: Lot | None = None) -> Fill:
        """A fill that waits for clinical review, worked through until it lies in its bin."""
        fill = review.clear_review(self.ada, fill=fill, at=self.at())
        return self.binned(review.settle_payment(self.tess, fill=fill, at=self.at()), lot)

    def binned(self, fill: Fill, lot: Lot | None = None) -> Fill:
        """A fill that is ready to fill, counted, checked and laid in its bin."""
        fill = filling.take(self.tess, fill=fill, at=self.at())
        fill = filling.label_printed(self.tess, fill=fill, at=self.at())
        self.scan(fill, lot or self.lot)
        twice = fill.quantity if fill.prescription.schedule == 2 else None
        fill = filling.submit_fill(self.tess, fill=fill, second_count=twice, at=self.at())
        fill = checking.verify(self.ada, fill=fill, at=self.at())
        return checking.bag(self.tess, fill=fill, bin_name="A1", at=self.at())

    def handed_over(self, fill: Fill) -> Fill:
        """A fill from its bin in the patient's hand."""
        who = fill.patient
        assert who is not None
        assert fill.bag is not None
        came = pickup.identify(
            self.tess, last_name=who.last_name, first_name=who.first_name, born_on=who.born_on, at=self.at()
        )
        pickup.scan_bag(self.tess, pick_up=came, bag_number=fill.bag.number, at=self.at())
        pickup.counsel(self.tess, pick_up=came, outcome="declined", at=self.at())
        name = f"{who.first_name} {who.last_name}"
        pickup.hand_over(self.tess, pick_up=came, signed_by=name, relation="self", at=self.at())
        return queries.fill(self.tess, str(fill.code))

    def sold(self, **changes: object) -> Fill:
        """A fill in the patient's hand."""
        return self.handed_over(self.bagged(**changes))

    def dispensed(self, what: Package | None = None, *, lot: Lot | None = None, **changes: object) -> Fill:
        """A medicine in the patient's hand, of any package on the shelf."""
        what = what or self.metformin
        given = {"drug": what.product.drug, **changes}
        fill = entry.approve_entry(self.ada, fill=self.entered(what, **given), at=self.at())
        latest = lot or Lot.objects.filter(package=what).order_by("-id")[0]
        return self.handed_over(self.worked(fill, latest))

    def later(self, days: int) -> datetime:
        """So many days on."""
        return self.at(days * 24 * 60)


def licence(kind: str, *, until: date = date(2027, 12, 31), state: str = "US-WI") -> LicenceFact:
    """A licence of the cast."""
    return LicenceFact(kind, state, f"{kind[:3].upper()}-1", until)


def _person(setup: Actor, username: str, name: str, role: str, *held: LicenceFact, supervisor: str = "") -> Actor:
    initials = "".join(part[0] for part in name.split())
    # One password hash for everybody would hide a mix-up; a PIN alone keeps the tests quick, Ada and Tess get passwords.
    password = PASSWORD if username in {"ada", "tess"} else ""
    person = NewPerson(
        username=username,
        name=name,
        initials=initials,
        role=role,
        licences=held,
        supervisor=supervisor,
        password=password,
        pin=PIN,
    )
    user = base.add_person(setup, person=person, at=AT)
    actor = house.actor_for(user.pk, setup.site_id, station="test")
    assert actor is not None
    return actor


def package(
    name: str,
    strength: str,
    *,
    ndc: str,
    ingredient: str,
    schedule: int = 0,
    classes: tuple[str, ...] = (),
    size: int = 100,
) -> Package:
    """A package of the cast's drug file; the NDC is 5-4-1 and its barcode follows from it."""
    from officina.kernel.ids.gtin import Gtin
    from officina.kernel.ids.ndc import Ndc

    number = Ndc.parse(ndc)
    ing, _ = Ingredient.objects.get_or_create(key=ingredient, defaults={"name": ingredient, "classes": list(classes)})
    drug, made = Drug.objects.get_or_create(
        generic_name=name,
        strength=strength,
        form="tablet",
        defaults={"route": "by mouth", "unit": "tablet", "schedule": schedule},
    )
    if made:
        drug.ingredients.add(ing)
    product, _ = Product.objects.get_or_create(drug=drug, labeler="Test Labs")
    return Package.objects.create(
        product=product,
        ndc12=number.digits12,
        ndc=ndc,
        gtin=Gtin.for_ndc(number).digits,
        size=Decimal(size),
        unit="tablet",
        unit_cost=Decimal("0.05"),
    )


def assemble() -> Cast:
    """The pharmacy with its cast and its shelf, the same to the byte each time where the house was empty."""
    return same_again("cast", _assembled)


def _assembled() -> Cast:
    """Open the pharmacy, hire the cast, stock the shelf."""
    setup = base.open_site(
        NewSite(
            name="Main Street Pharmacy",
            training=True,
            city="Madison",
            state="WI",
            street="1 Main St",
            postal_code="53703",
        ),
        at=AT,
    )
    other = base.open_site(NewSite(name="Elsewhere Pharmacy"), at=AT)
    inventory.furnish(setup, at=AT)
    inventory.furnish(other, at=AT)
    ada = _person(setup, "ada", "Ada Park", "pharmacist", licence("pharmacist"))
    tess = _person(setup, "tess", "Tess Young", "technician", licence("technician"))
    rosa = patients.Details(
        last_name="Flórez",
        first_name="Rosa",
        born_on=date(1961, 3, 14),
        sex="F",
        street="7 Birch Rd",
        city="Madison",
        state="WI",
        postal_code="53703",
        phone="6085550111",
    )
    omar = patients.Details(
        last_name="Haddad",
        first_name="Omar",
        born_on=date(1975, 7, 2),
        sex="M",
        street="31 Lake St",
        city="Madison",
        state="WI",
        postal_code="53703",
    )
    metformin = package("metformin", "500 mg", ndc="11111-1111-1", ingredient="metformin", classes=("biguanide",))
    oxycodone = package(
        "oxycodone", "5 mg", ndc="11111-4444-1", ingredient="oxycodone", schedule=2, classes=("opioid",)
    )
    cast = Cast(
        setup=setup,
        ada=ada,
        pia=_person(setup, "pia", "Pia Moreau", "pharmacist", licence("pharmacist")),
        tess=tess,
        theo=_person(setup, "theo", "Theo Brandt", "technician", licence("technician")),
        ivo=_person(setup, "ivo", "Ivo Lind", "intern", licence("intern"), supervisor="ada"),
        carl=_person(setup, "carl", "Carl Boone", "clerk"),
        lapsed=_person(setup, "lapsed", "Lara Past", "technician", licence("technician", until=date(2026, 11, 19))),
        wire=house.interface_actor(setup.site_id),
        max=_person(other, "max", "Max Other", "pharmacist", licence("pharmacist")),
        rosa=patients.add(tess, details=rosa, at=AT),
        omar=patients.add(tess, details=omar, at=AT),
        prescriber=prescriptions.add_prescriber(
            tess,
            last_name="Okafor",
            first_name="Ben",
            npi="1245319599",
            dea="AB1234563",
            street="200 Clinic Dr",
            city="Madison",
            state="WI",
            postal_code="53703",
            at=AT,
        ),
        metformin=metformin,
        metformin_1000=package("metformin", "1,000 mg", ndc="11111-2222-1", ingredient="metformin"),
        lisinopril=package(
            "lisinopril", "10 mg", ndc="11111-3333-1", ingredient="lisinopril", classes=("ace-inhibitor",)
        ),
        oxycodone=oxycodone,
        lot=inventory.receive(
            tess, package=metformin, lot_number="GOOD1", expires_on=date(2027, 11, 30), quantity=Decimal(500), at=AT
        ),
        old_lot=inventory.receive(
            tess, package=metformin, lot_number="FIRST1", expires_on=date(2027, 1, 31), quantity=Decimal(100), at=AT
        ),
    )
    for p in (cast.metformin_1000, cast.lisinopril, oxycodone):
        inventory.receive(tess, package=p, lot_number="L1", expires_on=date(2027, 10, 31), quantity=Decimal(300), at=AT)
    patients.no_known_allergies(tess, patient=cast.rosa, at=AT)
    patients.no_known_allergies(tess, patient=cast.omar, at=AT)
    return cast
