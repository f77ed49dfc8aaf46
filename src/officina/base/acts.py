"""The acts of the house itself."""

from officina.base.access import declare

MANAGE_STAFF = declare("base.manage_staff", "manage people and licences")
SEE_AUDIT = declare("base.see_audit", "read the audit trail")
