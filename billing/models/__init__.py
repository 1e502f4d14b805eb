"""Money, in the public schema: what is on offer, what a tenant bought, used and owes. Interviews are named by UUID."""

from billing.models.invoices import BillingDetails, Invoice, InvoiceLine, InvoiceSeries
from billing.models.plans import Plan
from billing.models.quota import CreditGrant, QuotaPeriod, QuotaUse, UsageRecord
from billing.models.stripe import StripeEvent
from billing.models.subscriptions import Subscription

__all__ = [
    "BillingDetails",
    "CreditGrant",
    "Invoice",
    "InvoiceLine",
    "InvoiceSeries",
    "Plan",
    "QuotaPeriod",
    "QuotaUse",
    "StripeEvent",
    "Subscription",
    "UsageRecord",
]
