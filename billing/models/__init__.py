"""Money, in the public schema: what is on offer, what a tenant bought, used and owes. Interviews are named by UUID."""

from billing.models.invoices import BillingDetails, Invoice, InvoiceLine, InvoiceSeries
from billing.models.margins import Margin
from billing.models.notices import BillingNotice
from billing.models.plans import Plan
from billing.models.quota import CreditGrant, QuotaPeriod, QuotaUse, UsageRecord
from billing.models.receipts import InfrastructureShare, InterviewReceipt, ReceiptPolicy
from billing.models.reconciliations import Reconciliation
from billing.models.sellers import Seller
from billing.models.stripe import StripeEvent
from billing.models.subscriptions import Subscription

__all__ = [
    "BillingDetails",
    "BillingNotice",
    "CreditGrant",
    "InfrastructureShare",
    "InterviewReceipt",
    "Invoice",
    "InvoiceLine",
    "InvoiceSeries",
    "Margin",
    "Plan",
    "QuotaPeriod",
    "QuotaUse",
    "ReceiptPolicy",
    "Reconciliation",
    "Seller",
    "StripeEvent",
    "Subscription",
    "UsageRecord",
]
