from django.db import migrations, models


class Migration(migrations.Migration):
    """No SQL: another value for `source`."""

    dependencies = [("llm", "0008_calls_by_own_keys")]

    operations = [
        migrations.AlterField(
            model_name="llmcall",
            name="source",
            field=models.CharField(
                max_length=10,
                default="provider",
                choices=[
                    ("provider", "Provider"),
                    ("batch", "Batch"),
                    ("collected", "Collected"),
                    ("cache", "Cache"),
                    ("shared", "Shared"),
                    ("template", "Template"),
                ],
            ),
        )
    ]
