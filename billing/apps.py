from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing import selectors
        from billing.services import entitlements, plans, reconciling, subscriptions
        from core import due, gauges, tenancy
        from core import entitlements as asked
        from llm import own_keys
        from tenants.selectors import figures
        from tenants.services import api_keys, closing, provisioning

        asked.connect(entitlements.of_tenant)
        asked.uses(asked.Feature.OWN_KEYS, lambda: bool(own_keys.of(tenancy.schema())))
        due.register("renewal", task="billing.renew", keyword="subscription_id")
        due.register("period_close", task="billing.close_period", keyword="period_id")
        due.register(reconciling.KIND, task="billing.reconcile", keyword="tenant_id")
        gauges.register("billing", reconciling.figures, keep=60.0)
        due.register("quota_warning", task="billing.warn_of_quota", keyword="period_id")
        own_keys.connect(selectors.with_own_keys)
        closing.when_closed("own_keys", lambda tenant: own_keys.forget_tenant(tenant.schema_name))
        api_keys.limit_by(selectors.api_calls_a_minute)
        figures.connect(selectors.standings)
        provisioning.offer_plans(plans.choices)
        provisioning.register_step(
            "subscription", subscriptions.subscribe_new_tenant, undo=subscriptions.drop_unused_subscription
        )
