"""Years of history: the closed work of a day that the services really wrote, copied with new keys, numbers and dates.

Every copy is a small world of its own that the house's own check finds sound: its lots were received, filled from and handed over to
the last tablet. Patients come again from copy to copy, about twenty-five fills each; a lot lasts a week. One message in three is kept
with its bytes; the other prescriptions count as written on paper.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Self

from django.db import connection, models

from officina.base.models import AuditEntry, Counter
from officina.dispensing.models import Bag, Fill, FillPart, FillScan, FillStep, PickUp
from officina.inventory.models import Balance, Lot, Move, Place
from officina.kernel.ids.numbers import HouseNumber
from officina.patients.models import Allergy, Condition, Patient
from officina.prescriptions.models import Message, Prescription, Received
from officina.screening.models import Alert, Screening

YEARS = 5
FILLS_A_PATIENT = 25
COPIES_A_LOT = 7
MESSAGE_EVERY = 3
BATCH = 20_000
InPickUp = PickUp.bags.through
BY_PATIENT: tuple[type[models.Model], ...] = (Patient, Allergy, Condition)
BY_LOT: tuple[type[models.Model], ...] = (Lot, Balance)
OWN: tuple[type[models.Model], ...] = (
    Received, Message, Prescription, Screening, Alert, Bag, Fill, FillStep, FillScan, FillPart, PickUp, InPickUp, Move, AuditEntry,
)  # fmt: skip
SERIES = {Prescription: ("", "rx"), Fill: ("F", "fill"), Bag: ("B", "bag"), Patient: ("P", "patient")}
EMPTY: dict[type[models.Model], dict[str, Any]] = {Balance: {"on_hand": Decimal(0)}}
Row = list[Any]
Pattern = tuple[Row, list[tuple[int, str, Any, Any]]]


class History:
    """The day to copy, and the copies."""

    def __init__(self) -> None:
        self.rows = {model: list(rows.order_by("pk")) for model, rows in _closed_work().items()}
        self.fills = len(self.rows[Fill])
        self.span = {model: _last_key(model) for model in (*BY_PATIENT, *BY_LOT, *OWN)}
        self.first = {series: Counter.objects.get(series=series).value for _, series in SERIES.values()}
        self.ordinal = {model: {row.number: i for i, row in enumerate(self.rows[model])} for model in SERIES}
        self.codes = {
            str(row.code) for model in (Patient, Message, Prescription, Bag, Fill, PickUp) for row in self.rows[model]
        }
        self.places = {p.kind: p for p in Place.objects.all()}
        self.patterns = {model: _patterns(rows, **EMPTY.get(model, {})) for model, rows in self.rows.items()}
        # What came on paper has no message, and the audit trail tells of none.
        self.on_paper = self.patterns | {
            Prescription: _patterns(self.rows[Prescription], message_id=None, origin=Prescription.Origin.WRITTEN),
            AuditEntry: _patterns(row for row in self.rows[AuditEntry] if row.on_type != "message"),  # type: ignore[attr-defined]
            Received: [],
            Message: [],
        }

    def fill_up(self, fills: int, *, tick: Callable[[int, int], None]) -> int:
        """Write so many past fills, oldest last; gives how many rows that were."""
        copies = -(-fills // self.fills)
        patients = max(copies // FILLS_A_PATIENT, 1)
        written = 0
        batch: dict[type[models.Model], list[Row]] = defaultdict(list)
        with _Loader() as load:
            for k in range(1, copies + 1):
                self._copy(k, copies, patients, batch)
                if k == copies or sum(map(len, batch.values())) > BATCH:
                    for model in (*BY_PATIENT, *BY_LOT, *OWN):
                        load.rows(model, batch.pop(model, []))
                    tick(min(k * self.fills, fills), fills)
                    written = sum(load.counts.values())
            load.finish()
        for model, (_, series) in SERIES.items():
            more = (patients if model is Patient else copies) * len(self.rows[model])
            Counter.objects.filter(series=series).update(value=self.first[series] + more)
        return written

    def _copy(self, k: int, copies: int, patients: int, batch: dict[type[models.Model], list[Row]]) -> None:
        back = timedelta(days=1 + k * YEARS * 365 // copies)
        p, week = 1 + (k - 1) % patients, 1 + (k - 1) // COPIES_A_LOT
        keys = dict.fromkeys(OWN, k) | dict.fromkeys(BY_PATIENT, p) | dict.fromkeys(BY_LOT, week)
        if p == k:
            # Another day of birth, so that two identifiers still tell people of one name apart.
            for model in BY_PATIENT:
                batch[model] += self._rows(self.patterns[model], keys, k, timedelta(days=p))
        if (k - 1) % COPIES_A_LOT == 0:
            for model in BY_LOT:
                batch[model] += self._rows(self.patterns[model], keys, k, back)
            batch[Move] += self._delivered(keys, k, copies, back)
        patterns = self.on_paper if k % MESSAGE_EVERY else self.patterns
        for model in OWN:
            batch[model] += self._rows(patterns[model], keys, k, back)

    def _delivered(self, keys: dict[Any, int], k: int, copies: int, back: timedelta) -> list[Row]:
        """The delivery that a week's fills are taken from; its key lies after those of all copies."""
        days = min(COPIES_A_LOT, copies - k + 1)
        after = self.span[Move] * (copies + 1) + keys[Lot] * len(self.rows[Lot])
        taken: dict[int, Move] = {}
        for move in self.rows[Move]:
            if move.cause == "filled":
                home = taken.setdefault(
                    move.lot_id, Move(lot_id=move.lot_id, to_place_id=move.from_place_id, quantity=0)
                )
                home.quantity += move.quantity
        found = []
        for i, move in enumerate(taken.values()):
            move.pk, move.site_id, move.from_place = after + i, self.places["shelf"].site_id, self.places["supplier"]
            move.at, move.cause = self.rows[Fill][0].received_at - timedelta(days=8), "received"
            move.quantity, move.user_id, move.user_name = move.quantity * days, 0, "Delivery"
            found += self._rows(_patterns([move], skip={"id"}), keys, k, back)
        return found

    def _rows(self, patterns: list[Pattern], keys: dict[Any, int], k: int, back: timedelta) -> Iterator[Row]:
        text = connection.vendor != "sqlite"
        for base, changes in patterns:
            row = base.copy()
            for place, kind, of, value in changes:
                if kind == "key":
                    made: Any = value + keys[of] * self.span[of]
                elif kind in {"instant", "day"}:
                    made = str(value - back)
                elif kind == "code":
                    made = f"{keys[of]:08x}{value}"
                elif kind == "suffix":
                    made = f"{value}-{k}"
                elif kind == "phone":
                    made = value and f"{value[:3]}{keys[of]:07d}"
                elif kind == "street":
                    made = value and f"{keys[of]} {value}"
                elif kind == "about":
                    made = self._number(Fill, value, k) if value in self.ordinal[Fill] else value
                elif kind == "of code":
                    made = f"{k:08x}{value[8:]}" if value in self.codes else value
                else:
                    made = self._number(of, value, keys[of])
                row[place] = str(made) if text else made
            yield row

    @cache  # noqa: B019  the history lives as long as the loading
    def _number(self, model: Any, number: str, copy: int) -> str:
        letter, series = SERIES[model]
        value = self.first[series] + (copy - 1) * len(self.rows[model]) + self.ordinal[model][number] + 1
        return HouseNumber.issue(letter, value).text  # type: ignore[arg-type]


