from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="plan",
            name="turns_at_once",
            field=models.PositiveSmallIntegerField(
                default=20, help_text="Replies that are written for the tenant at the same time; the others wait."
            ),
        )
    ]
