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
