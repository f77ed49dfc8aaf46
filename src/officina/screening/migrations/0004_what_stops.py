from django.db import migrations, models

COUNTED = """
UPDATE screening_alert SET stops = TRUE
WHERE severity <= 2 AND resolved_at IS NULL AND screening_id IN (SELECT id FROM screening_screening WHERE is_current)
"""


class Migration(migrations.Migration):
    dependencies = [("screening", "0003_open_alerts")]
    operations = [
        migrations.RemoveIndex("alert", "alert_open"),
        migrations.AddField("alert", "stops", models.BooleanField(default=False)),
        migrations.RunSQL(COUNTED, migrations.RunSQL.noop),
        migrations.AddIndex(
            "alert", models.Index(fields=["screening"], name="alert_stops", condition=models.Q(("stops", True)))
        ),
        migrations.AddConstraint(
            "alert",
            models.CheckConstraint(
                condition=models.Q(
                    ("stops", False), models.Q(("resolved_at__isnull", True), ("severity__lte", 2)), _connector="OR"
                ),
                name="alert_stops_while_unanswered",
            ),
        ),
    ]
