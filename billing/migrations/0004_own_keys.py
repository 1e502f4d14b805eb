from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_turns_at_once_of_plans")]

    operations = [
        migrations.AddField(
            model_name="plan",
            name="own_keys",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Its tenants' own keys at model providers are used for them.",
                verbose_name="own keys",
            ),
        )
    ]
