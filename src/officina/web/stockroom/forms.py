"""What is typed in the stockroom."""

from django import forms

from officina.web.forms import DateField, DeskForm, QuantityField, ScanField


class FindForm(DeskForm):
    """A search by medicine or NDC, or a scan."""

    text = forms.CharField(label="Medicine, NDC or scan", max_length=200, required=False)


class ReceiveForm(DeskForm):
    """A delivery of one lot, after its code was looked up. A GS1 code gives lot and expiry by itself."""

    scan = ScanField(widget=forms.HiddenInput, error_messages={"required": "Scan or type a code."})
    lot_number = forms.CharField(label="Lot", max_length=40, required=False)
    expires_on = DateField(label="Expires", required=False)
    bottles = QuantityField(label="Bottles or packages")
    invoice = forms.CharField(label="Invoice", max_length=40, required=False)


class CountForm(DeskForm):
    """What was counted of a lot at a place."""

    counted = QuantityField(label="Counted", least=None)
    why = forms.CharField(label="Why it differs", required=False, max_length=200)
