"""A house for ten people at once: their accounts, patients with an order each, and enough on the shelf. `python tests/ten_people.py N FOLDER`.

The orders lie in FOLDER as the messages that a prescriber's system sends; `people.json` tells who the patients are.
"""

import json
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import django

STAFF = {
    "intake": "technician",
    "entry1": "technician",
    "entry2": "technician",
    "review": "pharmacist",
    "filling1": "technician",
    "filling2": "technician",
    "checking": "pharmacist",
    "bagging": "technician",
    "pickup1": "technician",
    "pickup2": "technician",
}
PASSWORD = "ten people at once"


def main() -> None:
    """Assemble it in the database that the environment names."""
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    import cast as standing
    from officina.base import services as base
    from officina.base.services import NewPerson
    from officina.exchange import script_out
    from officina.inventory import services as inventory
    from officina.kernel import clock
    from officina.patients import services as patients
    from officina.prescriptions.written import Envelope, WrittenPatient

    count, folder = int(sys.argv[1]), Path(sys.argv[2])
    cast = standing.assemble()
    now = clock.now()
    for username, role in STAFF.items():
        person = NewPerson(
            username=username,
            name=username.title(),
            initials=username[:2].upper(),
            role=role,
            password=PASSWORD,
            licences=(standing.licence(role),),
        )
        base.add_person(cast.setup, person=person, at=now)
    for n in range(4):
        inventory.receive(
            cast.tess,
            package=cast.metformin,
            lot_number=f"TEN{n}",
            expires_on=date(2027, 11, 30),
            quantity=Decimal(60 * count),
            at=now,
        )
    people = []
    for n in range(count):
        who = {
            "last_name": f"{_word(n)}son",
            "first_name": f"{_word(n * 7 + 3)}a",
            "born_on": date(1950, 1, 1) + timedelta(n * 31),
        }
        patient = patients.add(cast.tess, details=patients.Details(**who, sex="F"), at=now)
        patients.no_known_allergies(cast.tess, patient=patient, at=now)
        order = cast.order(
            patient=WrittenPatient(**who, sex="F"), written_on=(now - timedelta(days=1)).date(), order_number=f"T{n}"
        )
        envelope = Envelope(
            format="ncpdp-script",
            message_id=f"ten-{n}",
            sender="clinic",
            recipient="9999999",
            sent_at=datetime.now(UTC),
        )
        (folder / f"order-{n:04}.xml").write_bytes(script_out.new_rx(order, envelope))
        people.append([who["last_name"], who["first_name"], f"{who['born_on']:%m/%d/%Y}"])
    (folder / "people.json").write_text(json.dumps({"people": people, "container": container(cast)}))


def container(cast: object) -> str:
    """The barcode of the bottle that expires last: there is enough of it for everybody."""
    gtin = cast.metformin.gtin  # type: ignore[attr-defined]
    return f"]d201{gtin}1727113010TEN0"


def _word(n: int) -> str:
    """A name that no other has: syllables by number."""
    syllables = ("Ba", "de", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu")
    return "".join(syllables[int(digit)] for digit in f"{n:03}").title()


if __name__ == "__main__":
    main()
