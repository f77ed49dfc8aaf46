from django.db import migrations

from officina.base.indexes import without_site_index


class Migration(migrations.Migration):
    dependencies = [("base", "0004_what_was_sent")]
    operations = [
        without_site_index(
            "base",
            "auditentry",
            "auditseal",
            "counter",
            "donecommand",
            "outgoing",
        )
    ]
