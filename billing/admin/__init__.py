from billing.admin import invoices, parties, plans, receipts, stripe, subscriptions, usage

__all__ = ["invoices", "parties", "plans", "receipts", "stripe", "subscriptions", "usage"]
