"""Synthetic patients and prescribers with valid check digits, the same for the same seed. Nobody here is anybody."""

import random
from collections.abc import Iterator
from datetime import date

from officina.kernel.ids import check_digits
from officina.prescriptions.written import WrittenPatient, WrittenPrescriber

WOMEN = (
    "Ava",
    "Beatriz",
    "Carmen",
    "Dorothy",
    "Elena",
    "Fatima",
    "Grace",
    "Hannah",
    "Imani",
    "Jolene",
    "Keiko",
    "Latoya",
    "Mei",
    "Nadia",
    "Olive",
    "Priya",
    "Quinn",
    "Rosa",
    "Svetlana",
    "Thuy",
    "Ursula",
    "Valeria",
    "Wilma",
    "Ximena",
    "Yolanda",
    "Zofia",
    "María José",
    "Renée",
)
MEN = (
    "Andre",
    "Bao",
    "Cyrus",
    "Diego",
    "Elijah",
    "Farid",
    "Gustav",
    "Hiro",
    "Ivan",
    "Jamal",
    "Kofi",
    "Luis",
    "Marek",
    "Noah",
    "Oskar",
    "Pedro",
    "Quentin",
    "Rashid",
    "Samuel",
    "Tomás",
    "Umar",
    "Viktor",
    "Walter",
    "Xavier",
    "Yusuf",
    "Zane",
    "Jean-Luc",
    "Otis",
)
LAST = (
    "Abbott",
    "Baptiste",
    "Castellanos",
    "Dubois",
    "Eriksen",
    "Flórez",
    "Grabowski",
    "Haddad",
    "Ibrahim",
    "Jankowski",
    "Kowalczyk",
    "Lindqvist",
    "Moreno",
    "Nakamura",
    "O’Malley",
    "Papadopoulos",
    "Quigley",
    "Rasmussen",
    "Schneider",
    "Thibodeaux",
    "Ulrich",
    "Vang",
    "Washington",
    "Xiong",
    "Yamada",
    "Zielinski",
    "Goodwin",
    "Hollis",
    "Pruitt",
    "Sandoval",
    "Tran",
    "Whitfield",
    "Featherstonehaugh-Cholmondeley",
)
STREETS = (
    "Birch St",
    "Cedar Ln",
    "Dayton Ave",
    "Elm St",
    "Ferry Rd",
    "Gorham St",
    "Hickory Ct",
    "Iris Way",
    "Johnson St",
    "Lake Rd",
    "Mill St",
)
CITIES = (("Madison", "53703"), ("Fitchburg", "53711"), ("Verona", "53593"), ("Monona", "53716"))


def patients(rng: random.Random, on: date) -> Iterator[WrittenPatient]:
    """One person after another; no two share both name and date of birth."""
    seen: set[tuple[str, str, date]] = set()
    while True:
        sex = rng.choice("FFFMM")
        last, first = rng.choice(LAST), rng.choice(WOMEN if sex == "F" else MEN)
        age = min(max(int(rng.gauss(52, 20)), 1), 99)
        born = date(on.year - age, rng.randint(1, 12), rng.randint(1, 28))
        if (last, first, born) in seen:
            continue
        seen.add((last, first, born))
        city, code = rng.choice(CITIES)
        yield WrittenPatient(
            last_name=last,
            first_name=first,
            born_on=born,
            sex=sex,
            street=f"{rng.randint(1, 980)} {rng.choice(STREETS)}",
            city=city,
            state="WI",
            postal_code=code,
            phone=f"60855501{rng.randint(0, 99):02d}",
        )


def npi(payload: int) -> str:
    """A synthetic NPI: nine digits that begin with 1, and their Luhn check digit over 80840."""
    digits = f"1{payload:08d}"
    return digits + str(check_digits.luhn("80840" + digits))


def dea(last_name: str, payload: int) -> str:
    """A synthetic DEA number: B, the first letter of the name, six digits and their check digit."""
    digits = f"{payload:06d}"
    initial = last_name[0].upper() if last_name[0].isascii() else "9"
    return f"B{initial}{digits}{check_digits.dea(digits)}"


def prescribers(rng: random.Random, count: int) -> list[WrittenPrescriber]:
    """So many prescribers of one town."""
    found = []
    for n in range(count):
        last = LAST[(n * 7 + 3) % len(LAST)]
        city, code = rng.choice(CITIES)
        found.append(
            WrittenPrescriber(
                last_name=last,
                first_name=rng.choice(WOMEN + MEN),
                npi=npi(40_000_000 + n * 7919),
                dea=dea(last, 300_000 + n * 137),
                street=f"{rng.randint(100, 900)} Clinic Dr",
                city=city,
                state="WI",
                postal_code=code,
                phone=f"60855502{n % 100:02d}",
            )
        )
    return found
