from billing.admin import plans, receipts, stripe, subscriptions, usage

__all__ = ["plans", "receipts", "stripe", "subscriptions", "usage"]
