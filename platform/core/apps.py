from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from django.core.management.commands import makemigrations
        from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand

        # pgtrigger replaces the autodetector; django-tenants must use the same one (commands.E001).
        MigrateSchemasCommand.autodetector = makemigrations.Command.autodetector
        autodiscover_modules("tasks")

        from core import checks, looks  # noqa: F401
        from core.doctor import core_questions

        core_questions.register_all()
        looks.register()
