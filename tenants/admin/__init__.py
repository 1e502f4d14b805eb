from tenants.admin import domains, email_domains, support, tenants

__all__ = ["domains", "email_domains", "support", "tenants"]
