from uuid import UUID

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing import selectors
        from billing.services import entitlements, plans, reconciling, sellers, subscriptions, taking_along
        from billing.services.stripe import leaving
        from core import entitlements as asked
        from core import gauges, staff_warnings, tenancy
        from llm import own_keys
        from tenants.selectors import figures
        from tenants.services import api_keys, closing, exporting, provisioning

        asked.connect(entitlements.to_begin)
        asked.uses(asked.Feature.OWN_KEYS, lambda: bool(own_keys.of(tenancy.schema())))
        _register_what_is_owed()
        staff_warnings.register(sellers.missing)
        gauges.register("billing", reconciling.figures, keep=60.0)
        own_keys.connect(selectors.with_own_keys)
        closing.when_closed("own_keys", lambda tenant: own_keys.forget_tenant(tenant.schema_name))
        closing.when_closed("stripe", leaving.leave)
        exporting.also(taking_along.files)
        api_keys.limit_by(selectors.api_calls_a_minute)
        figures.connect(selectors.standings)
        provisioning.offer_plans(plans.to_start_with)
        provisioning.register_step(
            "subscription", subscriptions.subscribe_new_tenant, undo=subscriptions.drop_unused_subscription
        )


def _register_what_is_owed() -> None:
    from billing.services import mail, reconciling
    from billing.services.stripe import inbox
    from core import due

    due.register("renewal", task="billing.renew", keyword="subscription_id")
    due.register("period_close", task="billing.close_period", keyword="period_id")
    due.register(reconciling.KIND, task="billing.reconcile", keyword="tenant_id")
    due.register("quota_warning", task="billing.warn_of_quota", keyword="period_id")
    due.register(mail.DUE, task="billing.send_mail", keyword="mail_id", retry=_retry_mail)
    # Who is suspended, or closing, is still paid for, or not: what Stripe tells is followed all the same.
    due.register(
        "stripe_event",
        task="billing.follow_stripe_event",
        keyword="event_id",
        retry=inbox.retry,
        any_status=True,
    )
    due.register("stripe_check", task="billing.check_stripe", keyword="subscription_id", any_status=True)
    due.register("stripe_overage", task="billing.charge_overage_by_stripe", keyword="period_id", any_status=True)
    due.register("invoicing", task="billing.issue_invoice", keyword="subscription_id")
    due.register("invoice_overdue", task="billing.invoice_overdue", keyword="invoice_id")
    due.register("dunning", task="billing.dun", keyword="subscription_id")
    due.register("trial_ends", task="billing.tell_of_trial", keyword="subscription_id")
    # Workers of the release before owe this kind until they are stopped; to go with the next release.
    due.register(mail.OLD_DUE, task="billing.send_notice", keyword="notice_id", retry=_retry_mail)


def _retry_mail(mail_id: UUID) -> None:
    from billing.services import mail

    mail.retry(mail_id=mail_id)
