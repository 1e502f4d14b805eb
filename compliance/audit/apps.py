from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit trail is an app of its own because its table stands in public and in every tenant."""

    name = "compliance.audit"
    label = "audit"

    def ready(self) -> None:
        from compliance.audit import selectors, store
        from core import audit
        from tenants.selectors import support

        audit.recorded.connect(store.store, dispatch_uid="audit-store")
        support.read_acts_by(selectors.acts_of)
