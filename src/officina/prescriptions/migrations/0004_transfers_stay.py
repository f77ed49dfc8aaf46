"""Transfers are added, never changed or removed."""

from django.db import migrations

from officina.base import triggers


class Migration(migrations.Migration):
    dependencies = [("prescriptions", "0003_enquiries")]
    operations = [triggers.append_only("prescriptions_transfer")]
