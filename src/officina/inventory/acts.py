"""The acts of the stockroom."""

from officina.base.access import declare

SEE = declare("inventory.see", "look at stock")
RECEIVE = declare("inventory.receive", "receive stock")
COUNT = declare("inventory.count", "count and correct stock")
QUARANTINE = declare("inventory.quarantine", "quarantine a lot")
