from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit trail is an app of its own because its table stands in public and in every tenant."""

    name = "compliance.audit"
    label = "audit"

    def ready(self) -> None:
        from compliance.audit import store
        from core import audit

        audit.recorded.connect(store.store, dispatch_uid="audit-store")
