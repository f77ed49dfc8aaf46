"""The whole path through the services: an order is received, entered, checked, filled, checked again, bagged and handed over."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from bench.harness import Figure, measure
from cast import TODAY, Cast, assemble
from officina.dispensing.models import PickUp
from officina.dispensing.services import pickup
from officina.inventory import services as inventory
from officina.patients import services as patients
from officina.patients.models import Patient

PRESCRIPTIONS = 200
WARM_UP = 10


def figures() -> Iterator[Figure]:
    """One writer, one prescription after the other."""
    cast = assemble()
    cast.lot = inventory.receive(
        cast.tess,
        package=cast.metformin,
        lot_number="BENCH",
        expires_on=date(TODAY.year + 2, 1, 31),
        quantity=Decimal(60 * (PRESCRIPTIONS + WARM_UP + 1)),
        at=cast.at(),
    )
    # A patient a prescription, as in a day at the counter: one patient with two hundred would measure the screening of that patient.
    people = iter([_somebody(cast, number) for number in range(PRESCRIPTIONS + WARM_UP + 1)])
    yield measure("whole path, one writer", lambda: hand_over(cast, next(people)), times=PRESCRIPTIONS, warm_up=WARM_UP)


def _somebody(cast: Cast, number: int) -> Patient:
    born_on = date(1930, 1, 1) + timedelta(days=97 * number)
    details = patients.Details(last_name="Flórez", first_name="Rosa", born_on=born_on, sex="F")
    patient = patients.add(cast.tess, details=details, at=cast.at())
    patients.no_known_allergies(cast.tess, patient=patient, at=cast.at())
    return patient


def hand_over(cast: Cast, patient: Patient) -> None:
    """One prescription from the order to the patient's hand."""
    cast.rosa = patient
    fill = cast.bagged()
    at_the_counter = pickup.identify(
        cast.tess,
        last_name=cast.rosa.last_name,
        first_name=cast.rosa.first_name,
        born_on=cast.rosa.born_on,
        at=cast.at(),
    )
    assert fill.bag is not None
    pickup.scan_bag(cast.tess, pick_up=at_the_counter, bag_number=fill.bag.number, at=cast.at())
    pickup.counsel(cast.tess, pick_up=at_the_counter, outcome=PickUp.Counsel.DECLINED, at=cast.at())
    pickup.hand_over(cast.tess, pick_up=at_the_counter, signed_by="R. Flórez", relation="self", at=cast.at())
