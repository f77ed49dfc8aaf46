"""Furnish GNU Health's database: a hospital with a pharmacy, a doctor, a hundred patients, a million tablets of one lot on its shelf.

Run by the Python of GNU Health's own environment; tells on standard output what a client has to name. Database, user and password come from outside.
"""

import json
import os
from datetime import date
from decimal import Decimal

from trytond.config import config

config.update_etc(os.environ["TRYTOND_CONFIG"])

from trytond.pool import Pool  # noqa: E402  it reads the configuration when it is imported
from trytond.transaction import Transaction  # noqa: E402

DATABASE, LOGIN, ON_HAND = os.environ["PEER_DATABASE"], os.environ["PEER_LOGIN"], 1_000_000
GROUPS = ("Health Doctor", "Health Nurse", "Stock")


def main() -> None:
    Pool.start()
    pool = Pool(DATABASE)
    pool.init()
    with Transaction().start(DATABASE, 1):
        told = _people(pool.get)
    with Transaction().start(DATABASE, 1, context={"company": told["company"]}):
        told |= _pharmacy(pool.get, told["company"], told["currency"], told["user"])
    print(json.dumps(told))


def _new(get, model, **values):
    return get(model).create([values])[0]


def _people(get):
    """The hospital as a company, and an ordinary user of it."""
    currency = _new(get, "currency.currency", name="Dollar", code="USD", symbol="$", rounding=Decimal("0.01"), digits=2)
    hospital = _new(get, "party.party", name="Hospital", is_institution=True)
    company = _new(get, "company.company", party=hospital.id, currency=currency.id)
    belongs = {"companies": [("add", [company.id])], "company": company.id}
    get("res.user").write([get("res.user")(1)], belongs)
    groups = get("res.group").search([("name", "in", GROUPS)])
    assert len(groups) == len(GROUPS), groups
    user = _new(
        get,
        "res.user",
        name="Doctor",
        login=LOGIN,
        password=os.environ["PEER_PASSWORD"],
        groups=[("add", [g.id for g in groups])],
        **belongs,
    )
    return {"company": company.id, "currency": currency.id, "user": user.id}


def _pharmacy(get, company, currency, user):
    """Who prescribes, for whom, what lies where."""
    hospital = get("company.company")(company).party
    institution = _new(
        get,
        "gnuhealth.institution",
        party=hospital.id,
        code="H1",
        institution_type="hospital",
        public_level="public",
    )
    person = {"is_person": True, "fed_country": "USA", "dob": date(1980, 1, 1)}
    doctor = _new(
        get, "party.party", name="Ada", lastname="Park", gender="f", is_healthprof=True, internal_user=user, **person
    )
    prescriber = _new(get, "gnuhealth.healthprofessional", party=doctor.id, institution=institution.id, code="D1")
    warehouse = get("stock.location").search([("type", "=", "warehouse")])[0]
    supplier = get("stock.location").search([("type", "=", "supplier")])[0]
    pharmacy = _new(get, "party.party", name="Pharmacy", is_pharmacy=True, warehouse=warehouse.id)
    unit = get("product.uom").search([("name", "=", "Unit")])[0]
    template = _new(
        get,
        "product.template",
        name="Metformin 500 mg",
        type="goods",
        default_uom=unit.id,
        list_price=Decimal(2),
        cost_price_method="fixed",
        products=[("create", [{"code": "MET", "is_medicament": True}])],
    )
    product = template.products[0]
    get("product.product").write([product], {"cost_price": Decimal(1)})
    medicament = _new(get, "gnuhealth.medicament", product=product.id, active_component="Metformin")
    lot = _new(get, "stock.lot", number="L1", product=product.id, expiration_date=date(2030, 1, 1))
    shelf = warehouse.storage_location
    came = _new(
        get,
        "stock.move",
        product=product.id,
        lot=lot.id,
        unit=unit.id,
        quantity=ON_HAND,
        from_location=supplier.id,
        to_location=shelf.id,
        unit_price=Decimal(1),
        currency=currency,
        company=company,
    )
    get("stock.move").do([came])
    patients = [
        _new(
            get,
            "gnuhealth.patient",
            party=_new(
                get, "party.party", name=f"Patient{n}", lastname="Quist", gender="f", is_patient=True, **person
            ).id,
        ).id
        for n in range(100)
    ]
    return {
        "healthprof": prescriber.id,
        "pharmacy": pharmacy.id,
        "medicament": medicament.id,
        "product": product.id,
        "shelf": shelf.id,
        "patients": patients,
        "on_hand": ON_HAND,
    }


if __name__ == "__main__":
    main()
