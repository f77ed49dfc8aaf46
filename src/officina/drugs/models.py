"""The drug file: ingredients, clinical drugs, products and packages, and what the official lists say of them."""

import uuid
from decimal import Decimal

from django.db import models

from officina.base.fields import MoneyField, QuantityField, ScaledField
from officina.kernel.errors import Refused


class Edition(models.Model):
    """One load of one source: of which day, from which bytes, how much of it was read."""

    source = models.CharField(max_length=40)
    dated = models.DateField(null=True)
    """As the file tells it, or as the owner said; None where neither did."""
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    unread = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=list)
    """The first lines that were left out, with the reason."""
    address = models.URLField(max_length=600, blank=True)
    """From where the house fetched it; empty where a person brought the file."""
    etag = models.CharField(max_length=200, blank=True)
    modified = models.CharField(max_length=60, blank=True)
    """How the server names these bytes, so that it need not send them again."""
    checked_at = models.DateTimeField(null=True)
    """When the address last said that it has no other."""

    class Meta:
        indexes = [models.Index(fields=["source", "-loaded_at"], name="edition_newest")]

    def __str__(self) -> str:
        return f"{self.source} {self.dated or self.loaded_at.date()}"


class Listed(models.Model):
    """A row that an official list keeps. One that leaves the list is ended, never deleted: fills and records point to it."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    """The load that last changed it; None of what no list has told."""
    fingerprint = models.BigIntegerField(null=True)
    ended_on = models.DateField(null=True)
    """The day of the edition in which it no longer stood."""

    class Meta:
        abstract = True


class Ingredient(models.Model):
    """A substance that works, by its base name, with the classes that screening speaks of."""

    key = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    classes = models.JSONField(default=list)


class Substance(models.Model):
    """An active substance as labels write it, with its salt; the ingredient behind it, where that is certain."""

    name = models.CharField(max_length=300, unique=True)
    ingredient = models.ForeignKey(Ingredient, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return self.name


class Drug(models.Model):
    """A clinical drug: ingredients, strength and form, whoever makes it. What a prescriber orders."""

    key = models.CharField(max_length=64, null=True, unique=True)
    """What makes two listed products the same drug; None of one that no directory has told."""
    generic_name = models.CharField(max_length=300)
    strength = models.CharField(max_length=300)
    form = models.CharField(max_length=80)
    route = models.CharField(max_length=200)
    schedule = models.PositiveSmallIntegerField(default=0)
    """Federal controlled substance schedule 2 to 5; 0 is not controlled."""
    unit = models.CharField(max_length=20)
    """Dispensing unit: tablet, capsule, mL, g, each …"""
    rxcui = models.CharField(max_length=12, blank=True)
    ingredients = models.ManyToManyField(Ingredient, related_name="+")
    """What screening speaks of; none where not every substance is known for certain, and screening then says so."""
    is_house = models.BooleanField(default=True)
    """Entered by the house or its starter list: the directory adds to it and never rewrites it."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["generic_name", "strength", "form"],
                name="one_drug_a_name_strength_form",
                condition=models.Q(is_house=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.generic_name} {self.strength} {self.form}"


class DrugSubstance(models.Model):
    """How much of a substance is in a clinical drug, as labelled: of the salt or of the base."""

    drug = models.ForeignKey(Drug, on_delete=models.CASCADE, related_name="substances")
    substance = models.ForeignKey(Substance, on_delete=models.PROTECT, related_name="+")
    place = models.PositiveSmallIntegerField()
    number = models.CharField(max_length=40, blank=True)
    unit = models.CharField(max_length=60, blank=True)


