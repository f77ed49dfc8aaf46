from django.db import migrations

from officina.base.indexes import without_site_index


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_append_only")]
    operations = [
        without_site_index(
            "inventory",
            "balance",
            "lot",
            "move",
            "place",
        )
    ]
