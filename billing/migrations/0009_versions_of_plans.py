from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, OuterRef, Subquery


def name_versions(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Each plan that was there is the first version of its family; its terms stay with who bought them."""
    alias = editor.connection.alias
    plan, period = apps.get_model("billing", "Plan"), apps.get_model("billing", "QuotaPeriod")
    plan.objects.using(alias).filter(family="").update(family=F("code"))
    subscription = apps.get_model("billing", "Subscription")
    bought = subscription.objects.filter(pk=OuterRef("subscription_id")).values("plan_id")
    period.objects.using(alias).filter(plan=None).update(plan_id=Subquery(bought))


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_money")]
    operations = [migrations.RunPython(name_versions, migrations.RunPython.noop)]
