from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing import selectors
        from billing.services import subscriptions
        from llm import own_keys
        from tenants.services import provisioning

        own_keys.connect(selectors.with_own_keys)
        provisioning.offer_plans(subscriptions.choices)
        provisioning.register_step(
            "subscription", subscriptions.subscribe_new_tenant, undo=subscriptions.drop_unused_subscription
        )
