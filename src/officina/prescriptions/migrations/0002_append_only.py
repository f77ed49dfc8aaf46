"""Rows of these tables are added, never changed or removed."""

from django.db import migrations

from officina.base import triggers


class Migration(migrations.Migration):
    dependencies = [("prescriptions", "0001_initial")]
    operations = [triggers.append_only("prescriptions_received", "prescriptions_attachment")]
