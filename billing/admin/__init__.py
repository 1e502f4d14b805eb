from billing.admin import plans, subscriptions, usage

__all__ = ["plans", "subscriptions", "usage"]
