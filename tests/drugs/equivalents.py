"""The table of real substitution cases, read: products with their row of the Orange Book, and what may stand for what."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from officina.drugs.rules.approvals import Approved, Listed, Part, Unmatched, match
from officina.drugs.rules.clinical import amount
from officina.drugs.rules.substitution import Sold

_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
PRODUCTS: dict[str, dict[str, Any]] = {row["ndc"]: row for row in _TABLE["product"]}


@dataclass(frozen=True)
class Case:
    """One question of the table and its answer."""

    written: str
    offered: str
    answer: str
    why: str
    daw: int = 0

    def __str__(self) -> str:
        names = [PRODUCTS[ndc]["name"].replace(" ", "-") for ndc in (self.written, self.offered)]
        return f"{names[0]} {self.written} for {names[1]} {self.offered} DAW {self.daw}".replace(" ", "_")


CASES = [Case(**row) for row in _TABLE["case"]]


def approved(row: str) -> Approved:
    """A line of the table in the columns of products.txt."""
    ingredient, form_route, name, _, strength, kind, number, product, te_code, market = row.split("~")
    form, _, route = form_route.partition(";")
    return Approved(
        application=f"{'ANDA' if kind == 'A' else 'NDA'}{number}",
        product_number=product,
        ingredient=ingredient,
        form=form.strip(),
        route=route.strip(),
        strength=strength,
        trade_name=name,
        te_codes=frozenset(te_code.split(",")) - {""},
        is_discontinued=market == "DISCN",
    )


ROWS = list(dict.fromkeys(approved(p["row"]) for p in PRODUCTS.values() if p["row"]))


def matched(ndc: str, rows: list[Approved]) -> Approved | Unmatched:
    """The row of a product of the table, found among these."""
    p = PRODUCTS[ndc]
    listed = Listed(parts=tuple(Part(*s) for s in p["substances"]), form=p["form"], brand_name=p["name"])
    return match(listed, [row for row in rows if row.application == p["application"]])


def sold(ndc: str) -> Sold:
    """A product of the table, with the row that the rules find for it among all rows of the table."""
    p = PRODUCTS[ndc]
    return Sold(
        key=list(PRODUCTS).index(ndc),
        brand_name=p["name"],
        generic_name="; ".join(s[0].lower() for s in p["substances"]) or p["name"],
        labeler=p["labeler"],
        substances=tuple(s[0] for s in p["substances"]),
        strength="; ".join(amount(s[1], s[2]) for s in p["substances"]),
        form=p["form"],
        route=p["route"],
        category=p["category"],
        application=p["application"],
        approved=matched(ndc, ROWS),
    )
