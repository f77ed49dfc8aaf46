from django.db import migrations

from officina.base.indexes import without_site_index


class Migration(migrations.Migration):
    dependencies = [("patients", "0003_what_was_known")]
    operations = [
        without_site_index(
            "patients",
            "household",
            "merge",
            "nameword",
            "patient",
        )
    ]
