"""The acts of the drug file."""

from officina.base.access import declare

SEE = declare("drugs.see", "look up medicines")
