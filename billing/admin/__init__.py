from billing.admin import invoices, margin, parties, plans, receipts, stripe, subscriptions, usage

__all__ = ["invoices", "margin", "parties", "plans", "receipts", "stripe", "subscriptions", "usage"]
