"""The acts of the patient profile."""

from officina.base.access import Licence, declare

SEE = declare("patients.see", "see a patient's profile")
EDIT = declare("patients.edit", "change a patient's profile")
MERGE = declare("patients.merge", "merge two records of one patient")
DECIDE_IDENTITY = declare(
    "patients.decide_identity",
    "merge records whose birth dates differ, or take a merge back",
    licences=(Licence.PHARMACIST,),
)
