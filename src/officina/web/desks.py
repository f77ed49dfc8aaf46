"""The desks, in one table: the rail, the keys and the counter read it."""

from dataclasses import dataclass

from officina.base.access import Act
from officina.base.acts import SEE_AUDIT
from officina.dispensing import acts as dispensing
from officina.dispensing.rules.machine import State
from officina.drugs import acts as drugs
from officina.inventory import acts as inventory
from officina.patients import acts as patients
from officina.prescriptions import acts as prescriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A place where a person stands."""

    name: str
    title: str
    key: str
    """Goes there after `g`."""
    path: str
    states: tuple[State, ...] = ()
    """Fills in these states wait here."""
    kinds: tuple[str, ...] = ()
    """What waits here besides fills: 'message', 'withdrawal', 'enquiry', 'emergency'."""
    needs: tuple[Act, ...] = ()
    """Any one of these acts brings a person to this desk."""
    takes_stopped: bool = False
    """Fills that were cleared and that a new alert stops come here, wherever they lie."""
    counts_late: bool = True
    """Whether a promise can still be broken here: what lies in the bin is ready."""
    empty: str = ""
    """What would bring work here, said when nothing waits."""

    def at(self, code: object) -> str:
        """The address of one piece of work at this desk."""
        return f"{self.path}{code}/"


COUNTER = Desk(name="counter", title="Counter", key="h", path="/")
INTAKE = Desk(
    name="intake", title="Intake", key="i", path="/intake/", kinds=("message",), needs=(prescriptions.RECEIVE,),
    empty="Electronic prescriptions that could not be used as they came wait here for a person.",
)  # fmt: skip
REFILLS = Desk(name="refills", title="Refills", key="l", path="/refills/", needs=(dispensing.REFILL,))
REQUESTS = Desk(
    name="requests", title="Prescribers", key="o", path="/requests/", kinds=("withdrawal", "enquiry", "emergency"), needs=(prescriptions.ASK,),
    empty="Nothing is asked of a prescriber. Ask for a renewal or a change from the prescription's page.",
)  # fmt: skip
ENTRY = Desk(
    name="entry", title="Entry", key="e", path="/entry/", states=(State.RECEIVED, State.ENTERING), needs=(prescriptions.ENTER,),
    empty="Prescriptions come here as soon as they are received or scanned in at intake.",
)  # fmt: skip
REVIEW = Desk(
    name="review", title="Review", key="r", path="/review/", states=(State.ENTRY_CHECK, State.CLINICAL_REVIEW),
    needs=(dispensing.CHECK_ENTRY, dispensing.REVIEW), takes_stopped=True, empty="Entered prescriptions come here for the entry check and the clinical review.",
)  # fmt: skip
FILLING = Desk(
    name="filling", title="Filling", key="f", path="/filling/", states=(State.WAITING_FOR_PAYMENT, State.READY_TO_FILL, State.FILLING),
    needs=(dispensing.FILL, dispensing.PRICE), empty="Reviewed prescriptions come here to be counted.",
)  # fmt: skip
CHECKING = Desk(
    name="checking", title="Checking", key="k", path="/checking/", states=(State.FINAL_CHECK, State.CHECKED),
    needs=(dispensing.VERIFY, dispensing.BAG), empty="Counted fills come here for the final check, and then into their bag.",
)  # fmt: skip
PICKUP = Desk(
    name="pickup", title="Pick-up", key="p", path="/pickup/", states=(State.BIN,), needs=(dispensing.HAND_OVER,), counts_late=False,
    empty="Bags wait here in their bins until somebody comes for them.",
)  # fmt: skip
CASH = Desk(
    name="cash", title="Cash", key="c", path="/cash/", needs=(dispensing.TAKE_MONEY, dispensing.SEE_CASH),
    empty="Nothing was taken on this day.",
)  # fmt: skip
PATIENTS = Desk(name="patients", title="Patients", key="t", path="/patients/", needs=(patients.SEE,))
STOCK = Desk(name="stock", title="Stock", key="s", path="/stock/", needs=(inventory.SEE,))
DRUGS = Desk(name="drugs", title="Prices", key="d", path="/drug-desk/", needs=(drugs.SET_PRICES,))
SIG_CODES = Desk(
    name="sigcodes", title="Sig codes", key="w", path="/sig-codes/", needs=(prescriptions.KEEP_SIG_CODES,),
    empty="No code yet. A code is what is typed often and means one thing: BP for “for high blood pressure”.",
)  # fmt: skip
AUDIT = Desk(name="audit", title="Audit", key="a", path="/audit/", needs=(SEE_AUDIT,))

DESKS = (
    COUNTER,
    INTAKE,
    REFILLS,
    REQUESTS,
    ENTRY,
    REVIEW,
    FILLING,
    CHECKING,
    PICKUP,
    CASH,
    PATIENTS,
    STOCK,
    DRUGS,
    SIG_CODES,
    AUDIT,
)

PRESCRIPTION = "/rx/"
"""A prescription's own page is no desk: one comes to it from everywhere."""
DRUG = "/drugs/"
"""So is a medicine's own page, by its NDC."""


def desk_of(state: str) -> Desk | None:
    """Where a fill in this state waits; None where it stands at no desk (on hold, or done)."""
    return next((d for d in DESKS if state in d.states), None)
