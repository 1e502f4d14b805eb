from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q

# A worker of the release before that would put a mail into the table that goes waits here, finds no table, and leaves
# owed what it came for.
FORWARDS = """
    LOCK TABLE billing_billingmail IN ACCESS EXCLUSIVE MODE;
    INSERT INTO billing_billingnotice (id, subscription_id, kind, key, person_id, detail,
           lease_until, fence, attempts, status, error, created_at, sent_at)
    SELECT id, subscription_id, kind, key, recipient_id, detail,
           lease_until, fence, attempts, status, error, created_at, sent_at FROM billing_billingmail;
    UPDATE due SET kind = 'billing_mail' WHERE kind = 'billing_notice';
    INSERT INTO due (id, tenant, kind, object_id, due_at, attempts, error)
    SELECT gen_random_uuid(), tenant.schema_name, 'trial_ends', held.id,
           greatest(held.trial_ends_at - interval '3 days', now()), 0, ''
      FROM billing_subscription held JOIN tenants_tenant tenant ON tenant.id = held.tenant_id
     WHERE held.status = 'trialing' AND held.trial_ends_at > now() AND tenant.status <> 'closed'
        ON CONFLICT DO NOTHING;
"""
# What the release before cannot write is not owed to it.
BACKWARDS = """
    DELETE FROM due WHERE kind = 'trial_ends' OR (kind = 'billing_mail' AND object_id IN (
        SELECT id FROM billing_billingnotice WHERE kind = 'trial_ends'));
    DELETE FROM billing_billingnotice WHERE kind = 'trial_ends';
    INSERT INTO billing_billingmail (id, subscription_id, kind, key, recipient_id, detail,
           lease_until, fence, attempts, status, error, created_at, sent_at)
    SELECT id, subscription_id, kind, key, person_id, detail,
           lease_until, fence, attempts, status, error, created_at, sent_at FROM billing_billingnotice
     WHERE person_id IS NOT NULL;
    DELETE FROM billing_billingnotice WHERE person_id IS NOT NULL;
    UPDATE due SET kind = 'billing_notice'
     WHERE kind = 'billing_mail' AND object_id IN (SELECT id FROM billing_billingnotice);
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
"""


def move(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """The mails of the outbox that goes, those that were sent too: nobody is told again. What is owed has one name."""
    editor.execute(FORWARDS)


def move_back(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    editor.execute(BACKWARDS)


class Migration(migrations.Migration):
    dependencies = [("billing", "0015_comparisons"), ("core", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name='billingnotice',
            name='detail',
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name='billingnotice',
            name='person_id',
            field=models.UUIDField(help_text="A person of the tenant's own schema. Nobody: all who pay for the tenant, together.", null=True),
        ),
        migrations.AlterField(
            model_name='billingnotice',
            name='key',
            field=models.CharField(help_text='What it is about: nobody is told twice.', max_length=120),
        ),
        migrations.AlterField(
            model_name='billingnotice',
            name='kind',
            field=models.CharField(choices=[('details_missing', 'Billing details are missing'), ('issued', 'An invoice or a credit note'), ('overdue', 'An invoice is overdue'), ('payment_failed', 'A payment failed'), ('reminder', 'Reminder'), ('last_reminder', 'Last reminder'), ('read_only', 'Read-only until paid'), ('recovered', 'Everything is paid'), ('quota', 'Most interviews are used, or all'), ('quota_invite', 'All interviews are used, for those who invite'), ('trial_ends', 'The trial ends soon')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='billingnotice',
            constraint=models.UniqueConstraint(fields=('key', 'person_id'), name='nobody_is_told_of_billing_twice'),
        ),
        migrations.AddConstraint(
            model_name='billingnotice',
            constraint=models.UniqueConstraint(condition=Q(person_id=None), fields=('key',), name='all_are_told_of_billing_once'),
        ),
        migrations.RunPython(move, move_back),
        migrations.DeleteModel(
            name='BillingMail',
        ),
    ]
