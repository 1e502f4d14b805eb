from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm", "0009_collected_answers")]

    operations = [
        migrations.CreateModel(
            name="UsageDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day", "tenant", "source", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("tenant", models.CharField(max_length=63)),
                ("source", models.CharField(max_length=10)),
                ("requests", models.PositiveIntegerField()),
                ("saved_usd", models.DecimalField(decimal_places=8, max_digits=16)),
            ],
            options={"verbose_name": "model use of a day", "db_table": "llm_usage_day"},
        )
    ]
