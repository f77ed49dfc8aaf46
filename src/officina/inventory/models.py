"""The stock ledger: places, lots, moves and balances. Everything is a place; nothing can be unbalanced."""

import uuid

from django.db import models
from django.db.models import F, Q

from officina.base.fields import QuantityField
from officina.base.models import Site
from officina.drugs.models import Package


class Place(models.Model):
    """Somewhere stock can be. Places inside the house have balances that never fall below zero; the outside has none."""

    class Kind(models.TextChoices):
        SHELF = "shelf", "Shelf"
        SAFE = "safe", "Safe"
        BENCH = "bench", "Filling bench"
        WILL_CALL = "will_call", "Will-call"
        QUARANTINE = "quarantine", "Quarantine"
        SUPPLIER = "supplier", "Supplier"
        PATIENT = "patient", "Patients"
        WASTED = "wasted", "Wasted"
        LOST = "lost", "Lost"
        COUNTED = "counted", "Count differences"
        RELABELLED = "relabelled", "Relabelled as a returned vial"

    INSIDE = (Kind.SHELF, Kind.SAFE, Kind.BENCH, Kind.WILL_CALL, Kind.QUARANTINE)

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="one_place_a_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_inside(self) -> bool:
        return self.kind in self.INSIDE


class Lot(models.Model):
    """Containers of one package that share a lot number and an expiry date; or one vial that came back, a lot of its own."""

    class State(models.TextChoices):
        GOOD = "good", "Good"
        QUARANTINED = "quarantined", "Quarantined"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=40)
    expires_on = models.DateField()
    state = models.CharField(max_length=12, choices=State, default=State.GOOD)
    vial_number = models.CharField(max_length=16, blank=True)
    """House number of a returned vial ('V…'); empty for the maker's own containers."""
    made_from = models.CharField(max_length=60, blank=True)
    """For a returned vial: the fill it was and the lots inside."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "package", "number", "expires_on", "vial_number"], name="race_lot"),
        ]
        indexes = [models.Index(fields=["site", "vial_number"], name="lot_by_vial")]

    def __str__(self) -> str:
        return self.vial_number or self.number


class Move(models.Model):
    """So much of a lot went from one place to another. Append-only by trigger; corrected by a reverse move only."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="moves")
    from_place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    to_place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    quantity = QuantityField()
    at = models.DateTimeField()
    cause = models.CharField(max_length=30)
    """received, filled, unfilled, bagged, sold, returned, counted, quarantined, relabelled …"""
    about = models.CharField(max_length=40, blank=True)
    """Number of the fill or document that caused it."""
    why = models.CharField(max_length=200, blank=True)
    user_id = models.BigIntegerField()
    user_name = models.CharField(max_length=120)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="move_is_positive"),
            models.CheckConstraint(condition=~Q(from_place=F("to_place")), name="move_goes_somewhere"),
        ]
        indexes = [
            models.Index(fields=["about", "id"], name="move_by_document"),
            models.Index(fields=["lot", "id"], name="move_by_lot"),
        ]


class Balance(models.Model):
    """What is on hand of a lot at a place inside the house: the sum of its moves, kept by the one function that posts them."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="balances")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    on_hand = QuantityField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="on_hand_never_negative"),
            models.UniqueConstraint(fields=["lot", "place"], name="one_balance_a_lot_and_place"),
        ]
        indexes = [models.Index(fields=["site", "place", "lot"], name="balance_by_place")]