def _closed_work() -> dict[type[models.Model], "models.QuerySet[Any, Any]"]:
    """What the day finished: every fill of the prescription is in its patient's hands, and so is the whole bag."""
    sold = Fill.objects.filter(state="sold")
    orders = Prescription.objects.filter(pk__in=sold.values("prescription")).exclude(
        pk__in=Fill.objects.exclude(state="sold").values("prescription")
    )
    done = Fill.objects.filter(prescription__in=orders)
    bags = Bag.objects.filter(pk__in=done.values("bag"))
    visits = PickUp.objects.filter(state="done", bags__in=bags).distinct()
    lots = Lot.objects.filter(pk__in=FillPart.objects.filter(fill__in=done).values("lot"))
    of_patients = Patient.objects.filter(pk__in=orders.values("patient"))
    messages = Message.objects.filter(pk__in=orders.values("message"))
    seen = [str(c) for rows in (orders, done, bags, visits, messages) for c in rows.values_list("code", flat=True)]
    numbers = done.values_list("number", flat=True)
    return {
        Patient: of_patients,
        Allergy: Allergy.objects.filter(patient__in=of_patients),
        Condition: Condition.objects.filter(patient__in=of_patients),
        Lot: lots,
        Balance: Balance.objects.filter(lot__in=lots),
        Received: Received.objects.filter(message__in=messages),
        Message: messages,
        Prescription: orders,
        Screening: Screening.objects.filter(prescription__in=orders),
        Alert: Alert.objects.filter(screening__prescription__in=orders),
        Bag: bags,
        Fill: done,
        FillStep: FillStep.objects.filter(fill__in=done),
        FillScan: FillScan.objects.filter(fill__in=done).exclude(
            lot__isnull=False, lot__in=Lot.objects.exclude(pk__in=lots)
        ),
        FillPart: FillPart.objects.filter(fill__in=done),
        PickUp: visits,
        InPickUp: InPickUp.objects.filter(pickup__in=visits, bag__in=bags),
        Move: Move.objects.filter(about__in=numbers, lot__in=lots),
        AuditEntry: AuditEntry.objects.filter(on_code__in=seen),
    }


