from django.db import migrations

from officina.base.indexes import without_site_index


class Migration(migrations.Migration):
    dependencies = [("screening", "0001_initial")]
    operations = [
        without_site_index(
            "screening",
            "screening",
        )
    ]
