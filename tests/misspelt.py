"""What people type when they mean a medicine: made from the starter list by the rules that stand here, the same every time."""

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from officina.drugs import starter

if TYPE_CHECKING:
    from officina.drugs.search import Found

NEIGHBOURS = {
    "a": "qsz", "b": "vgn", "c": "xdv", "d": "sfec", "e": "wrd", "f": "dgrv", "g": "fhtb", "h": "gjyn", "i": "uok", "j": "hkum",
    "k": "jlim", "l": "ko", "m": "nj", "n": "bmh", "o": "ipl", "p": "ol", "q": "wa", "r": "etf", "s": "adwx", "t": "ryg", "u": "yij",
    "v": "cbf", "w": "qes", "x": "zcs", "y": "tuh", "z": "xas",
}  # fmt: skip
SOUNDS = (
    ("ph", "f"), ("f", "ph"), ("th", "t"), ("x", "ks"), ("x", "z"), ("z", "s"), ("s", "z"), ("c", "k"), ("c", "s"), ("k", "c"), ("qu", "kw"),
    ("y", "i"), ("i", "y"), ("ine", "een"), ("ine", "in"), ("a", "e"), ("e", "i"), ("i", "e"), ("o", "u"), ("u", "o"), ("a", "u"),
    ("ll", "l"), ("l", "ll"), ("rr", "r"), ("tt", "t"), ("t", "tt"), ("ss", "s"), ("m", "mm"), ("n", "nn"), ("pr", "per"), ("eu", "u"),
)  # fmt: skip
FORMS = {
    "extended-release": "er", "delayed-release": "dr", "orally disintegrating": "odt", "sublingual": "sl", "oral suspension": "susp",
    "oral solution": "soln", "cream": "crm", "ointment": "oint", "eye drops": "op", "ear drops": "otic", "tablet": "tab", "capsule": "cap",
    "nasal spray": "spray", "gel": "gel", "patch": "patch", "shampoo": "shampoo", "pen": "pen", "vial": "vial", "inhaler": "inh",
}  # fmt: skip

Wanted = tuple[str, str, str]
"""Name, strength and form of the starter list."""


@dataclass(frozen=True)
class Asked:
    rule: str
    text: str
    wanted: Wanted


def place_of(found: "Found", wanted: Wanted) -> int:
    """Where the wanted drug stands in what is shown, 0 being first; 99 where it does not."""
    rows = [{(one.name, one.strength, one.form) for one in hit.listings} for hit in found.shown]
    return next((i for i, row in enumerate(rows) if wanted in row), 99)


def slip(word: str, dice: random.Random) -> str:
    """A neighbouring key is hit; the first letter, which everybody looks at, is right."""
    place = dice.randrange(1, len(word))
    return word[:place] + dice.choice(NEIGHBOURS[word[place]]) + word[place + 1 :]


def dropped(word: str, dice: random.Random) -> str:
    place = dice.randrange(1, len(word))
    return word[:place] + word[place + 1 :]


def doubled(word: str, dice: random.Random) -> str:
    place = dice.randrange(1, len(word))
    return word[:place] + word[place] + word[place:]


def swapped(word: str, dice: random.Random) -> str:
    place = dice.choice([i for i in range(1, len(word) - 1) if word[i] != word[i + 1]])
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def sound_alike(word: str, dice: random.Random) -> str:
    """One sound is written in another way that is heard the same, or nearly."""
    ways = [(m.start(), old, new) for old, new in SOUNDS for m in re.finditer(old, word) if m.start()]
    place, old, new = dice.choice(ways)
    return word[:place] + new + word[place + len(old) :]


def sound_alike_twice(word: str, dice: random.Random) -> str:
    return sound_alike(sound_alike(word, dice), dice)


FAULTS: dict[str, Callable[[str, random.Random], str]] = {
    "keyboard slip": slip,
    "dropped letter": dropped,
    "doubled letter": doubled,
    "swapped letters": swapped,
    "sound-alike": sound_alike,
    "sound-alike twice": sound_alike_twice,
}


def asked(*, seed: int = 20261120, each: int = 60) -> list[Asked]:
    """`each` queries a rule, as many as there are for a brand; no two alike."""
    dice = random.Random(seed)
    rows = {(p.generic_name, p.strength, p.form): p for p in reversed(starter.packages())}
    drugs = sorted(rows)
    found = [q for rule in FAULTS for q in _drawn(each, _faulty(rule, drugs, dice), dice)]
    found += _drawn(each, (Asked("abbreviated", _short(d, drugs), d) for d in drugs), dice)
    found += _drawn(each, (Asked("any order", " ".join(reversed(_whole(d, drugs).split())), d) for d in drugs), dice)
    found += _drawn(each, _brands(drugs), dice)
    return list({q.text: q for q in found}.values())


def _drawn(each: int, made: Iterable[Asked], dice: random.Random) -> list[Asked]:
    every = list(made)
    return dice.sample(every, min(each, len(every)))


def _faulty(rule: str, drugs: list[Wanted], dice: random.Random) -> Iterator[Asked]:
    names = {word for name, *_ in drugs for word in re.findall("[a-z]+", name.lower())}
    for drug in drugs:
        text = _whole(drug, drugs)
        word = max(re.findall("[a-z]+", drug[0].lower()), key=len)
        wrong = FAULTS[rule](word, dice)
        # What is a beginning or another medicine's name is no misspelling: nobody could tell.
        if len(word) >= 6 and not any(name.startswith(wrong) for name in names):
            yield Asked(rule, text.replace(word, wrong, 1), drug)


def _whole(drug: Wanted, drugs: list[Wanted]) -> str:
    return f"{drug[0].lower()} {_figures(drug[1])}{_form(drug, drugs)}"


def _short(drug: Wanted, drugs: list[Wanted]) -> str:
    """'metop succ 25 er': the first five letters, four of a second word."""
    name = " ".join([word[: 4 if i else 5] for i, word in enumerate(re.findall("[a-z]+", drug[0].lower()))])
    if any(d[0] != drug[0] and _figures(d[1]) == _figures(drug[1]) and _may_be(name, d[0]) for d in drugs):
        name = drug[0].lower()
    return f"{name} {_figures(drug[1])}{_form(drug, drugs)}"


def _may_be(short: str, name: str) -> bool:
    return all(any(word.startswith(part) for word in re.findall("[a-z]+", name.lower())) for part in short.split())


def _brands(drugs: list[Wanted]) -> Iterator[Asked]:
    brands = {(p.generic_name, p.strength, p.form): p.brand_name for p in starter.packages() if p.brand_name}
    for drug, brand in brands.items():
        yield Asked("brand for generic", f"{brand.lower()} {_figures(drug[1])}{_form(drug, drugs)}", drug)


def _figures(strength: str) -> str:
    """'300 mg-30 mg' is typed 300/30, '250 mg/5 mL' 250/5."""
    return "/".join(re.findall(r"[\d.]+", strength.replace(",", "")))


def _form(drug: Wanted, drugs: list[Wanted]) -> str:
    """The short form, where the name and the strength alone could be two."""
    others = [d for d in drugs if d[0] == drug[0] and _figures(d[1]) == _figures(drug[1])]
    if len(others) == 1:
        return ""
    return "".join(f" {short}" for said, short in FORMS.items() if re.search(rf"\b{said}\b", drug[2]))
