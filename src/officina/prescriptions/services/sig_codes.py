"""The house's own sig codes: kept by who may, and only where no reader of directions could take them for something else."""

from datetime import datetime

from officina.base import audit
from officina.base.access import Actor
from officina.base.command import command
from officina.base.rows import append, keep
from officina.dosing import house_codes
from officina.kernel.errors import Refused
from officina.prescriptions import acts
from officina.prescriptions.models import SigCode

SET = audit.verb("sig_code.set", "set a sig code of the house")
ENDED = audit.verb("sig_code.ended", "took away a sig code of the house")


@command
def set_code(actor: Actor, *, typed: str, expansion: str, at: datetime) -> SigCode:
    """Keep a code with what it stands for; refused where the code means something already, or the expansion is not understood."""
    actor.must(acts.KEEP_SIG_CODES, at=at)
    typed, expansion = house_codes.plain(typed), " ".join(expansion.split())
    found = SigCode.objects.select_for_update(no_key=True).filter(site_id=actor.site_id, typed=typed).first()
    _refuse_unsound(actor, typed, expansion)
    before = {"expansion": found.expansion} if found and found.is_active else None
    code = found or SigCode(site_id=actor.site_id, typed=typed)
    code.expansion, code.is_active, code.set_at, code.set_by = expansion, True, at, actor.name
    if found is None:
        append(code)
    else:
        keep(code, "expansion", "is_active", "set_at", "set_by")
    audit.record(actor, SET, at=at, on=code, before=before, after={"code": typed, "expansion": expansion})
    return code


def _refuse_unsound(actor: Actor, typed: str, expansion: str) -> None:
    wrong = {}
    if no := house_codes.why_not(typed, expansion):
        wrong["typed"] = no
    if no := house_codes.expansion_why_not(expansion):
        wrong["expansion"] = no
    others = SigCode.objects.filter(site_id=actor.site_id, is_active=True).exclude(typed=typed)
    inside = [other.typed for other in others if other.typed in expansion.lower().split()]
    if inside:
        wrong["expansion"] = f"It holds the code '{inside[0]}': write that out."
    if wrong:
        raise Refused("sig_code", " ".join(wrong.values()), wrong)


@command
def end_code(actor: Actor, *, code: SigCode, at: datetime) -> SigCode:
    """Take a code away: from now on it is typed text like any other. What was entered with it stays as it was written out."""
    actor.must(acts.KEEP_SIG_CODES, at=at, site_id=code.site_id)
    code.is_active, code.set_at, code.set_by = False, at, actor.name
    keep(code, "is_active", "set_at", "set_by")
    audit.record(actor, ENDED, at=at, on=code, before={"code": code.typed, "expansion": code.expansion})
    return code
