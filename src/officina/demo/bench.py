"""The people of the day at their desks: one order from entry to the bin and over the counter, mistakes made where planned."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from officina.base.access import Actor
from officina.demo.orders import Planned
from officina.demo.pharmacy import Bottle, House
from officina.demo.tally import Tally
from officina.dispensing import queries
from officina.dispensing.queries import Fill
from officina.dispensing.services import checking, entry, filling, pickup, review
from officina.drugs import queries as drugs
from officina.exchange import scan_in
from officina.inventory import queries as inventory
from officina.inventory import services as stock
from officina.kernel.errors import Refused
from officina.patients import services as patients
from officina.patients.queries import Patient
from officina.prescriptions import suggestions
from officina.prescriptions.services.orders import Entry
from officina.prescriptions.suggestions import Suggestion
from officina.prescriptions.written import WrittenOrder
from officina.screening import queries as screening


def answer_of(act: Callable[[], object]) -> str:
    """The code with which the house refuses an act, or 'done' where it let it pass."""
    try:
        act()
    except Refused as no:
        return no.code
    return "done"


class Bench:
    """Who works today, and what they count."""

    def __init__(self, rng: random.Random, house: House, tally: Tally) -> None:
        self.rng, self.house, self.tally = rng, house, tally
        self.technicians = [house.staff[n] for n in ("tess", "theo", "tara")]
        self.pharmacists = [house.staff[n] for n in ("ada", "pia")]

    def begin(self, code: str, *, upto: int, at: datetime) -> None:
        """Take an order some steps and leave it there, to go on by hand."""
        tech, boss = self.rng.choice(self.technicians), self.rng.choice(self.pharmacists)
        fill = self._fill(code)
        steps: list[Callable[[Fill], Fill]] = [
            lambda f: self._enter(tech, f, at=at),
            lambda f: entry.approve_entry(boss, fill=f, at=at + timedelta(minutes=3)),
            lambda f: self._review(boss, f, at=at + timedelta(minutes=4)),
            lambda f: review.settle_payment(tech, fill=f, at=at + timedelta(minutes=5)),
            lambda f: filling.take(tech, fill=f, at=at + timedelta(minutes=7)),
            lambda f: self._count(tech, f, [], at=at + timedelta(minutes=9)),
        ]
        for step in steps[:upto]:
            fill = step(fill)

    def work(self, code: str, planned: Planned, traps: list[str], *, at: datetime) -> str:
        """From entry to the bin; gives the fill's code, or nothing where the house stopped the order for good."""
        tech, boss = self.rng.choice(self.technicians), self.rng.choice(self.pharmacists)
        fill = self._enter(tech, self._fill(code), at=at)
        fill = entry.approve_entry(boss, fill=fill, at=at + timedelta(minutes=3))
        if planned.planted:
            return self._stopped_at_review(boss, fill, planned, at=at + timedelta(minutes=4))
        fill = self._review(boss, fill, at=at + timedelta(minutes=4))
        fill = review.settle_payment(tech, fill=fill, at=at + timedelta(minutes=5))
        filler = boss if "verifier_is_filler" in traps else tech
        fill = filling.take(filler, fill=fill, at=at + timedelta(minutes=7))
        fill = self._count(filler, fill, traps, at=at + timedelta(minutes=9))
        fill = self._check(boss, fill, traps, at=at + timedelta(minutes=14))
        spot = f"{self.rng.choice('ABCDEF')}{self.rng.randint(1, 30)}"
        bags = queries.bags_of(tech, fill.patient_id or 0)
        fill = checking.bag(
            tech, fill=fill, bin_name=spot, into=bags[0] if bags else None, at=at + timedelta(minutes=16)
        )
        return str(fill.code)

    def hand_over(self, code: str, *, at: datetime, trap: str = "") -> None:
        """The patient comes: identifiers, bags, counselling, signature."""
        fill = self._fill(code)
        if fill.state != "bin" or fill.patient is None or fill.bag is None:
            return
        clerk, p = self.house.staff["carl"], fill.patient
        came = pickup.identify(clerk, last_name=p.last_name.upper(), first_name=p.first_name, born_on=p.born_on, at=at)
        other = self._fill(trap) if trap else None
        if other is not None and other.bag is not None and other.patient_id != fill.patient_id:
            number = other.bag.number
            self.tally.planted(
                "wrong_patient_bag", answer_of(lambda: pickup.scan_bag(clerk, pick_up=came, bag_number=number, at=at))
            )
        for bag in queries.bags_of(clerk, p.pk):
            pickup.scan_bag(clerk, pick_up=came, bag_number=bag.number, at=at)
        if self.rng.random() < 0.4:
            pickup.counsel(
                self.rng.choice(self.pharmacists), pick_up=came, outcome="accepted", at=at + timedelta(minutes=2)
            )
        else:
            pickup.counsel(self.house.staff["tess"], pick_up=came, outcome="declined", at=at + timedelta(minutes=1))
        self.tally.sold += len(pickup.fills_of(came))
        pickup.hand_over(
            clerk,
            pick_up=came,
            signed_by=f"{p.first_name} {p.last_name}",
            relation="self",
            at=at + timedelta(minutes=3),
        )

    def _fill(self, code: str) -> Fill:
        return queries.fill(self.pharmacists[0], code)

    def _enter(self, tech: Actor, fill: Fill, *, at: datetime) -> Fill:
        """Enter what the desk proposes, the patient added where new."""
        fill = entry.start_entry(tech, fill=fill, at=at)
        proposed = suggestions.suggest(tech, fill.prescription)
        order = proposed.order
        assert proposed.drug is not None, order.drug_text
        assert order.quantity is not None
        assert order.written_on is not None
        entered = Entry(
            patient=proposed.patients[0] if proposed.patients else self._newcomer(tech, order, at=at),
            prescriber=proposed.prescribers[0],
            drug=proposed.drug,
            quantity=order.quantity,
            days_supply=order.days_supply,
            refills=order.refills or 0,
            directions=proposed.directions.text,
            written_on=order.written_on,
            daw="0" if order.substitution_allowed in {None, True} else "1",
        )
        package = self._package(tech, proposed, order.quantity, at=at)
        fill = entry.submit_entry(tech, fill=fill, entry=entered, package=package, at=at + timedelta(minutes=1))
        self.tally.entered += 1
        return fill

    def _newcomer(self, tech: Actor, order: WrittenOrder, *, at: datetime) -> Patient:
        who = order.patient
        assert who.born_on is not None
        details = patients.Details(
            last_name=who.last_name,
            first_name=who.first_name,
            born_on=who.born_on,
            sex=who.sex,
            street=who.street,
            city=who.city,
            state=who.state,
            postal_code=who.postal_code,
            phone=who.phone,
        )
        patient = patients.add(tech, details=details, at=at)
        patients.no_known_allergies(tech, patient=patient, at=at)
        return patient

    def _package(self, tech: Actor, proposed: Suggestion, quantity: Decimal, *, at: datetime) -> drugs.Package:
        """The written package where it can be dispensed, else another of the same drug that has enough on the shelf."""
        assert proposed.drug is not None
        choices = ([proposed.package] if proposed.package else []) + drugs.packages_of(proposed.drug.pk)
        fitting = [c for c in choices if not (c.unit_of_use and quantity % c.holds)]
        shelves = inventory.shelves(tech.site_id, [c.pk for c in fitting], on=tech.day(at))
        enough = [c for c in fitting if c.pk in shelves and shelves[c.pk].on_hand >= quantity]
        return (enough or fitting)[0]

    def _review(self, boss: Actor, fill: Fill, *, at: datetime) -> Fill:
        """A pharmacist looks at every serious alert and answers it, then clears the review."""
        found = screening.current(fill.prescription_id)
        for alert in found.alerts.all() if found else ():
            if alert.stops:
                review.resolve_alert(
                    boss, alert=alert, resolution="prescriber_consulted", reason="Prescriber knows and monitors.", at=at
                )
                self.tally.alerts_resolved += 1
        return review.clear_review(boss, fill=fill, at=at)

    def _stopped_at_review(self, boss: Actor, fill: Fill, planned: Planned, *, at: datetime) -> str:
        """The planted order must not pass: neither the pharmacist past the alert, nor the technician by answering it."""
        found = screening.current(fill.prescription_id)
        expected = f"{planned.planted}."
        serious = [a for a in (found.alerts.all() if found else ()) if a.stops and a.rule.startswith(expected)]
        answer = answer_of(lambda: review.clear_review(boss, fill=fill, at=at)) if serious else "no alert"
        tech = self.technicians[0]
        if serious:
            alert = serious[0]
            tried = answer_of(
                lambda: review.resolve_alert(
                    tech, alert=alert, resolution="not_applicable", reason="It will be fine.", at=at
                )
            )
            answer = answer if tried == "not_in_role" else "a technician answered the alert"
        self.tally.planted(planned.planted, answer)
        review.cancel(
            boss, fill=fill, why="Prescriber called: will order something else.", at=at + timedelta(minutes=5)
        )
        return ""

    def _count(self, filler: Actor, fill: Fill, traps: list[str], *, at: datetime) -> Fill:
        """Scan bottles until the vial is full, with the planted mistakes first."""
        fill = filling.label_printed(filler, fill=fill, at=at)
        for kind in ("wrong_product", "wrong_strength", "expired_lot"):
            if kind in traps:
                self._wrong_scan(filler, fill, kind, at=at)
        assert fill.quantity is not None
        short = "short_count" in traps and fill.quantity > 1
        for lot, part in queries.suggested_lots(fill, on=filler.day(at)):
            bottle = self._bottle(fill, lot.number)
            self._scan(filler, fill, bottle, part - 1 if short else part, at=at)
            if short:
                short = False
                self._send_short(filler, str(fill.code), at=at)
                self._scan(filler, self._fill(str(fill.code)), bottle, Decimal(1), at=at)
            fill = self._fill(str(fill.code))
        self.tally.filled += 1
        second = fill.quantity if fill.prescription.schedule == 2 else None
        return filling.submit_fill(filler, fill=fill, second_count=second, at=at + timedelta(minutes=3))

    def _send_short(self, filler: Actor, code: str, *, at: datetime) -> None:
        """Send a vial to the check that is one short."""
        answer = answer_of(lambda: filling.submit_fill(filler, fill=self._fill(code), at=at))
        self.tally.planted("short_count", answer)

    def _bottle(self, fill: Fill, lot_number: str) -> Bottle:
        assert fill.package is not None
        return next(b for b in self.house.bottles[fill.package.pk] if b.lot == lot_number)

    def _scan(
        self, filler: Actor, fill: Fill, bottle: Bottle, quantity: Decimal | None, *, at: datetime
    ) -> filling.ScanAnswer:
        scanned = scan_in.container(bottle.barcode, site_id=filler.site_id, today=filler.day(at))
        return filling.scan(filler, fill=fill, scanned=scanned, quantity=quantity, at=at)

    def _wrong_scan(self, filler: Actor, fill: Fill, kind: str, *, at: datetime) -> None:
        """Take the wrong bottle from the shelf, as happens, and hold it under the scanner."""
        assert fill.package is not None
        drug = fill.package.product.drug
        if kind == "expired_lot":
            bottle = self._expired(fill.package, at=at)
        else:
            wrong = [
                p for p in drugs.packages().order_by("id") if _is_wrong(p, drug, same_name=kind == "wrong_strength")
            ]
            if not wrong:
                kind, wrong = (
                    "wrong_product",
                    [p for p in drugs.packages().order_by("id") if _is_wrong(p, drug, same_name=False)],
                )
            bottle = self.house.bottles[self.rng.choice(wrong).pk][0]
        got = self._scan(filler, fill, bottle, Decimal(1), at=at)
        self.tally.planted(kind, got.code)

    def _expired(self, package: drugs.Package, *, at: datetime) -> Bottle:
        """A bottle that was received in good time and stood at the back of the shelf for too long."""
        actor = self.house.staff["tara"]
        long_ago, gone = at - timedelta(days=400), actor.day(at) - timedelta(days=20)
        stock.receive(actor, package=package, lot_number="OLD1", expires_on=gone, quantity=Decimal(10), at=long_ago)
        return Bottle(package.pk, package.gtin or "", "OLD1", gone)

    def _check(self, boss: Actor, fill: Fill, traps: list[str], *, at: datetime) -> Fill:
        """The final check; a technician tries it, or the one who filled it, where that is planted."""
        if "technician_final_check" in traps:
            self.tally.planted(
                "technician_final_check", answer_of(lambda: checking.verify(self.house.staff["theo"], fill=fill, at=at))
            )
        if "verifier_is_filler" in traps:
            self.tally.planted("verifier_is_filler", answer_of(lambda: checking.verify(boss, fill=fill, at=at)))
            boss = next(p for p in self.pharmacists if p.user_id != boss.user_id)
        fill = checking.verify(boss, fill=self._fill(str(fill.code)), at=at)
        self.tally.checked += 1
        return fill


def _is_wrong(package: drugs.Package, drug: drugs.Drug, *, same_name: bool) -> bool:
    """Another medicine; or the same one and form in another strength."""
    other = package.product.drug
    if same_name:
        return other.generic_name == drug.generic_name and other.form == drug.form and other.strength != drug.strength
    return other.generic_name != drug.generic_name