class Product(Listed):
    """A clinical drug as one labeler sells it, under a brand name or not."""

    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, related_name="products")
    brand_name = models.CharField(max_length=400, blank=True)
    labeler = models.CharField(max_length=200)
    te_code = models.CharField(max_length=8, blank=True)
    appearance = models.CharField(max_length=200, blank=True)
    imprint = models.CharField(max_length=80, blank=True)
    """The letters on the tablet, where a source gives them."""
    image = models.URLField(max_length=400, blank=True)
    """A picture of the package or the tablet, where a source gives one."""
    is_house = models.BooleanField(default=True)
    """Drug, brand and labeler were entered by the house or its starter list, and the directory does not rewrite them."""
    listing = models.CharField(max_length=80, null=True, unique=True)
    """The directory's PRODUCTID: product and version of its label."""
    product_ndc = models.CharField(max_length=12, blank=True, db_index=True)
    kind = models.CharField(max_length=60, blank=True)
    """HUMAN PRESCRIPTION DRUG, HUMAN OTC DRUG …"""
    generic_name = models.CharField(max_length=600, blank=True)
    """As the labeler writes it."""
    category = models.CharField(max_length=60, blank=True)
    application = models.CharField(max_length=40, blank=True, db_index=True)
    schedule = models.PositiveSmallIntegerField(default=0)
    """As this labeler lists it."""
    classes = models.JSONField(default=list)
    """Established class (EPC), mechanism (MoA) and others, as the directory writes them."""
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    certified_through = models.DateField(null=True)
    excluded = models.BooleanField(default=False)
    """The labeler did not certify the listing: kept and marked, not offered."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["drug", "brand_name", "labeler"],
                name="one_product_a_labeler",
                condition=models.Q(listing__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.brand_name or self.drug.generic_name} ({self.labeler})"


class Package(Listed):
    """What stands on the shelf: one package size of a product, known by its NDC and its barcode."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="packages")
    ndc12 = models.CharField(max_length=12, unique=True)
    ndc = models.CharField(max_length=14)
    """As printed, with hyphens."""
    gtin = models.CharField(max_length=14, unique=True, null=True)
    """None where two packages share their ten digits: a scan must not choose between them."""
    size = QuantityField(null=True)
    """None where the description does not tell for certain; `holds` is for who needs one."""
    unit = models.CharField(max_length=20, blank=True)
    unsized = models.CharField(max_length=160, blank=True)
    """Why there is no size."""
    unit_of_use = models.BooleanField(default=False)
    """Dispensed in the maker's own package: inhaler, drops, pens, packs."""
    unit_cost = MoneyField(null=True)
    cost_as_of = models.DateField(null=True)
    is_house = models.BooleanField(default=True)
    """Size, unit and cost were entered by the house or its starter list, and the directory does not rewrite them."""
    description = models.TextField(blank=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    excluded = models.BooleanField(default=False)
    sample = models.BooleanField(default=False)
    """Never sold, never billed."""

    def __str__(self) -> str:
        return self.ndc

    @property
    def holds(self) -> Decimal:
        """Its size; Refused where it is not known, since a guess would be counted and billed by."""
        if self.size is None:
            raise Refused("no_size", f"How much {self.ndc} holds is not known. Choose another package.")
        return self.size


class Row(Listed):
    """A row of a flat list, by the key that its source module gives it."""

    key = models.CharField(max_length=120, unique=True)

    class Meta(Listed.Meta):
        abstract = True


class Unlisted(Row):
    """A package that the FDA keeps apart: unfinished drugs, and listings it excluded."""

    ndc12 = models.CharField(max_length=12, db_index=True)
    ndc = models.CharField(max_length=14)
    description = models.TextField(blank=True)
    why = models.CharField(max_length=20)


class RxName(Row):
    """A name of an RxNorm concept."""

    rxcui = models.CharField(max_length=12, db_index=True)
    tty = models.CharField(max_length=8)
    name = models.TextField()
    suppressed = models.BooleanField(default=False)


class RxRelation(Row):
    """Subject, relation, target of RxNorm."""

    subject = models.CharField(max_length=12, db_index=True)
    relation = models.CharField(max_length=40)
    target = models.CharField(max_length=12, db_index=True)


class RxNdc(Row):
    """A package and its RxNorm clinical drug."""

    ndc12 = models.CharField(max_length=12, db_index=True)
    rxcui = models.CharField(max_length=12, db_index=True)


class Look(Row):
    """How the tablet or capsule of a package looks, and the letters on it, as its label tells."""

    ndc12 = models.CharField(max_length=12, db_index=True)
    imprint = models.CharField(max_length=120, blank=True)
    """One side, then the other, a semicolon between."""
    color = models.CharField(max_length=80, blank=True)
    shape = models.CharField(max_length=80, blank=True)
    size = models.CharField(max_length=40, blank=True)


class Approval(Row):
    """An approved product of the Orange Book."""

    application = models.CharField(max_length=16, db_index=True)
    product_number = models.CharField(max_length=4)
    ingredient = models.TextField()
    form = models.CharField(max_length=120)
    route = models.CharField(max_length=200)
    trade_name = models.CharField(max_length=200)
    applicant = models.CharField(max_length=200)
    strength = models.TextField()
    te_code = models.CharField(max_length=40, blank=True)
    """Several, with commas between, where a product is equivalent to more than one group: AB1,AB2."""
    approved_on = models.DateField(null=True)
    is_reference = models.BooleanField()
    is_standard = models.BooleanField()
    market = models.CharField(max_length=8)


class Patent(Row):
    """A patent on an approved product."""

    application = models.CharField(max_length=16, db_index=True)
    product_number = models.CharField(max_length=4)
    patent = models.CharField(max_length=20)
    expires_on = models.DateField(null=True)
    use_code = models.CharField(max_length=12, blank=True)
    is_substance = models.BooleanField()
    is_product = models.BooleanField()


class Exclusivity(Row):
    """An exclusivity on an approved product."""

    application = models.CharField(max_length=16, db_index=True)
    product_number = models.CharField(max_length=4)
    code = models.CharField(max_length=16)
    ends_on = models.DateField(null=True)


class Price(Row):
    """The surveyed cost of a unit of a package from a day on (NADAC). What this house paid stands on its lots."""

    ndc12 = models.CharField(max_length=12, db_index=True)
    starts_on = models.DateField()
    per_unit = ScaledField(places=5)
    unit = models.CharField(max_length=8, blank=True)
    is_otc = models.BooleanField()


class Shortage(Row):
    """What one company says of the shortage of one presentation."""

    ndc12 = models.CharField(max_length=12, db_index=True, blank=True)
    generic_name = models.CharField(max_length=400)
    company = models.CharField(max_length=200)
    presentation = models.TextField(blank=True)
    status = models.CharField(max_length=60)
    availability = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    posted_on = models.DateField(null=True)
    updated_on = models.DateField(null=True)
    link = models.TextField(blank=True)


class Recall(Row):
    """A recall of one product."""

    number = models.CharField(max_length=40, db_index=True)
    firm = models.CharField(max_length=300)
    recall_class = models.CharField(max_length=40)
    status = models.CharField(max_length=40)
    reason = models.TextField()
    description = models.TextField()
    lots = models.TextField(blank=True)
    started_on = models.DateField(null=True)


class RecallNdc(Row):
    """A package that a recall names."""

    number = models.CharField(max_length=40, db_index=True)
    ndc12 = models.CharField(max_length=12, db_index=True)


class SubstanceSchedule(Row):
    """The schedule of a substance or mixture in a jurisdiction from a day on; a state may only schedule more."""

    jurisdiction = models.CharField(max_length=8)
    substance = models.TextField()
    schedule = models.PositiveSmallIntegerField()
    forms = models.TextField(blank=True)
    starts_on = models.DateField(null=True)


class LookAlike(Row):
    """A name in tall-man letters and the name it is mistaken for."""

    tall_man = models.CharField(max_length=120)
    other = models.CharField(max_length=120, blank=True)
    basis = models.CharField(max_length=200, blank=True)


class MorphineFactor(Row):
    """What a unit of an opioid is in milligrams of oral morphine."""

    opioid = models.CharField(max_length=80)
    unit = models.CharField(max_length=20)
    guideline = models.CharField(max_length=8)
    factor = ScaledField(places=5, null=True)
    steps = models.CharField(max_length=200, blank=True)


class HousePrice(models.Model):
    """How a house makes its prices from a day on: the terms of all, or the fixed price of one package. Never changed; a later row takes over."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey("base.Site", on_delete=models.PROTECT, related_name="+")
    package = models.ForeignKey(Package, on_delete=models.PROTECT, null=True, related_name="+")
    """None: the terms of every package that has no price of its own."""
    starts_on = models.DateField()
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=120)
    percent = MoneyField(null=True)
    fee = MoneyField(null=True)
    minimum = MoneyField(null=True)
    round_to = MoneyField(null=True)
    tiers = models.TextField(blank=True)
    """As `rules.pricing.read_tiers` reads them."""
    per_unit = MoneyField(null=True)
    """Of a package: dollars a unit; None ends its own price."""

    class Meta:
        indexes = [models.Index(fields=["site", "package", "-starts_on"], name="house_price_in_force")]

    def __str__(self) -> str:
        return f"prices from {self.starts_on}"
