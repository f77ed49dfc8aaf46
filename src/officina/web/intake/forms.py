"""What is typed or laid down at the intake desk."""

from typing import Any

from django import forms

from officina.prescriptions.services.orders import PICTURE_BYTES
from officina.web.forms import DateField, DeskForm, QuantityField, WholeField

ORIGINS = (("1", "Paper"), ("2", "Telephone"), ("4", "Fax"), ("5", "Other pharmacy"))
UPLOAD_BYTES = 20 * 1024 * 1024


class ManyFiles(forms.ClearableFileInput):
    """A file field that takes several."""

    allow_multiple_selected = True


SCHEDULES = (
    ("", "Choose"),
    ("0", "Not controlled"),
    ("2", "Schedule II"),
    ("3", "Schedule III"),
    ("4", "Schedule IV"),
    ("5", "Schedule V"),
)


class FilesField(forms.FileField):
    """One or more files, each within the size limit."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = (data if isinstance(data, list | tuple) else [data]) or [None]
        checked = [super(FilesField, self).clean(f, initial) for f in files]
        for f in checked:
            if f.size > UPLOAD_BYTES:
                raise forms.ValidationError(f"{f.name} is larger than 20 MB.")
        return checked


class UploadForm(DeskForm):
    """Electronic prescriptions as files."""

    messages = FilesField(label="Files", help_text="NCPDP SCRIPT XML or FHIR JSON, as they came")


class HandForm(DeskForm):
    """An order by paper, telephone or fax, as it is written or said."""

    origin = forms.ChoiceField(label="How it came", choices=ORIGINS)
    last_name = forms.CharField(label="Patient's last name", max_length=60)
    first_name = forms.CharField(label="First name", max_length=60)
    born_on = DateField(label="Date of birth", required=False)
    drug_text = forms.CharField(label="Medicine, strength and form", max_length=105)
    quantity = QuantityField(label="Quantity", required=False)
    sig_text = forms.CharField(label="Directions", max_length=1000)
    refills = WholeField(label="Refills", most=99, required=False)
    days_supply = WholeField(label="Days' supply", least=1, most=366, required=False)
    written_on = DateField(label="Written on")
    prescriber_last = forms.CharField(label="Prescriber's last name", max_length=60)
    prescriber_first = forms.CharField(label="First name", max_length=60, required=False)
    npi = forms.CharField(label="NPI", max_length=10, required=False)
    dea = forms.CharField(label="DEA number", max_length=14, required=False)
    read_back = forms.BooleanField(label="Read back to the caller (telephone)", required=False)
    picture = forms.FileField(
        label="Picture of the paper or fax", required=False, help_text="PNG or JPEG, at most 10 MB"
    )

    def clean_picture(self) -> Any:
        """Too large is said before the bytes are read."""
        picture = self.cleaned_data["picture"]
        if picture and picture.size > PICTURE_BYTES:
            raise forms.ValidationError(f"{picture.name} is larger than 10 MB.")
        return picture


class EmergencyForm(HandForm):
    """Schedule II by telephone in an emergency: the order, and the checklist of the law, point by point."""

    knows_prescriber = forms.BooleanField(label="I know the prescriber and the voice", required=False)
    checks = forms.MultipleChoiceField(
        label="Established, point by point", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, points: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("origin", "refills", "picture"):
            del self.fields[name]
        self.fields["checks"].choices = [(row.name, row.words) for row in points]  # type: ignore[attr-defined]

    def clean_picture(self) -> Any:
        """No picture is asked for."""
        return None


class TransferForm(HandForm):
    """A prescription that another pharmacy gives over by telephone or fax, with what the law asks to be written down."""

    pharmacy = forms.CharField(label="Other pharmacy", max_length=120)
    address = forms.CharField(label="Its address", max_length=200)
    phone = forms.CharField(label="Its telephone", max_length=20, required=False)
    pharmacy_dea = forms.CharField(label="Its DEA number (controlled)", max_length=9, required=False)
    pharmacist = forms.CharField(label="Its pharmacist", max_length=120)
    rx_number = forms.CharField(label="Rx number there", max_length=30)
    schedule = forms.ChoiceField(label="Controlled", choices=SCHEDULES)
    refills_ordered = WholeField(label="Refills as ordered", most=99)
    refills_left = WholeField(label="Fills left, this one included", least=0, most=100)
    first_dispensed_on = DateField(label="First dispensed there", required=False)
    last_dispensed_on = DateField(label="Last dispensed there", required=False)

    field_order = ("pharmacy", "address", "phone", "pharmacy_dea", "pharmacist", "rx_number", "schedule")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("origin", "refills", "read_back", "picture"):
            del self.fields[name]

    def clean_picture(self) -> Any:
        """No picture is asked for."""
        return None
