from django.db import migrations

OFFERED = {"starter": 60, "professional": 600, "enterprise": 3000}


def set_offered(apps, schema_editor):
    plans = apps.get_model("billing", "Plan").objects.using(schema_editor.connection.alias)
    for code, calls in OFFERED.items():
        plans.filter(code=code).update(api_calls_a_minute=calls)


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_api_calls_a_minute")]

    operations = [migrations.RunPython(set_offered, migrations.RunPython.noop)]
