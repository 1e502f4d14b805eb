from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import sessions
        from core import backups

        backups.register("sessions", backups.Concern(after=sessions.end_all))
