from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "keys"

    def ready(self) -> None:
        from core import backups, doctor
        from keys import backups as ours
        from keys import examination

        backups.register("keys", ours.concern())
        doctor.register("keys", examination.keys, needs=("database", "keys database"))
        doctor.register("keys migrations", examination.migrations, needs=("keys database",))
