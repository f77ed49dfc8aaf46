"""The acts of the drug desk."""

from officina.base.access import declare

SET_PRICES = declare("drugs.set_prices", "set prices and enter local products")
