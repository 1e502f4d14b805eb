from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing.services import subscriptions
        from tenants.services import provisioning

        provisioning.offer_plans(subscriptions.choices)
        provisioning.register_step(
            "subscription", subscriptions.subscribe_new_tenant, undo=subscriptions.drop_unused_subscription
        )
