"""The acts of intake and entry."""

from officina.base.access import Licence, declare

RECEIVE = declare("prescriptions.receive", "receive written and electronic prescriptions")
RECEIVE_ORAL = declare(
    "prescriptions.receive_oral", "take a new prescription by telephone", licences=(Licence.PHARMACIST, Licence.INTERN)
)
ENTER = declare("prescriptions.enter", "enter a prescription")
RESOLVE_MESSAGE = declare("prescriptions.resolve_message", "settle a message that could not be used")
ASK = declare("prescriptions.ask", "ask a prescriber about a prescription")
DECIDE_WITHDRAWAL = declare(
    "prescriptions.decide_withdrawal",
    "decide about an order that its prescriber takes back",
    licences=(Licence.PHARMACIST,),
)
TRANSFER = declare(
    "prescriptions.transfer",
    "transfer a prescription to or from another pharmacy",
    licences=(Licence.PHARMACIST, Licence.INTERN),
)
TRANSFER_CONTROLLED = declare(
    "prescriptions.transfer_controlled",
    "transfer a controlled prescription to or from another pharmacy",
    licences=(Licence.PHARMACIST,),
)
CONSENT = declare("prescriptions.consent", "write down a consent to automatic refills, or its end")
KEEP_SIG_CODES = declare("prescriptions.keep_sig_codes", "keep the house's own sig codes")
RECEIVE_EMERGENCY = declare(
    "prescriptions.receive_emergency",
    "take Schedule II by telephone in an emergency",
    licences=(Licence.PHARMACIST,),
)
