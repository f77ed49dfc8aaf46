"""The shop floor of the played pharmacy: its people, one shelf that never runs empty, and fills that lie on the bench to be counted."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from officina.base import queries as house
from officina.base.access import Actor
from officina.base.models import Membership
from officina.dispensing.queries import Fill
from officina.dispensing.services import entry, filling, intake, review
from officina.drugs.models import Package
from officina.inventory import services as inventory
from officina.kernel import clock
from officina.patients import services as patients
from officina.prescriptions.models import Prescriber
from officina.prescriptions.services.orders import Entry
from officina.prescriptions.written import WrittenOrder, WrittenPatient, WrittenPrescriber

DIRECTIONS = "Take 1 tablet by mouth 2 times a day with meals."
EACH = Decimal(60)


@dataclass
class Floor:
    """Who works, and what they take from the shelf."""

    ada: Actor
    tess: Actor
    theo: Actor
    package: Package
    lot: str
    people: int = 0
    """How many customers came so far: each is somebody new, since a second order of one medicine would be a duplicate."""

    def to_bench(self, count: int) -> list[Fill]:
        """So many fills, labelled and empty, half on Tess's bench and half on Theo's."""
        return [self._one(self.tess if n % 2 else self.theo) for n in range(count)]

    def _one(self, filler: Actor) -> Fill:
        at = clock.now()
        self.people += 1
        born_on = date(1930, 1, 1) + timedelta(days=31 * self.people % 25_000)
        details = patients.Details(last_name=f"Quist{self.people}", first_name="Lena", born_on=born_on, sex="F")
        patient = patients.add(self.tess, details=details, at=at)
        patients.no_known_allergies(self.tess, patient=patient, at=at)
        who = WrittenPatient(last_name=patient.last_name, first_name=patient.first_name, born_on=born_on, sex="F")
        prescriber = Prescriber.objects.filter(site_id=self.ada.site_id).order_by("pk")[0]
        by = WrittenPrescriber(last_name=prescriber.last_name, first_name=prescriber.first_name, npi=prescriber.npi)
        today = self.ada.day(at)
        order = WrittenOrder(patient=who, prescriber=by, drug_text="metformin 500 mg", quantity=EACH, written_on=today)
        entered = Entry(
            patient=patient,
            prescriber=prescriber,
            drug=self.package.product.drug,
            quantity=EACH,
            days_supply=30,
            refills=2,
            directions=DIRECTIONS,
            written_on=today,
        )
        fill = intake.receive(self.tess, order=order, origin="1", at=at)
        fill = entry.start_entry(self.tess, fill=fill, at=at)
        fill = entry.submit_entry(self.tess, fill=fill, entry=entered, package=self.package, at=at)
        fill = entry.approve_entry(self.ada, fill=fill, at=at)
        fill = review.clear_review(self.ada, fill=fill, at=at)
        fill = review.settle_payment(self.tess, fill=fill, at=at)
        fill = filling.take(filler, fill=fill, at=at)
        return filling.label_printed(filler, fill=fill, at=at)


def floor(*, fills: int) -> Floor:
    """The floor of the pharmacy that was played, with stock for so many fills."""
    ada, tess, theo = (_actor(name) for name in ("ada", "tess", "theo"))
    package = (
        Package.objects.select_related("product__drug")
        .filter(is_house=True, product__drug__generic_name="metformin", product__drug__strength="500 mg")
        .exclude(product__drug__form__contains="extended")
        .order_by("pk")[0]
    )
    at = clock.now()
    lot = inventory.receive(
        tess,
        package=package,
        lot_number="BENCH",
        expires_on=ada.day(at) + timedelta(days=400),
        quantity=EACH * fills,
        at=at,
    )
    return Floor(ada, tess, theo, package, lot.number)


def _actor(username: str) -> Actor:
    found = Membership.objects.get(user__username=username, role__key__in=("pharmacist", "technician"))
    actor = house.actor_for(found.user_id, found.site_id, station="bench")
    assert actor is not None
    return actor
