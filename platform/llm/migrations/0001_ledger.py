import core.clock
import core.ids
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='LlmCall',
            fields=[
                ('pk', models.CompositePrimaryKey('created_at', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=core.clock.now)),
                ('id', models.UUIDField(default=core.ids.uuid7)),
                ('tenant', models.CharField(max_length=63)),
                ('feature', models.CharField(max_length=40)),
                ('interview_id', models.UUIDField(null=True)),
                ('provider', models.CharField(max_length=40)),
                ('account', models.CharField(max_length=40)),
                ('model', models.CharField(max_length=200)),
                ('complexity', models.CharField(max_length=8)),
                ('prompt_version', models.CharField(blank=True, max_length=40)),
                ('price_version', models.CharField(blank=True, max_length=20)),
                ('tokens_in', models.PositiveIntegerField(default=0)),
                ('tokens_cached', models.PositiveIntegerField(default=0)),
                ('tokens_out', models.PositiveIntegerField(default=0)),
                ('tokens_estimated', models.BooleanField(default=False)),
                ('cost_usd', models.DecimalField(decimal_places=8, max_digits=14, null=True)),
                ('latency_ms', models.PositiveIntegerField(null=True)),
                ('finish_reason', models.CharField(blank=True, max_length=20)),
                ('error_kind', models.CharField(blank=True, max_length=20)),
                ('settled_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'model call',
                'db_table': 'llm_call',
                'indexes': [models.Index(fields=['tenant', 'created_at'], name='llm_call_by_tenant'), models.Index(fields=['interview_id'], name='llm_call_by_interview')],
                'constraints': [models.CheckConstraint(condition=models.Q(('cost_usd__gte', 0)), name='llm_call_cost_is_not_negative'), models.CheckConstraint(condition=models.Q(('tokens_cached__lte', models.F('tokens_in'))), name='llm_call_cached_is_part_of_in'), models.CheckConstraint(condition=models.Q(('settled_at', None), ('latency_ms__isnull', False), _connector='OR'), name='llm_call_settled_has_a_latency')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='llmcall',
            trigger=pgtrigger.compiler.Trigger(name='llm_call_is_settled_once', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF OLD.settled_at IS NOT NULL OR NEW.settled_at IS NULL\n                        OR (NEW.created_at, NEW.id, NEW.tenant, NEW.feature, NEW.interview_id, NEW.provider, NEW.account, NEW.model, NEW.complexity, NEW.prompt_version, NEW.price_version) IS DISTINCT FROM (OLD.created_at, OLD.id, OLD.tenant, OLD.feature, OLD.interview_id, OLD.provider, OLD.account, OLD.model, OLD.complexity, OLD.prompt_version, OLD.price_version) THEN\n                        RAISE EXCEPTION 'A model call is settled once and never changed.';\n                    END IF;\n                    RETURN NEW;\n                ", hash='cd091fa4ccd06ca0775b626ceaca9fc0dd112c38', operation='UPDATE', pgid='pgtrigger_llm_call_is_settled_once_55b52', table='llm_call', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='llmcall',
            trigger=pgtrigger.compiler.Trigger(name='llm_call_is_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                IF EXISTS (SELECT 1 FROM old_values ) THEN\n                    RAISE EXCEPTION\n                        'pgtrigger: Cannot delete rows from % table',\n                    TG_TABLE_NAME;\n                END IF;\n                RETURN NULL;\n                ", hash='e915f5c6317d1abb4f9dd180e1de9f902bc5dda1', level='STATEMENT', operation='DELETE', pgid='pgtrigger_llm_call_is_never_deleted_64565', referencing='REFERENCING OLD TABLE AS old_values ', table='llm_call', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='llmcall',
            trigger=pgtrigger.compiler.Trigger(name='llm_call_is_never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME;", hash='d45e5288903c0f514e545a83bfa8ea5a18b69596', operation='TRUNCATE', pgid='pgtrigger_llm_call_is_never_truncated_78b61', table='llm_call', when='BEFORE')),
        ),
    ]
