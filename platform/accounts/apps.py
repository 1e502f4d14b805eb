from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import links, sessions
        from accounts.services import invitations, mail, passwords, seats  # noqa: F401  (each says what its mail holds)
        from core import backups, due, entitlements

        entitlements.count_people(seats.taken, invited=seats.invited)

        backups.register("sessions", backups.Concern(after=sessions.end_all))
        backups.register("links to join and to reset passwords", backups.Concern(after=links.end_all))
        due.register(
            mail.DUE,
            task="accounts.send_mail",
            keyword="mail_id",
            retry=lambda object_id: mail.retry(mail_id=object_id),
        )
