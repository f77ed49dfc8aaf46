"""The drug file: ingredients, clinical drugs, products and packages."""

from django.db import models

from officina.base.fields import MoneyField, QuantityField


class Ingredient(models.Model):
    """A substance that works, by its base name, with the classes that screening speaks of."""

    key = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    classes = models.JSONField(default=list)


class Drug(models.Model):
    """A clinical drug: ingredients, strength and form, whoever makes it. What a prescriber orders."""

    generic_name = models.CharField(max_length=160)
    strength = models.CharField(max_length=80)
    form = models.CharField(max_length=60)
    route = models.CharField(max_length=60)
    schedule = models.PositiveSmallIntegerField(default=0)
    """Federal controlled substance schedule 2 to 5; 0 is not controlled."""
    unit = models.CharField(max_length=20)
    """Dispensing unit: tablet, capsule, mL, g, each …"""
    rxcui = models.CharField(max_length=12, blank=True)
    ingredients = models.ManyToManyField(Ingredient, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["generic_name", "strength", "form"], name="one_drug_a_name_strength_form")
        ]

    def __str__(self) -> str:
        return f"{self.generic_name} {self.strength} {self.form}"


class Product(models.Model):
    """A clinical drug as one labeler sells it, under a brand name or not."""

    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, related_name="products")
    brand_name = models.CharField(max_length=160, blank=True)
    labeler = models.CharField(max_length=160)
    te_code = models.CharField(max_length=8, blank=True)
    appearance = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["drug", "brand_name", "labeler"], name="one_product_a_labeler")]

    def __str__(self) -> str:
        return f"{self.brand_name or self.drug.generic_name} ({self.labeler})"


class Package(models.Model):
    """What stands on the shelf: one package size of a product, known by its NDC and its barcode."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="packages")
    ndc12 = models.CharField(max_length=12, unique=True)
    ndc = models.CharField(max_length=14)
    """As printed, with hyphens."""
    gtin = models.CharField(max_length=14, unique=True)
    size = QuantityField()
    unit = models.CharField(max_length=20)
    unit_of_use = models.BooleanField(default=False)
    """Dispensed in the maker's own package: inhaler, drops, pens, packs."""
    unit_cost = MoneyField(null=True)
    cost_as_of = models.DateField(null=True)

    def __str__(self) -> str:
        return self.ndc
