"""How a history is told: what was done as a sentence, what it was done to, and why something was stopped."""

from collections.abc import Callable, Mapping
from typing import Any

from officina.base import audit
from officina.dispensing.about import Thing
from officina.kernel.errors import ParseError
from officina.kernel.quantity import D, written

After = Mapping[str, Any]


def told(entry: Any) -> str:
    """An entry of the audit trail as a sentence, with what was kept of it where that says more: the lot and the count, the bag and its bin."""
    sentence = audit.verbs().get(entry.verb, entry.verb)
    more = _MORE.get(entry.verb)
    said = more(entry.after or {}) if more else ""
    return f"{sentence}{said}"


def _scanned(after: After) -> str:
    if not after.get("lot"):
        return ""
    by_hand = ", typed by hand" if after.get("manual") else ""
    return f": {_number(after.get('quantity', ''))} of lot {after['lot']}{by_hand}"


def _bagged(after: After) -> str:
    return f": {after['bag']}{_if(', bin ', after.get('bin'))}" if after.get("bag") else ""


def _number(text: Any) -> str:
    try:
        return written(D(str(text)))
    except ParseError:
        return str(text)


def _if(before: str, value: Any) -> str:
    return f"{before}{value}" if value else ""


COUNSELLED = {
    "accepted": "accepted",
    "declined": "declined",
    "wanted": "wanted",
    "not_required_refill": "not required, a refill",
}
CALLED = {
    "reached": "reached",
    "message_left": "message left",
    "no_answer": "no answer",
    "wrong_number": "wrong number",
}
_MORE: Mapping[str, Callable[[After], str]] = {
    "fill.scanned": _scanned,
    "fill.bag": _bagged,
    "fill.label_printed": lambda a: f", copy {a['copy']}" if a.get("copy", 1) > 1 else "",
    "fill.product_changed": lambda a: _if(": now NDC ", a.get("ndc")),
    "pickup.bag_scanned": lambda a: _if(" ", a.get("bag")).replace(" ", ": ", 1),
    "pickup.counselled": lambda a: _if(": ", COUNSELLED.get(a.get("outcome", ""))),
    "bag.called": lambda a: _if(": ", CALLED.get(a.get("outcome", ""))),
}
"""What else is told of an entry, by its verb."""


def named(thing: Thing) -> str:
    """'Rx 1000670', 'lot K1234': how a person calls it."""
    words = {"fill": "Rx", "prescription": "Rx", "patient": "", "lot": "lot", "bag": "bag"}
    if thing.kind in {"patient", "pickup"}:
        return thing.patient
    if thing.kind == "message":
        return "the message"
    return f"{words[thing.kind]} {thing.number}"


def page_of(thing: Thing) -> str:
    """The address where it is shown; empty for what is shown nowhere yet."""
    roots = {"fill": "/rx/", "prescription": "/rx/", "lot": "/stock/lot/", "message": "/intake/"}
    return f"{roots.get(thing.kind, '/patients/')}{thing.code}/" if thing.code else ""


def stopped(code: str, said: str) -> str:
    """Why something was stopped, without the names and numbers of the one time; what was said the last time where there are no words yet."""
    return STOPPED.get(code) or said or code.replace("_", " ")


STOPPED = {
    "account_by_account": "A house account was to be paid from a house account",
    "alerts_open": "A serious alert was still open",
    "allergy_missing": "No allergy was named",
    "asked_already": "The prescriber was asked already",
    "bag_gone": "The bag is not in the house any more",
    "bag_mixed": "A bag held more than one patient's medicines",
    "bag_out": "The bag is with a driver or was handed over",
    "bin_missing": "No bin was scanned",
    "counsel_missing": "The offer to counsel was not recorded",
    "counsel_wanted": "Counselling was wanted and not given yet",
    "counsel_required": "Counselling is required and was not done",
    "count_differs": "The lots in the vial did not add up to the label",
    "count_negative": "A count was less than zero",
    "differs": "What was entered differs from what was written",
    "dispense_as_written": "The prescriber wants the brand as written",
    "drawer_closed": "The drawer was not open",
    "drawer_open": "The drawer was open already",
    "driver_missing": "No driver was named",
    "expired": "The prescription has expired",
    "expired_lot": "The lot is expired",
    "expiry_missing": "The expiry date was missing",
    "form": "A form was not complete",
    "illegal_move": "It was not at that step",
    "licence_expired": "The licence is not valid any more",
    "logbook_incomplete": "The pseudoephedrine logbook was not complete",
    "lot_missing": "No lot was named",
    "merged_away": "The record was merged into another",
    "more_than_owed": "More was paid than is owed",
    "name_missing": "A name was missing",
    "no_refills": "No refills are left",
    "none_on_shelf": "None of the lot is on the shelf",
    "not_enough": "Not enough of the lot is on the shelf",
    "not_entered": "The prescription was not entered yet",
    "not_filling": "It was not being filled",
    "not_in_role": "The person's role may not do this",
    "not_screened": "The prescription was not screened yet",
    "nothing_due": "Nothing was due",
    "over_limit": "It is over the limit of the law",
    "over_count": "More was counted than the label says",
    "pin": "The PIN was wrong",
    "qd": "The directions said “QD”, which is misread",
    "quantity_not_positive": "The count was not more than zero",
    "quarantined_lot": "The lot is in quarantine",
    "refills": "No refills are left, or they have expired",
    "rems_gate": "A program of risk (REMS) was not answered",
    "rems_incomplete": "A program of risk (REMS) was not complete",
    "rest_void": "The rest of a partial fill was due before",
    "role_missing": "What the prescriber is was not said",
    "same_person": "The same person counted and checked",
    "schedule_ii": "A Schedule II medicine may not be refilled",
    "second_count": "The second count of a Schedule II medicine did not agree",
    "short_count": "Less was counted than the label says",
    "shrinks": "Less was asked for than is in the vial",
    "sign_in": "The name or the password was wrong",
    "signature_missing": "There was no signature",
    "signed_overdue": "The signed prescription did not come in time",
    "stale": "Somebody else was faster",
    "stopped": "The prescriber takes the prescription back",
    "sum_differs": "The payments did not add up to what was due",
    "too_early": "It may not be filled yet",
    "too_little": "Too little cash was given",
    "too_many_tries": "Too many tries at a PIN or password",
    "too_much": "More was counted than the label says",
    "too_soon": "A refill was asked for too soon",
    "under_way": "A fill of it was under way",
    "unknown_lot": "The lot was never received here",
    "unknown_product": "The barcode is not in the drug file",
    "unreadable": "What was scanned or typed could not be read",
    "vial_complete": "The vial was complete already",
    "vial_not_empty": "There was something in the vial",
    "why_needed": "No reason was given",
    "wrong_drug": "The wrong medicine was scanned",
    "wrong_form": "The wrong form was scanned",
    "wrong_package": "Another package than the label's was scanned",
    "wrong_patient": "The bag was another patient's",
    "wrong_strength": "The wrong strength was scanned",
}
"""By the code of a refusal or a stop, a sentence that fits every time it happened."""
