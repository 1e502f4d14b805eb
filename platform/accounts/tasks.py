"""Each task makes one service call; core.tasks enters the tenant and counts the outcome."""

from uuid import UUID

from accounts.services import mail
from core.tasks import tenant_task


@tenant_task("accounts.send_mail", queue="default")
def send_mail(*, mail_id: UUID) -> None:
    mail.send(mail_id=mail_id)
