"""The acts of filling, checking and handing over."""

from officina.base.access import Licence, declare

_PHARMACIST = (Licence.PHARMACIST,)
_PHARMACIST_OR_INTERN = (Licence.PHARMACIST, Licence.INTERN)

CHECK_ENTRY = declare("dispensing.check_entry", "check an entry against what was written", licences=_PHARMACIST)
REVIEW = declare(
    "dispensing.review", "review a prescription clinically and resolve alerts", licences=_PHARMACIST_OR_INTERN
)
PRICE = declare("dispensing.price", "settle payment")
FILL = declare("dispensing.fill", "count and fill")
VERIFY = declare(
    "dispensing.verify",
    "pass the final check",
    licences=(Licence.PHARMACIST, Licence.PRODUCT_VERIFICATION),
    not_by=("filler",),
)
BAG = declare("dispensing.bag", "bag and shelve")
OFFER_COUNSEL = declare("dispensing.offer_counsel", "offer counselling")
COUNSEL = declare("dispensing.counsel", "counsel", licences=_PHARMACIST_OR_INTERN)
HAND_OVER = declare("dispensing.hand_over", "hand over")
HOLD = declare("dispensing.hold", "hold and release")
AMEND = declare("dispensing.amend", "change an order after its entry was checked", licences=_PHARMACIST)
CANCEL = declare("dispensing.cancel", "cancel a fill", licences=_PHARMACIST)
REFILL = declare("dispensing.refill", "refill a prescription")
REFILL_EARLY = declare("dispensing.refill_early", "refill before its time", licences=_PHARMACIST)
SYNCHRONISE = declare("dispensing.synchronise", "bring a patient's medicines to one date")
RETURN = declare("dispensing.return_to_stock", "return to stock")
CALL = declare("dispensing.call", "call about what waits in the bin")
DELIVER = declare("dispensing.deliver", "send a bag with a driver")
TAKE_MONEY = declare("dispensing.take_money", "take money and count the drawer")
SEE_CASH = declare("dispensing.see_cash", "see what everybody took in")
CORRECT_PAYMENT = declare("dispensing.correct_payment", "correct a payment")
SELL_PSEUDOEPHEDRINE = declare("dispensing.sell_pseudoephedrine", "sell pseudoephedrine and write it in the logbook")
CORRECT_LOGBOOK = declare(
    "dispensing.correct_logbook", "take back a line of the pseudoephedrine logbook", licences=_PHARMACIST
)
