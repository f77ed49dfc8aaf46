from django.db import migrations

from officina.base.indexes import without_site_index


class Migration(migrations.Migration):
    dependencies = [("dispensing", "0007_returned_steps")]
    operations = [
        without_site_index(
            "dispensing",
            "bag",
            "commondate",
            "drawercount",
            "fill",
            "payment",
            "pickup",
            "pseudoephedrinesale",
        )
    ]
