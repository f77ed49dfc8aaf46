"""The acts of the patient profile."""

from officina.base.access import declare

SEE = declare("patients.see", "see a patient's profile")
EDIT = declare("patients.edit", "change a patient's profile")
