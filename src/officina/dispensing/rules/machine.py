"""The fill as a table of moves: what may follow what, and which act each step needs."""

from enum import StrEnum

from officina.kernel.machine import BACK, Machine, move


class State(StrEnum):
    """Where a fill stands."""

    RECEIVED = "received"
    ENTERING = "entering"
    ENTRY_CHECK = "entry_check"
    CLINICAL_REVIEW = "clinical_review"
    WAITING_FOR_PAYMENT = "waiting_for_payment"
    READY_TO_FILL = "ready_to_fill"
    FILLING = "filling"
    FINAL_CHECK = "final_check"
    CHECKED = "checked"
    BIN = "bin"
    SOLD = "sold"
    HELD = "held"
    CANCELLED = "cancelled"
    RETURNED = "returned"


FINAL = (State.SOLD, State.CANCELLED, State.RETURNED)
OPEN = tuple(s for s in State if s not in FINAL)
UNSCREENED = (State.RECEIVED, State.ENTERING, State.ENTRY_CHECK)
"""Before a pharmacist has checked the entry: there is nothing certain to screen."""
BEFORE_COUNT = (State.ENTRY_CHECK, State.CLINICAL_REVIEW, State.WAITING_FOR_PAYMENT, State.READY_TO_FILL)
COUNTED = (State.FILLING, State.FINAL_CHECK)
IN_HOUSE = (State.CHECKED, State.BIN)

FILL = Machine(
    "fill",
    move("start_entry", State.RECEIVED, to=State.ENTERING, needs="prescriptions.enter", title="Enter"),
    move("submit_entry", State.ENTERING, to=State.ENTRY_CHECK, needs="prescriptions.enter", title="Submit"),
    move(
        "approve_entry",
        State.ENTRY_CHECK,
        to=State.CLINICAL_REVIEW,
        needs="dispensing.check_entry",
        title="Entry is right",
    ),
    move(
        "send_back",
        State.ENTRY_CHECK,
        State.CLINICAL_REVIEW,
        to=State.ENTERING,
        needs="dispensing.check_entry",
        why=True,
        title="Send back",
    ),
    move(
        "clear_review",
        State.CLINICAL_REVIEW,
        to=State.WAITING_FOR_PAYMENT,
        needs="dispensing.review",
        title="Clear review",
    ),
    move(
        "settle_payment",
        State.WAITING_FOR_PAYMENT,
        to=State.READY_TO_FILL,
        needs="dispensing.price",
        title="Cash price is fine",
    ),
    move("take", State.READY_TO_FILL, to=State.FILLING, needs="dispensing.fill", title="Fill"),
    move("put_back", State.FILLING, to=State.READY_TO_FILL, needs="dispensing.fill", why=True, title="Put back"),
    move("submit_fill", State.FILLING, to=State.FINAL_CHECK, needs="dispensing.fill", title="Send to check"),
    move("verify", State.FINAL_CHECK, to=State.CHECKED, needs="dispensing.verify", title="Check passed"),
    move(
        "reject", State.FINAL_CHECK, to=State.FILLING, needs="dispensing.verify", why=True, title="Send back to filling"
    ),
    move("bag", State.CHECKED, to=State.BIN, needs="dispensing.bag", title="Bag"),
    move("hand_over", State.BIN, to=State.SOLD, needs="dispensing.hand_over", title="Hand over"),
    move(
        "hold",
        State.RECEIVED,
        State.ENTERING,
        *BEFORE_COUNT,
        *COUNTED,
        to=State.HELD,
        needs="dispensing.hold",
        why=True,
        title="Hold",
    ),
    move("release", State.HELD, to=BACK, needs="dispensing.hold", title="Release"),
    # A change after the entry check goes back to that check, with the count undone: nobody fills from an old order.
    move(
        "amend",
        State.CLINICAL_REVIEW,
        State.WAITING_FOR_PAYMENT,
        State.READY_TO_FILL,
        *COUNTED,
        State.CHECKED,
        to=State.ENTRY_CHECK,
        needs="dispensing.amend",
        why=True,
        title="Change the order",
    ),
    move(
        "cancel",
        State.RECEIVED,
        State.ENTERING,
        *BEFORE_COUNT,
        *COUNTED,
        State.HELD,
        to=State.CANCELLED,
        needs="dispensing.cancel",
        why=True,
        title="Cancel",
    ),
    # Whoever may undo the part may let go of its rest.
    move(
        "drop_rest",
        State.READY_TO_FILL,
        to=State.CANCELLED,
        needs="dispensing.return_to_stock",
        why=True,
        title="No longer owed",
    ),
    move(
        "return_to_stock",
        *IN_HOUSE,
        to=State.RETURNED,
        needs="dispensing.return_to_stock",
        why=True,
        title="Return to stock",
    ),
)

TOLD = {
    "start_entry": "began the entry",
    "submit_entry": "sent the entry to the check",
    "approve_entry": "found the entry right",
    "send_back": "sent it back to entry",
    "clear_review": "cleared the review",
    "settle_payment": "said the cash price is fine",
    "take": "began to fill it",
    "put_back": "put it back to be filled",
    "submit_fill": "sent it to the final check",
    "verify": "passed the final check",
    "reject": "sent it back to filling",
    "bag": "put it into a bag",
    "hand_over": "gave it out",
    "hold": "put it on hold",
    "release": "took it off hold",
    "amend": "changed the order",
    "cancel": "cancelled it",
    "drop_rest": "said that the rest is no longer owed",
    "return_to_stock": "returned it to stock",
}
"""How a history tells each move: the word on a button is an order, not what was done."""

TITLES = {
    State.RECEIVED: "Received",
    State.ENTERING: "Being entered",
    State.ENTRY_CHECK: "Entry check",
    State.CLINICAL_REVIEW: "Clinical review",
    State.WAITING_FOR_PAYMENT: "Waiting for payment",
    State.READY_TO_FILL: "Ready to fill",
    State.FILLING: "Filling",
    State.FINAL_CHECK: "Final check",
    State.CHECKED: "Checked, to be bagged",
    State.BIN: "In the bin",
    State.SOLD: "Handed over",
    State.HELD: "On hold",
    State.CANCELLED: "Cancelled",
    State.RETURNED: "Returned to stock",
}
