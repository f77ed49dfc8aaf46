"""What was sent under a key is remembered beside its answer; answers that hold secrets, and ones that say nothing of it, go."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("base", "0003_second_factor_and_tries")]
    operations = [
        # Only a page that is still open from before could ask for one of them; recovery codes stood among them in clear.
        migrations.RunSQL("DELETE FROM base_donecommand", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="donecommand", name="content", field=models.CharField(max_length=64, default=""), preserve_default=False
        ),
    ]