def _last_key(model: type[models.Model]) -> int:
    return int(model._default_manager.aggregate(last=models.Max("pk"))["last"] or 0)


def _patterns(rows: Iterable[models.Model], *, skip: Iterable[str] = (), **changes: Any) -> list[Pattern]:
    """Each row as the driver takes it, with the columns that differ from copy to copy told apart."""
    found = []
    for row in rows:
        base, moving = [], []
        for place, (field, kind, of) in enumerate(_plan(type(row))):
            value = changes.get(field.attname, getattr(row, field.attname))
            base.append(_plain(field, value))
            if kind != "same" and value is not None and field.attname not in changes and field.attname not in skip:
                moving.append((place, kind, of, _movable(kind, value)))
        found.append((base, moving))
    return found


def _movable(kind: str, value: Any) -> Any:
    if kind == "instant":
        return value.astimezone(UTC).replace(tzinfo=None if connection.vendor == "sqlite" else UTC)
    if kind == "code":
        return (value.hex if connection.vendor == "sqlite" else str(value))[8:]
    return value


def _plain(field: Any, value: Any) -> Any:
    """A value as SQLite's driver takes it, or as text of COPY."""
    made = field.get_db_prep_save(value, connection)
    if connection.vendor == "sqlite":
        return made
    if made is None:
        return r"\N"
    if isinstance(field, models.BinaryField):
        return r"\\x" + bytes(value).hex()
    text = json.dumps(value) if isinstance(field, models.JSONField) else str(made)
    return text.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")


@cache
def _plan(model: type[models.Model]) -> tuple[tuple[Any, str, Any], ...]:
    """How each column of a table is carried over."""
    found: list[tuple[Any, str, Any]] = []
    known = {*BY_PATIENT, *BY_LOT, *OWN}
    for field in model._meta.concrete_fields:
        name, kind, of = field.attname, "same", model
        related = field.related_model
        if field.primary_key:
            kind = "key"
        elif related in known:
            kind, of = "key", related
        elif isinstance(field, models.UUIDField):
            kind = "code"
        elif name == "number" and model in SERIES:
            kind = "number"
        elif isinstance(field, models.DateTimeField):
            kind = "instant"
        elif isinstance(field, models.DateField):
            kind = "day"
        elif (model, name) == (Move, "about"):
            kind = "about"
        elif (model, name) == (Message, "message_id"):
            kind = "suffix"
        elif model is Patient and name in {"phone", "street"}:
            # Else a thousand people would live in one house.
            kind = name
        elif (model, name) == (AuditEntry, "on_code"):
            kind = "of code"
        found.append((field, kind, of))
    return tuple(found)


class _Loader:
    """The fastest way in that keeps every constraint: COPY, or prepared inserts straight into the file, without a journal.

    A house that is filled for measuring has nothing to lose: broken off, it is made anew.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = defaultdict(int)

    def __enter__(self) -> Self:
        connection.ensure_connection()
        if connection.vendor == "sqlite":
            raw: sqlite3.Connection = connection.connection
            for pragma in ("synchronous=OFF", "cache_size=-1000000", "foreign_keys=OFF", "journal_mode=OFF"):
                raw.execute(f"PRAGMA {pragma}")
            raw.execute("BEGIN EXCLUSIVE")
        return self

    def rows(self, model: type[models.Model], rows: Iterable[Row]) -> None:
        rows = list(rows)
        if not rows:
            return
        fields = model._meta.concrete_fields
        table = model._meta.db_table
        columns = ", ".join(f'"{f.column}"' for f in fields)
        self.counts[table] += len(rows)
        if connection.vendor == "sqlite":
            holes = ", ".join("?" * len(fields))
            connection.connection.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({holes})', rows)
            return
        with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
            copy.write("".join("\t".join(row) + "\n" for row in rows))

    def finish(self) -> None:
        if connection.vendor == "sqlite":
            connection.connection.execute("COMMIT")
            connection.connection.execute("PRAGMA journal_mode=WAL")
        else:
            with connection.cursor() as cursor:
                for model in (*BY_PATIENT, *BY_LOT, *OWN):
                    t = model._meta.db_table
                    cursor.execute(
                        f"SELECT setval(pg_get_serial_sequence('\"{t}\"', 'id'), (SELECT max(id) FROM \"{t}\"))"
                    )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def __exit__(self, *_: object) -> None:
        if connection.vendor == "sqlite" and connection.connection.in_transaction:
            connection.connection.execute("ROLLBACK")
        connection.close()


def played(prescriptions: int = 217) -> History:
    """A day of so many prescriptions, worked through the services, as the pattern of all before it."""
    from officina.demo import day
    from officina.kernel import clock

    day.play(prescriptions=prescriptions, seed=1, now=clock.now(), tick=lambda *_: None)
    return History()
