"""What was planted in the demonstration day, what the house stopped, and what nothing can see."""

from dataclasses import dataclass, field

KINDS = {
    "wrong_product": "Wrong medicine under the scanner",
    "wrong_strength": "Right medicine, wrong strength",
    "expired_lot": "Expired lot",
    "short_count": "Short count sent to the check",
    "duplicate_message": "Message sent twice",
    "broken_message": "Broken message",
    "allergy": "Ordered what the patient is allergic to",
    "interaction": "Serious interaction",
    "technician_final_check": "Technician trying the final check",
    "verifier_is_filler": "Checker is the filler",
    "wrong_patient_bag": "Bag offered to the wrong patient",
}
CODES = {
    "wrong_product": {"wrong_drug"},
    "wrong_strength": {"wrong_strength"},
    "expired_lot": {"expired_lot"},
    "short_count": {"short_count"},
    "duplicate_message": {"duplicate"},
    "broken_message": {"refused"},
    "allergy": {"alerts_open"},
    "interaction": {"alerts_open"},
    "technician_final_check": {"not_in_role"},
    "verifier_is_filler": {"same_person"},
    "wrong_patient_bag": {"wrong_patient"},
}
"""The answer of the house that counts as stopped: any other answer does not."""
UNSEEN = (
    "A wrong count inside a closed vial: the program knows what was scanned and typed, not what the hand poured.",
    "A right label on a wrong vial after the scan: the final check by a person's eyes is there for that.",
)


@dataclass
class Tally:
    """Counts of the day."""

    received: int = 0
    entered: int = 0
    filled: int = 0
    checked: int = 0
    sold: int = 0
    waiting: int = 0
    alerts_resolved: int = 0
    injected: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    stopped: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    ledger_differences: int = 0
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def planted(self, kind: str, answer: str) -> None:
        """One more was planted; it counts as stopped only by the answer that the house must give."""
        self.injected[kind] += 1
        self.stopped[kind] += answer in CODES[kind]

    @property
    def all_stopped(self) -> bool:
        """Everything that was planted was stopped, each in its own kind."""
        return self.injected == self.stopped
