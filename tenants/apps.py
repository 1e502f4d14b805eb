from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class TenantsConfig(AppConfig):
    name = "tenants"

    def ready(self) -> None:
        from core import doctor, tenancy
        from tenants import checks, examination  # noqa: F401
        from tenants.models import Domain, Tenant

        def forget(**kwargs: object) -> None:
            tenancy.forget()

        for model in (Tenant, Domain):
            post_save.connect(forget, sender=model, weak=False, dispatch_uid=f"forget-{model.__name__}-saved")
            post_delete.connect(forget, sender=model, weak=False, dispatch_uid=f"forget-{model.__name__}-deleted")
        doctor.register("migrations", examination.migrations, needs=("database",))
        doctor.register("tenants", examination.tenants, needs=("database",))
