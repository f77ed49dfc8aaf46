"""The worked examples of the project's domain rules, sections 1.4 to 1.16 and Appendix B, as one table: source, what is asked, the answer.

`GK` marks what is general knowledge of a pharmacist and needs a pharmacist's review; `S` is sourced. What the rules draw out of
identifiers (Appendix B: dea, npi, ndc11, gtin14) is in tests/kernel, the calculations of other subjects with those subjects.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from officina.codecs import gs1
from officina.dispensing.rules import returns
from officina.dosing import days_supply, holding, label, sig, supply_facts
from officina.dosing.supply_facts import Medicine
from officina.kernel.ids.gtin import Gtin
from officina.kernel.ids.ndc import Ndc
from officina.labels.auxiliary import Contents, choose
from officina.labels.content import discard_after
from officina.law import (
    daw,
    emergency,
    handover,
    multiple,
    parts,
    prescribers,
    refills,
    rems,
    schedules,
    too_soon,
    transfers,
)
from officina.law import pseudoephedrine as pse
from officina.law.handover import Medicine as Handed
from officina.law.multiple import Member
from officina.law.parts import Case, Portion
from officina.law.pseudoephedrine import Sale, Wish
from officina.law.rems import Dispensing
from officina.law.too_soon import Supply

D = Decimal
ON = date(2026, 11, 23)
OCT_1 = date(2026, 10, 1)


class Vector(NamedTuple):
    """One worked example."""

    source: str
    what: str
    ask: Callable[[], object]
    answer: object
    tag: str = "GK"


def label_of(typed: str) -> str:
    return label.text(sig.read(typed).dosage)


def days(directions: str, quantity: str, name: str = "", facts: tuple[str, ...] = (), **more: object) -> int | None:
    have = holding.amount(quantity)
    medicine = Medicine(holds=tuple(holding.holds(f) for f in facts), **more)  # type: ignore[arg-type]
    known = supply_facts.known(medicine, name, have) if name else medicine
    return days_supply.of(sig.read(directions).dosage, have, known).days


def plain(*ingredients: str, **more: object) -> bool:
    return handover.may_be_plain(Handed(ingredients=ingredients, **more), on=ON).allowed  # type: ignore[arg-type]


def end(case: str, **changes: object) -> object:
    usual = {
        "schedule": 2, "case": Case(case), "written_on": date(2026, 11, 1), "at": datetime(2026, 11, 20, 14, 30, tzinfo=UTC),
        "quantity": D(10), "prescribed": D(60),
    }  # fmt: skip
    return parts.deadline(Portion(**{**usual, **changes}))[0]  # type: ignore[arg-type]


def transfer(**changes: object) -> str:
    usual = {
        "schedule": 4, "is_electronic": True, "was_dispensed": True, "has_owed": False, "refills_left": 2, "times_transferred": 0,
        "expires_on": date(2027, 5, 20),
    }  # fmt: skip
    return transfers.ruling(transfers.Facts(**{**usual, **changes}), on=ON).code  # type: ignore[arg-type]


def gate(program: str, **given: object) -> bool:
    row = rems.program(program, on=ON)
    assert row is not None
    return rems.may_dispense(row, Dispensing(on=ON, **given)).allowed  # type: ignore[arg-type]


def warned(*ingredients: str, form: str = "tablet", route: str = "oral", directions: str = "", classes: tuple[str, ...] = ()) -> list[str]:  # fmt: skip
    contents = Contents(ingredients=ingredients, classes=classes, form=form, route=route, directions=directions)
    return [row.code for row in choose(contents, on=ON)]


def leaflet(*ingredients: str, classes: tuple[str, ...] = ()) -> list[str]:
    return [kind for kind, _ in handover.leaflets(Handed(ingredients=ingredients, classes=classes), on=ON)]


def sold(units: int, before: int) -> bool:
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    wish = Wish(salt="hcl", unit_mg=D(30), units=units, at=at)
    return pse.may_sell(wish, [Sale(at - timedelta(hours=1), pse.base_mg("hcl", D(30)) * before)], state="US").allowed


def series(*each: tuple[int, int | None]) -> bool:
    written = date(2026, 11, 1)
    members = [Member(written_on=written, days_supply=n, fill_from=None if at is None else written + timedelta(days=at)) for n, at in each]  # fmt: skip
    return multiple.sound(members, state="US").allowed


NIGHT = timedelta(hours=72)
FIRST = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
VECTORS = [
    # 1.4 Label elements
    Vector("1.4 USP <17>", "1 tab PO BID", lambda: label_of("1 tab PO BID"), "Take 1 tablet by mouth in the morning and 1 tablet in the evening."),
    Vector("1.4 USP <17>", "#60 of it", lambda: days("1 tab PO BID", "60 tablets"), 30),
    Vector("1.4 21 CFR 290.5", "the caution by schedule", lambda: [s for s in range(6) if handover.bears_caution(s)], [2, 3, 4]),
    Vector("1.4 16 CFR 1700", "nitroglycerin under the tongue", lambda: plain("nitroglycerin", form="sublingual tablet"), True),
    Vector("1.4 16 CFR 1700", "isosorbide dinitrate, chewable 10 mg", lambda: plain("isosorbide dinitrate", form="chewable tablet", mg_of_unit=D(10)), True),
    Vector("1.4 16 CFR 1700", "sodium fluoride 110 mg", lambda: (plain("sodium fluoride", mg_of_package=D(110)), plain("sodium fluoride", mg_of_package=D(111))), (True, False)),
    Vector("1.4 16 CFR 1700", "conjugated estrogens 32 mg", lambda: (plain("conjugated estrogens", form="tablet", mg_of_package=D(32)), plain("conjugated estrogens", form="tablet", mg_of_package=D(33))), (True, False)),
    Vector("1.4 16 CFR 1700", "norethindrone acetate 50 mg", lambda: (plain("norethindrone acetate", form="tablet", mg_of_package=D(50)), plain("norethindrone acetate", form="tablet", mg_of_package=D(51))), (True, False)),
    Vector("1.4 16 CFR 1700", "methylprednisolone 84 mg", lambda: (plain("methylprednisolone", form="tablet", mg_of_package=D(84)), plain("methylprednisolone", form="tablet", mg_of_package=D(85))), (True, False)),
    Vector("1.4 16 CFR 1700", "prednisone 105 mg", lambda: (plain("prednisone", form="tablet", mg_of_package=D(105)), plain("prednisone", form="tablet", mg_of_package=D(106))), (True, False)),
    Vector("1.4 16 CFR 1700", "erythromycin ethylsuccinate granules 8 g, tablets 16 g", lambda: tuple(plain("erythromycin ethylsuccinate", form=form, mg_of_package=D(mg)) for form, mg in (("granules", 8000), ("granules", 8001), ("tablet", 16000), ("tablet", 16001))), (True, False, True, False)),
    Vector("1.4 16 CFR 1700", "mebendazole 600 mg", lambda: (plain("mebendazole", form="tablet", mg_of_package=D(600)), plain("mebendazole", form="tablet", mg_of_package=D(601))), (True, False)),
    Vector("1.4 16 CFR 1700", "betamethasone 12.6 mg", lambda: (plain("betamethasone", form="tablet", mg_of_package=D("12.6")), plain("betamethasone", form="tablet", mg_of_package=D("12.7"))), (True, False)),
    Vector("1.4 16 CFR 1700", "colestipol, cholestyramine, pancrelipase", lambda: (plain("colestipol", form="powder", mg_of_unit=D(5000)), plain("cholestyramine", form="powder"), plain("pancrelipase", form="capsule")), (True, True, True)),
    Vector("1.4 PPPA", "a patient may ask for all, a prescriber for one", lambda: [handover.may_be_plain(Handed(ingredients=("metformin",)), on=ON, is_asked_by=who).allowed for who in ("", "patient", "prescriber")], [False, True, True]),
    # 1.5 Schedules, refills, expiry
    Vector("1.5, App. B cs_expiry", "CIV issued 2026-05-15", lambda: refills.last_day(4, date(2026, 5, 15)), date(2026, 11, 15)),
    Vector("1.5, App. B cs_expiry", "CIII issued 2026-08-31", lambda: refills.last_day(3, date(2026, 8, 31)), date(2027, 2, 28)),
    Vector("1.5, App. B noncs_expiry", "not controlled, issued 2028-02-29", lambda: refills.last_day(0, date(2028, 2, 29)), date(2029, 2, 28)),
    Vector("1.5", "refills at most by schedule, federal", lambda: [[n for n in (0, 1, 5, 6) if refills.authorised(s, date(2026, 5, 15), n, state="US").allowed] for s in (2, 3, 4, 5)], [[0], [0, 1, 5], [0, 1, 5], [0, 1, 5, 6]]),
    Vector("1.5", "Schedule V where most states ask five in six months", lambda: refills.authorised(5, date(2026, 5, 15), 6).allowed, False),
    Vector("A.6 HS2", "CIII, refill 6", lambda: refills.fill(3, date(2026, 5, 15), 6, authorised_refills=5, on=date(2026, 6, 15), state="US").allowed, False),
    Vector("A.6 HS3", "CIV issued 2026-05-15 on its last day and the next", lambda: [refills.fill(4, date(2026, 5, 15), 1, authorised_refills=5, on=d, state="US").allowed for d in (date(2026, 11, 15), date(2026, 11, 16))], [True, False]),
    Vector("A.6 HS4", "CII with a refill", lambda: refills.authorised(2, date(2026, 5, 15), 1).allowed, False),
    Vector("1.5", "the state's schedule where it is stricter: gabapentin in Kentucky", lambda: schedules.strictest(0, ("gabapentin",), on=ON, state="KY")[0], 5),
    Vector("1.5 21 CFR 1306.12(b)", "several CII: 90 days in all, each but the first with its day", lambda: (series((30, None), (30, 30), (30, 60)), series((30, None), (30, None)), series((60, None), (31, 60))), (True, False, False), "S"),
    # 1.3 and 1.2, as far as the prescriber's authority goes
    Vector("2.1, 1.3", "M begins a mid-level practitioner's number", lambda: [prescribers.may_prescribe(role, 4, on=ON, dea="MK3614511", state="US").allowed for role in ("NP", "MD")], [True, False]),
    # 1.6 Partial fills
    Vector("1.6, App. B cara_partial_last_day", "CII asked for by patient", lambda: end("asked"), date(2026, 12, 1), "S"),
    Vector("1.6, App. B ltcf_partial_last_day", "CII long-term care", lambda: end("long_term_care"), date(2026, 12, 31)),
    Vector("1.6", "CII terminally ill", lambda: end("terminally_ill"), date(2026, 12, 31)),
    Vector("1.6", "CII unable to supply, first part 2026-11-20 14:30", lambda: end("unable", first_at=FIRST), datetime(2026, 11, 23, 14, 30, tzinfo=UTC)),
    Vector("1.6", "CII by telephone in an emergency: 72 hours from the order", lambda: end("emergency_asked", ordered_at=FIRST), FIRST + NIGHT, "S"),
    Vector("1.6 21 CFR 1306.23", "CIII to V: none after six months", lambda: end("unable", schedule=4), date(2027, 5, 1)),
    Vector("1.6", "the rest is urgent at 75 % of its window", lambda: parts.owed(Portion(schedule=2, case=Case.UNABLE, written_on=date(2026, 11, 1), at=FIRST, quantity=D(10), prescribed=D(60), dispensed=D(20), first_at=FIRST)).alarm_at, FIRST + timedelta(hours=54)),
    # 1.7 Emergency oral CII
    Vector("1.7", "oral 2026-11-22, signed by", lambda: emergency.due_on(date(2026, 11, 22)), date(2026, 11, 29)),
    Vector("1.7", "on the eighth day it is overdue", lambda: str(emergency.standing(date(2026, 11, 22), None, on=date(2026, 11, 30))), "overdue"),
    # 1.8 Transfers
    Vector("1.8 21 CFR 1306.08", "EPCS initial, unfilled, once", lambda: [transfer(schedule=2, was_dispensed=False, refills_left=0, times_transferred=n) for n in (0, 1)], ["allowed", "transfer_once"], "S"),
    Vector("1.8", "CII on paper", lambda: transfer(schedule=2, was_dispensed=False, refills_left=0, is_electronic=False), "transfer_not_electronic"),
    Vector("1.8 21 CFR 1306.25", "CIII to V once, more where the database is shared", lambda: [transfer(times_transferred=1), transfer(times_transferred=1, shares_database=True)], ["transfer_once", "allowed"]),
    Vector("A.6 HS12", "EPCS CII, second transfer", lambda: transfer(schedule=2, was_dispensed=False, refills_left=0, times_transferred=1), "transfer_once", "S"),
    Vector("A.6 HS13", "CII after a partial fill", lambda: transfer(schedule=2, refills_left=1, has_owed=True), "transfer_owed", "S"),
    # 1.10 Product selection
    *(
        Vector("1.10 NCPDP 408-D8", f"code {code}", lambda code=code: daw.may_substitute(code, captured="said", on=ON).allowed, code in "0356")
        for code in "0123456789"
    ),
    Vector("1.10", "code 1 without the prescriber's words", lambda: bool(daw.may_substitute("1", captured="", on=ON).missing), True),
    Vector("1.10, App. B daw2_penalty", "$40 and the difference of $150, capped at the brand's $180", lambda: daw.brand_penalty(brand_price=D(180), generic_price=D(30), brand_copay=D(40)), D(180)),
    # 1.11 Days' supply
    Vector("1.11 #1, App. B", "#60, 1 BID", lambda: days("1 tab po bid", "60 tablets"), 30),
    Vector("1.11 #2, App. B", "#30, q4-6h prn", lambda: days("1 tab po q4-6h prn", "30 tablets"), 5),
    Vector("1.11 #3", "prednisone 40, 30, 20, 10 mg for 3 days each, 10 mg tablets", lambda: days("take 4 tablets daily for 3 days, then 3 tablets daily for 3 days, then 2 tablets daily for 3 days, then 1 tablet daily for 3 days", "30 tablets"), 12),
    Vector("1.11 #4, App. B", "5 mL, 1 drop in both eyes BID, 20 drops a mL", lambda: days("instill 1 drop in both eyes twice daily", "5 mL"), 25),
    Vector("1.11 #4", "the same at 15 drops a mL", lambda: days("instill 1 drop in both eyes twice daily", "5 mL", drops_per_ml=Fraction(15)), 18),
    Vector("1.11 #5, App. B", "10 mL U-100, 30 and 20 units", lambda: days("inject 30 units in the morning and 20 units in the evening", "10 mL", facts=("1 mL = 100 units",)), 20),
    Vector("1.11 #6, App. B", "five 3 mL pens U-100, 45 units", lambda: days("inject 45 units subq daily", "15 mL", facts=("1 mL = 100 units",)), 33),
    Vector("1.11 #7, App. B", "200 puffs, 2 QID prn", lambda: days("inhale 2 puffs 4 times a day as needed", "200 puffs"), 25),
    Vector("1.11 #8", "120 sprays, 2 in each nostril daily", lambda: days("use 2 sprays in each nostril daily", "120 sprays"), 30),
    Vector("1.11 #9, App. B", "10 patches q72h", lambda: days("apply 1 patch every 72 hours", "10 patches"), 30),
    Vector("1.11 #10", "8 patches twice weekly", lambda: days("apply 1 patch twice weekly", "8 patches"), 28),
    Vector("1.11 #11, App. B", "#16, 4 weekly", lambda: days("take 4 tablets once a week", "16 tablets"), 28),
    Vector("1.11 #12", "150 mL, 7.5 mL BID", lambda: days("give 7.5 ml po bid", "150 mL"), 10),
    Vector("1.11 #13", "a pack of 28", lambda: days("take 1 tablet daily", "28 tablets"), 28),
    Vector("1.11 #14", "#4 once a week", lambda: days("take 1 tablet once a week", "4 tablets"), 28),
    Vector("1.11 #15", "one every 6 months", lambda: days("inject 1 syringe under the skin every 6 months", "1 syringe"), 180),
    Vector("1.11", "'use as directed' is not counted", lambda: days("use as directed", "30 tablets"), None),
    *(
        Vector("1.11, App. B refill_too_soon", f"filled 2026-10-01, 30 days, {percent} %", lambda percent=percent: too_soon.earliest(Supply(OCT_1, 30), percent), date(2026, 10, day))
        for percent, day in ((75, 24), (80, 25), (85, 27), (90, 28))
    ),
    *(
        Vector("1.11", f"override {code} passes", lambda code=code: too_soon.may_refill(Supply(OCT_1, 30), controlled=False, on=OCT_1, override=code).allowed, True)
        for code in ("3", "4", "5", "6", "7", "13", "14")
    ),
    Vector("1.11, App. B pdc", "24 of 180 days uncovered", lambda: too_soon.days_covered([Supply(OCT_1 + timedelta(days=n), 26) for n in (0, 30, 60, 90, 120, 150)], begin=OCT_1, days=180), D("0.867")),
    Vector("1.11", "short fill: 1 BID, anchor in 12 days", lambda: too_soon.short_fill(D(2), on=OCT_1, anchor=OCT_1 + timedelta(days=12)), D(24)),
    # 1.12 Vial, auxiliary labels, return to stock, will-call
    Vector("1.12", "a vial: the earlier of the lot's last day and one year", lambda: (discard_after(ON, date(2028, 5, 31)), discard_after(ON, date(2027, 3, 31))), (date(2027, 11, 23), date(2027, 3, 31))),
    Vector("1.12", "a returned vial: one year from its fill, or its lot's last day", lambda: (returns.vial_expires_on([date(2028, 5, 31)], filled_on=ON), returns.vial_expires_on([date(2027, 3, 31)], filled_on=ON)), (date(2027, 11, 23), date(2027, 3, 31))),
    Vector("1.12", "a call at day 7, back to stock from day 10 to 14", lambda: (7 in returns.will_call().call_days, 10 <= returns.will_call().days_in_bin <= 14), (True, True)),
    *(
        Vector("1.12", f"auxiliary: {', '.join(given)}", lambda given=given, more=more: warned(*given, **more), wanted)
        for given, more, wanted in (
            (("oxycodone",), {}, ["opioid", "drowsy_alcohol"]),
            (("alprazolam",), {"classes": ("benzodiazepine",)}, ["drowsy_alcohol"]),
            (("doxycycline",), {}, ["dairy", "finish", "sun"]),
            (("sulfamethoxazole", "trimethoprim"), {}, ["finish", "sun"]),
            (("isotretinoin",), {"form": "capsule"}, ["pregnancy", "sun"]),
            (("amiodarone",), {}, ["sun"]),
            (("hydrochlorothiazide",), {}, ["sun"]),
            (("metronidazole",), {}, ["no_alcohol_3_days", "finish"]),
            (("tinidazole",), {}, ["no_alcohol_3_days"]),
            (("naproxen",), {}, ["with_food"]),
            (("prednisone",), {}, ["with_food"]),
            (("metformin",), {}, ["with_food"]),
            (("nitrofurantoin",), {"form": "capsule"}, ["finish", "with_food"]),
            (("potassium chloride",), {}, ["with_food"]),
            (("levothyroxine",), {}, ["empty_stomach"]),
            (("alendronate",), {}, ["upright"]),
            (("omeprazole",), {"form": "capsule"}, ["empty_stomach"]),
            (("amoxicillin",), {"form": "powder, for suspension"}, ["shake", "finish"]),
            (("albuterol",), {"form": "aerosol, metered", "route": "respiratory (inhalation)"}, ["inhale", "shake"]),
            (("latanoprost",), {"form": "solution/ drops", "route": "ophthalmic"}, ["eye", "refrigerate"]),
            (("rifampin",), {"form": "capsule"}, ["empty_stomach", "urine"]),
            (("phenazopyridine",), {}, ["urine"]),
            (("simvastatin",), {}, ["grapefruit", "statin_muscle"]),
            (("felodipine",), {}, ["grapefruit"]),
            (("warfarin",), {}, ["pregnancy", "bleeding"]),
            (("finasteride",), {}, ["pregnancy"]),
            (("methotrexate",), {"directions": "Take 6 tablets once a week."}, ["weekly", "pregnancy"]),
            (("hydrocortisone",), {"form": "cream", "route": "topical"}, ["skin"]),
            (("ciprofloxacin",), {"form": "solution/ drops", "route": "auricular (otic)"}, ["ear"]),
            (("nitroglycerin",), {"route": "sublingual"}, ["tongue", "glass"]),
        )
    ),
    # 1.13 NDC verification
    Vector("1.13", "a day of 00 is the last of the month", lambda: gs1.parse("(01)00300028215012(17)271100(10)A1", today=ON).expires_on, date(2027, 11, 30)),
    Vector("1.13, App. B ndc11", "11 digits", lambda: [Ndc.parse(t).digits11 for t in ("0002-8215-01", "50242-040-62", "60575-4112-1")], ["00002821501", "50242004062", "60575411201"]),
    Vector("1.13, App. B gtin14", "barcode of the NDC", lambda: [Gtin.for_ndc(Ndc.parse(t)).digits for t in ("0002-8215-01", "50242-040-62", "60575-4112-1")], ["00300028215012", "00350242040624", "00360575411213"]),
    # 1.14 Counselling, guides and inserts
    *(
        Vector("1.14 21 CFR 208", f"Medication Guide: {name}", lambda name=name, classes=classes: leaflet(name, classes=classes)[:1], ["Medication Guide"])
        for name, classes in (
            ("sertraline", ("ssri",)), ("naproxen", ("nsaid",)), ("methylphenidate", ("stimulant",)), ("oxycodone", ("opioid",)),
            ("ciprofloxacin", ("fluoroquinolone",)), ("lamotrigine", ("antiepileptic",)), ("warfarin", ()), ("amiodarone", ()),
            ("isotretinoin", ()), ("liraglutide", ("glp-1-agonist",)),
        )
    ),
    Vector("1.14 21 CFR 310.501", "insert of oral contraceptives", lambda: leaflet("norgestimate"), ["patient package insert"]),
    Vector("1.14 21 CFR 310.515", "insert of estrogens", lambda: leaflet("estradiol", classes=("estrogen",)), ["patient package insert"]),
    Vector("1.14 42 CFR 456.705", "counselling is offered", lambda: any("456.705" in r.source for r in handover.duties(Handed(ingredients=("metformin",)), on=ON, is_new=True)), True),
    # 1.15 REMS
    Vector("1.15, A.6 HS10", "isotretinoin without its number", lambda: gate("ipledge", days_supply=30, not_after=ON), False, "S"),
    Vector("1.15", "isotretinoin: 30 days, no refills, its last day", lambda: (gate("ipledge", number="R", days_supply=30, not_after=ON), gate("ipledge", number="R", days_supply=31, not_after=ON), gate("ipledge", number="R", days_supply=30, not_after=ON, refills=1), gate("ipledge", number="R", days_supply=30, not_after=ON - timedelta(days=1))), (True, False, False, False), "S"),
    *(
        Vector("1.15", f"{name}: 28 days, within 7 or 30", lambda name=name: (gate(name, number="C", days_supply=28, authorised_on=ON - timedelta(days=7)), gate(name, number="C", days_supply=28, authorised_on=ON - timedelta(days=8)), gate(name, number="C", days_supply=28, authorised_on=ON - timedelta(days=30), can_become_pregnant=False), gate(name, number="C", days_supply=29, authorised_on=ON)), (True, False, True, False))
        for name in ("thalidomide", "lenalidomide", "pomalidomide")
    ),
    Vector("1.15, A.6 HS11", "clozapine without a count: no block", lambda: gate("clozapine"), True, "S"),
    Vector("1.15", "the opioid program has no gate", lambda: rems.program("opioid", on=ON).is_gate, False),  # type: ignore[union-attr]
    *(Vector("1.15", f"{code} asks for its number", lambda code=code: gate(code), False) for code in ("tirf", "oxybate")),
    # 1.16 Pseudoephedrine
    *(
        Vector("1.16" + (", App. B pse_hcl30" if (salt, mg) == ("hcl", 30) else ""), f"{salt} {mg} mg", lambda salt=salt, mg=mg: (pse.base_mg(salt, D(mg)), pse.most_units(salt, D(mg), D(3600)), pse.most_units(salt, D(mg), D(9000))), (D(base), day, month))
        for salt, mg, base, day, month in (
            ("hcl", 30, "24.57", 146, 366), ("hcl", 60, "49.14", 73, 183), ("hcl", 120, "98.28", 36, 91), ("hcl", 240, "196.56", 18, 45),
            ("sulfate", 120, "92.64", 38, 97),
        )
    ),
    Vector("A.6 HS7", "100 today, 60 more", lambda: sold(60, 100), False),
    Vector("A.6 HS7", "100 today, 46 more", lambda: sold(46, 100), True),
    Vector("1.16", "by mail 7.5 g in 30 days", lambda: pse.may_sell(Wish(salt="base", unit_mg=D(100), units=10, at=FIRST, is_by_mail=True), [Sale(FIRST - timedelta(days=10), D(3600)), Sale(FIRST - timedelta(days=20), D(3600))], state="US").allowed, False),
    Vector("1.16", "one package of 60 mg needs no line", lambda: (pse.needs_log(Wish(salt="hcl", unit_mg=D(30), units=2, at=FIRST)), pse.needs_log(Wish(salt="hcl", unit_mg=D(30), units=3, at=FIRST))), (False, True)),
]  # fmt: skip
