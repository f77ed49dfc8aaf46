"""Who may do what: the cast against the acts, with lapsed licences, wrong sites, same persons and supervision."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from officina.base import roles
from officina.base.access import (
    Actor,
    Allowed,
    Denied,
    Licence,
    LicenceFact,
    NeedsCosign,
    Supervisor,
    act,
    all_acts,
    decide,
)
from officina.base.acts import MANAGE_STAFF
from officina.dispensing import acts as dispensing
from officina.dispensing.rules.machine import FILL
from officina.inventory import acts as inventory
from officina.kernel.errors import Refused
from officina.patients import acts as patients
from officina.prescriptions import acts as prescriptions

TODAY = date(2026, 11, 20)


def held(kind: str, *, until: date = TODAY + timedelta(days=30), state: str = "US-WI") -> LicenceFact:
    return LicenceFact(kind, state, "1", until)


def person(
    role: str, *licences: LicenceFact, user_id: int = 1, state: str = "US-WI", supervisor: Supervisor | None = None
) -> Actor:
    found = next(r for r in roles.defaults(state) if r.key == role)
    return Actor(
        user_id=user_id,
        name=role,
        initials="X",
        site_id=1,
        site_name="Here",
        zone="America/Chicago",
        jurisdiction=state,
        training=False,
        role=role,
        role_title=found.title,
        grants=found.grants,
        role_licences=found.licences,
        licences=licences,
        supervisor=supervisor,
    )


ADA = person("pharmacist", held("pharmacist"), user_id=10)
BOSS = Supervisor(ADA.user_id, "Ada", ADA.grants, ADA.licences)
CAST = {
    "clerk": person("clerk"),
    "trainee": person("technician_trainee", held("technician_trainee"), supervisor=BOSS),
    "trainee alone": person("technician_trainee", held("technician_trainee")),
    "technician": person("technician", held("technician")),
    "lapsed technician": person("technician", held("technician", until=TODAY - timedelta(days=1))),
    "technician of another state": person("technician", held("technician", state="US-TX")),
    "advanced technician": person("advanced_technician", held("technician")),
    "advanced technician in Iowa": person(
        "advanced_technician",
        held("technician", state="US-IA"),
        held("technician_product_verification", state="US-IA"),
        state="US-IA",
    ),
    "advanced technician in Iowa without it": person(
        "advanced_technician", held("technician", state="US-IA"), state="US-IA"
    ),
    "intern": person("intern", held("intern"), supervisor=BOSS),
    "intern alone": person("intern", held("intern")),
    "pharmacist": ADA,
    "lapsed pharmacist": person("pharmacist", held("pharmacist", until=TODAY - timedelta(days=1))),
    "owner": person("owner"),
    "interface": person("interface"),
}
ACTS = {
    "receive": prescriptions.RECEIVE,
    "oral": prescriptions.RECEIVE_ORAL,
    "enter": prescriptions.ENTER,
    "check entry": dispensing.CHECK_ENTRY,
    "review": dispensing.REVIEW,
    "price": dispensing.PRICE,
    "fill": dispensing.FILL,
    "verify": dispensing.VERIFY,
    "bag": dispensing.BAG,
    "offer": dispensing.OFFER_COUNSEL,
    "counsel": dispensing.COUNSEL,
    "hand over": dispensing.HAND_OVER,
    "cancel": dispensing.CANCEL,
    "return": dispensing.RETURN,
    "count": inventory.COUNT,
    "edit patient": patients.EDIT,
    "staff": MANAGE_STAFF,
}
# Y may, s under a named pharmacist, c needs one named first, l licence in the way, . not in the role.
#                                          receive oral enter check review price fill verify bag offer counsel hand cancel return count patient staff
# fmt: off
TABLE = {
    "clerk":                                   "Y . . . . . . . . . . Y . . . . .",
    "trainee":                                 "s . s . . s s . s Y . s . s . s .",
    "trainee alone":                           "c . c . . c c . c Y . c . c . c .",
    "technician":                              "Y . Y . . Y Y . Y Y . Y . Y . Y .",
    "lapsed technician":                       "l . l . . l l . l l . l . l . l .",
    "technician of another state":             "l . l . . l l . l l . l . l . l .",
    "advanced technician":                     "Y . Y . . Y Y . Y Y . Y . Y Y Y .",
    "advanced technician in Iowa":             "Y . Y . . Y Y Y Y Y . Y . Y Y Y .",
    "advanced technician in Iowa without it":  "Y . Y . . Y Y l Y Y . Y . Y Y Y .",
    "intern":                                  "Y s Y . s Y s . Y Y s Y . Y . Y .",
    "intern alone":                            "Y c Y . c Y c . Y Y c Y . Y . Y .",
    "pharmacist":                              "Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y .",
    "lapsed pharmacist":                       "l l l l l l l l l l l l l l l l .",
    "owner":                                   ". . . . . . . . . . . . . . . . Y",
    "interface":                               "Y . . . . . . . . . . . . . . . .",
}
# fmt: on


def letter(decision) -> str:
    match decision:
        case Allowed(under=""):
            return "Y"
        case Allowed():
            return "s"
        case NeedsCosign():
            return "c"
        case Denied(code="not_in_role"):
            return "."
        case Denied(code=code) if code.startswith("licence"):
            return "l"
    return "?"


@pytest.mark.parametrize("who", CAST)
def test_each_of_the_cast_may_do_what_the_table_says(who):
    got = " ".join(letter(decide(a, CAST[who], on=TODAY)) for a in ACTS.values())
    assert got == TABLE[who]


def test_the_table_covers_the_cast_and_every_column():
    assert set(TABLE) == set(CAST)
    assert {len(row.split()) for row in TABLE.values()} == {len(ACTS)}


def test_nobody_acts_on_another_pharmacys_things():
    answer = decide(dispensing.VERIFY, ADA, on=TODAY, site_id=2)
    assert isinstance(answer, Denied)
    assert answer.code == "wrong_site"


@pytest.mark.parametrize("who", ["pharmacist", "advanced technician in Iowa"])
def test_the_filler_may_not_pass_the_final_check(who):
    actor = CAST[who]
    answer = decide(dispensing.VERIFY, actor, on=TODAY, done_by={"filler": actor.user_id})
    assert isinstance(answer, Denied)
    assert answer.code == "same_person"
    assert isinstance(decide(dispensing.VERIFY, actor, on=TODAY, done_by={"filler": 99}), Allowed)


def test_a_licence_holds_through_its_last_day_and_not_after():
    tess = person("technician", held("technician", until=TODAY))
    assert isinstance(decide(dispensing.FILL, tess, on=TODAY), Allowed)
    late = decide(dispensing.FILL, tess, on=TODAY + timedelta(days=1))
    assert isinstance(late, Denied)
    assert late.code == "licence_lapsed"
    assert "Nov 20, 2026" in late.sentence


def test_a_supervisor_whose_licence_lapsed_supervises_nothing():
    lapsed = replace(BOSS, licences=(held("pharmacist", until=TODAY - timedelta(days=1)),))
    answer = decide(dispensing.REVIEW, replace(CAST["intern"], supervisor=lapsed), on=TODAY)
    assert isinstance(answer, Denied)
    assert answer.code == "supervisor_licence"


def test_a_technician_cannot_be_a_supervisor():
    tech = CAST["technician"]
    boss = Supervisor(7, "Tess", tech.grants, tech.licences)
    answer = decide(dispensing.REVIEW, replace(CAST["intern"], supervisor=boss), on=TODAY)
    assert isinstance(answer, Denied)
    assert answer.code == "supervisor_may_not"


def test_must_says_why_in_a_sentence():
    with pytest.raises(Refused, match="Technicians may not pass the final check"):
        CAST["technician"].must(
            dispensing.VERIFY, at=__import__("datetime").datetime(2026, 11, 20, 15, tzinfo=__import__("datetime").UTC)
        )


def test_every_act_of_the_role_pack_is_declared_and_every_act_is_somebodys():
    named = {a for r in roles.pack().rows for a in (*r.alone, *r.supervised)}
    declared = {a.code for a in all_acts()}
    assert named - declared == set()
    assert declared - named == set()


def test_every_move_of_the_fill_needs_a_declared_act():
    for m in FILL.moves:
        assert act(m.needs).code == m.needs


def test_what_no_technician_may_ever_do_is_in_no_technicians_row():
    for r in roles.pack().rows:
        if "technician" in r.role or r.role == "clerk":
            forbidden = {
                "dispensing.review",
                "dispensing.counsel",
                "dispensing.check_entry",
                "prescriptions.receive_oral",
            }
            assert forbidden.isdisjoint({*r.alone, *r.supervised}), r.role
            if r.jurisdiction == "US":
                assert "dispensing.verify" not in {*r.alone, *r.supervised}, r.role


def test_a_licence_kind_of_the_pack_is_one_of_the_known():
    assert {k for r in roles.pack().rows for k in r.licences} <= set(Licence)


def test_an_older_house_gets_the_acts_of_a_newer_edition_once_and_loses_none(db):
    from cast import AT, assemble
    from officina.base import services
    from officina.base.models import AuditEntry, Role

    cast = assemble()
    role = Role.objects.get(site_id=cast.ada.site_id, key="pharmacist")
    role.grants = {
        **{act: level for act, level in role.grants.items() if act != "prescriptions.ask"},
        "house.own": "alone",
    }
    role.save()
    for _ in range(2):
        services.catch_up(at=AT)
    grants = Role.objects.get(pk=role.pk).grants
    assert (grants["prescriptions.ask"], grants["house.own"]) == ("alone", "alone")
    told = AuditEntry.objects.filter(verb="site.role_renewed")
    assert [entry.after for entry in told] == [{"role": "pharmacist", "acts": ["prescriptions.ask"]}]


def test_who_supervises_must_be_licensed_today():
    """An act that asks for no licence of its own is done under a pharmacist all the same."""
    own = held("technician_trainee")
    trainee = person("technician_trainee", own, user_id=9, supervisor=replace(BOSS, role_licences=("pharmacist",)))
    assert isinstance(decide(dispensing.FILL, trainee, on=TODAY), Allowed)
    lapsed = replace(
        BOSS, licences=(held("pharmacist", until=TODAY - timedelta(days=1)),), role_licences=("pharmacist",)
    )
    answer = decide(dispensing.FILL, replace(trainee, supervisor=lapsed), on=TODAY)
    assert isinstance(answer, Denied)
    assert answer.code == "supervisor_licence"
