from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing import selectors
        from billing.services import subscriptions
        from llm import own_keys
        from tenants.selectors import figures
        from tenants.services import api_keys, closing, provisioning

        own_keys.connect(selectors.with_own_keys)
        closing.when_closed("own_keys", lambda tenant: own_keys.forget_tenant(tenant.schema_name))
        api_keys.limit_by(selectors.api_calls_a_minute)
        figures.connect(selectors.standings)
        provisioning.offer_plans(subscriptions.choices)
        provisioning.register_step(
            "subscription", subscriptions.subscribe_new_tenant, undo=subscriptions.drop_unused_subscription
        )
