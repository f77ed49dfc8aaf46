"""The standing label facts that the label tests vary."""

from datetime import date
from decimal import Decimal

from officina.labels.content import LabelFacts

METFORMIN = LabelFacts(
    pharmacy_name="Maple Street Pharmacy", pharmacy_street="12 Maple Street", pharmacy_city_line="Springfield, IL 62701",
    pharmacy_phone="(217) 555-0100", rx_number="6000123", fill_number="F2000015", fill_no=0, patient_name="Ana Rivera",
    prescriber_name="Jane Doe, MD", drug_name="metformin hydrochloride", brand_name="", generic_for="Glucophage", strength="500 mg", form="tablet",
    labeler="Zydus Pharmaceuticals", ndc="68382-028-01", directions="Take 1 tablet by mouth in the morning and 1 tablet in the evening.",
    quantity=Decimal(60), unit="tablet", refills_left=2, days_supply=30, written_on=date(2026, 11, 20), filled_on=date(2026, 11, 22),
    lot_expires_on=date(2028, 5, 31), schedule=0, description="White round tablet, imprint 142", pharmacist_initials="AK",
    ingredients=("metformin",), classes=("biguanide",), route="oral", purpose="diabetes", refills_until=date(2027, 11, 20),
)  # fmt: skip
