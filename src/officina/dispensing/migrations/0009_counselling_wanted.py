from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispensing", "0008_no_index_by_pharmacy_alone")]
    operations = [
        migrations.AlterField(
            model_name="pickup",
            name="counsel",
            field=models.CharField(
                blank=True,
                choices=[
                    ("accepted", "Accepted"),
                    ("declined", "Declined"),
                    ("wanted", "Wants counselling"),
                    ("not_required_refill", "Not required: refill"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="pickup",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "At the counter"),
                    ("done", "Handed over"),
                    ("left", "Left without the bags"),
                    ("out", "With the driver"),
                ],
                default="open",
                max_length=6,
            ),
        ),
    ]
