from django.db import migrations

from officina.base.indexes import without_site_index


class Migration(migrations.Migration):
    dependencies = [("prescriptions", "0006_emergency_and_sig_codes")]
    operations = [
        without_site_index(
            "prescriptions",
            "attachment",
            "emergencyorder",
            "enquiry",
            "message",
            "prescriber",
            "prescription",
            "received",
            "refillconsent",
            "sigcode",
            "transfer",
            "withdrawal",
        )
    ]
