"""Selling pseudoephedrine without a prescription: judged by what the same person bought, and written in the logbook with the sale."""

from dataclasses import dataclass
from datetime import datetime

from officina.base import audit, numbering
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import append
from officina.dispensing import acts, logbook
from officina.dispensing.logbook import Buyer, Ware
from officina.dispensing.models import PseudoephedrineSale
from officina.drugs.models import Package
from officina.inventory import queries as stock
from officina.inventory import rules as lots
from officina.inventory import services as ledger
from officina.inventory.models import Place
from officina.inventory.services import Transfer
from officina.kernel.errors import Refused
from officina.law import pseudoephedrine as law

SOLD = audit.verb("pseudoephedrine.sold", "sold pseudoephedrine")
TAKEN_BACK = audit.verb("pseudoephedrine.taken_back", "took back a line of the pseudoephedrine logbook")
_FIELDS = {
    "name": "last_name",
    "address": "address",
    "signature": "signed_by",
    "identity": "identity_number",
    "product": "product",
    "quantity": "packages",
}
"""What the law's logbook holds, by the field of the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """That the purchaser read the notice about false statements, and signed."""

    name: str
    notice_read: bool
    strokes: str = ""


@command
def sell(
    actor: Actor, *, buyer: Buyer, ware: Ware, signed: Signed, at: datetime, package: Package | None = None
) -> PseudoephedrineSale:
    """Sell and write the line, or refuse with what may be sold now and when the whole would pass."""
    actor.must(acts.SELL_PSEUDOEPHEDRINE, at=at)
    # The number first: of two who sell to one person at two registers, the second reads what the first has sold.
    number = f"L{numbering.take(actor.site_id, 'pse'):06}"
    _refuse_incomplete(actor, buyer, ware, signed, at=at)
    answer = logbook.judged(actor, buyer, ware, at=at)
    if not answer.ruling.allowed:
        notes = " ".join(n for n in answer.ruling.notes if n not in answer.ruling.sentence)
        raise Refused("over_limit", f"{answer.ruling.sentence} {notes}".strip(), {"packages": answer.ruling.rule})
    sale = _line(actor, buyer, ware, signed, at=at)
    sale.number, sale.base_mg, sale.package = number, answer.base_mg, package
    append(sale)
    if package is not None:
        _take_from_shelf(actor, package, ware.packages, about=number, at=at)
    audit.record(actor, SOLD, at=at, on=sale, after={"number": number, "base_mg": f"{answer.base_mg.normalize():f}"})
    return sale


def _line(actor: Actor, buyer: Buyer, ware: Ware, signed: Signed, *, at: datetime) -> PseudoephedrineSale:
    return PseudoephedrineSale(
        site_id=actor.site_id,
        at=at,
        product=" ".join(ware.product.split()),
        salt=ware.salt,
        unit_mg=ware.unit_mg,
        units=ware.units,
        packages=ware.packages,
        last_name=buyer.last_name.strip(),
        first_name=buyer.first_name.strip(),
        born_on=buyer.born_on,
        address=" ".join(buyer.address.split()),
        identity_kind=buyer.identity_kind.strip(),
        identity_issuer=buyer.identity_issuer.strip().upper(),
        identity_number=logbook.plain_number(buyer.identity_number),
        person=logbook.person_of(buyer),
        signed_by=signed.name.strip(),
        signature=signed.strokes,
        user_id=actor.user_id,
        user_name=actor.name,
    )


def _refuse_incomplete(actor: Actor, buyer: Buyer, ware: Ware, signed: Signed, *, at: datetime) -> None:
    """Refused where the logbook would lack something, the identification has expired, or nothing is sold."""
    has_identity = buyer.identity_kind.strip() and buyer.identity_issuer.strip()
    given = {
        "product": ware.product,
        "quantity": str(ware.units) if ware.units > 0 else "",
        "name": f"{buyer.first_name} {buyer.last_name}" if buyer.first_name.strip() and buyer.last_name.strip() else "",
        "address": buyer.address,
        "at": at.isoformat(),
        "signature": signed.name,
        "identity": logbook.plain_number(buyer.identity_number) if has_identity else "",
    }
    wrong = {_FIELDS.get(row.field, row.field): f"Needed: {row.words}" for row in law.log_missing(given, at=at)}
    today = actor.day(at)
    if buyer.identity_expires_on is not None and buyer.identity_expires_on < today:
        wrong["identity_expires_on"] = f"It expired on {buyer.identity_expires_on:%b %d, %Y}: another one is needed."
    if buyer.born_on > today:
        wrong["born_on"] = "In the future"
    if ware.unit_mg <= 0 or ware.units_each <= 0 or ware.packages <= 0:
        wrong.setdefault("packages", "More than nothing")
    if not signed.notice_read:
        wrong["notice_read"] = "The purchaser reads the notice before signing."
    if wrong:
        raise Refused("logbook_incomplete", "Nothing was sold: look at the marked fields.", wrong)


def _take_from_shelf(actor: Actor, package: Package, count: int, *, about: str, at: datetime) -> None:
    """So many packages leave our shelf, first expired first; what is not kept in the ledger leaves no trace there."""
    if package.size is None:
        return
    held = stock.lots_of(actor.site_id, package.pk)
    if not held:
        return
    needed = package.size * count
    plan = lots.pick(held, needed, on=actor.day(at))
    if sum(part for _, part in plan) < needed:
        raise Refused("not_enough", "There is not so much of it on the shelf. Count it, or receive what came.")
    places = stock.places(actor.site_id)
    shelf, patients = places[Place.Kind.SHELF], places[Place.Kind.PATIENT]
    moves = [Transfer(lot.lot_id, shelf, patients, part) for lot, part in plan]
    ledger.post(actor, moves, at=at, cause="sold", about=about)


@command
def take_back(actor: Actor, *, sale: PseudoephedrineSale, why: str, at: datetime) -> PseudoephedrineSale:
    """Take a line back that was typed wrong, or of which nothing was handed over: both lines stay, and it counts no more."""
    actor.must(acts.CORRECT_LOGBOOK, at=at, site_id=sale.site_id)
    if not why.strip():
        raise Refused("why_needed", "Say why.", {"why": "Needed"})
    number = f"L{numbering.take(actor.site_id, 'pse'):06}"
    sale = logbook.line(actor, str(sale.code))
    if sale.reverses_id is not None or hasattr(sale, "reversed_by"):
        raise Refused("taken_back", f"Line {sale.number} was taken back already, or takes another one back.")
    copied = ("product", "salt", "unit_mg", "units", "packages", "base_mg", "last_name", "first_name", "born_on", "address",
              "identity_kind", "identity_issuer", "identity_number", "person", "signed_by", "package_id")  # fmt: skip
    back = PseudoephedrineSale(
        site_id=actor.site_id,
        number=number,
        at=at,
        reverses=sale,
        why=why.strip()[:300],
        user_id=actor.user_id,
        user_name=actor.name,
        **{name: getattr(sale, name) for name in copied},
    )
    append(back)
    moves = [m for m in stock.moves_about(actor.site_id, sale.number) if m.cause == "sold"]
    if moves:
        ledger.reverse(actor, moves, at=at, cause="sale taken back", about=back.number, why=why)
    audit.record(actor, TAKEN_BACK, at=at, on=sale, why=why, after={"number": back.number})
    return back
