from django.db import migrations

OFFERED = {"professional": 60, "enterprise": 150}


def set_offered(apps, schema_editor):
    plans = apps.get_model("billing", "Plan").objects.using(schema_editor.connection.alias)
    for code, most in OFFERED.items():
        plans.filter(code=code).update(turns_at_once=most)


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_turns_at_once")]

    operations = [migrations.RunPython(set_offered, migrations.RunPython.noop)]
