from billing.admin import plans, receipts, subscriptions, usage

__all__ = ["plans", "receipts", "subscriptions", "usage"]
