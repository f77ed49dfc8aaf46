"""Rows of these tables are added, never changed or removed."""

from django.db import migrations

from officina.base import triggers


class Migration(migrations.Migration):
    dependencies = [("dispensing", "0001_initial")]
    operations = [triggers.append_only("dispensing_fillstep", "dispensing_fillscan")]
