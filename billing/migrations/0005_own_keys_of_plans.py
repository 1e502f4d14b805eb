from django.db import migrations


def set_offered(apps, schema_editor):
    plans = apps.get_model("billing", "Plan").objects.using(schema_editor.connection.alias)
    plans.filter(code="enterprise").update(own_keys=True)


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_own_keys")]

    operations = [migrations.RunPython(set_offered, migrations.RunPython.noop)]
