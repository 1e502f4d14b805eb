"""Each task makes one service call; core.tasks enters the tenant and counts the outcome."""

from uuid import UUID

from core.queues import by_tenant
from core.tasks import tenant_task
from interviews.services import (
    budget_notices,
    evaluations,
    lifecycle,
    mail,
    provisional,
    repeating,
    resume_summaries,
    turned_away,
    turns,
)


@tenant_task("interviews.reply_to_turn", queue=by_tenant("turns"))
def reply_to_turn(*, turn_id: UUID) -> None:
    turns.write_reply(turn_id=turn_id)


@tenant_task("interviews.evaluate", queue="evaluations")
def evaluate(*, evaluation_id: UUID) -> None:
    evaluations.run(evaluation_id=evaluation_id)


@tenant_task("interviews.redo_evaluation", queue="evaluations")
def redo_evaluation(*, evaluation_id: UUID) -> None:
    provisional.redo(evaluation_id=evaluation_id)


@tenant_task("interviews.retest_evaluation", queue="evaluations")
def retest_evaluation(*, retest_id: UUID) -> None:
    repeating.run(retest_id=retest_id)


@tenant_task("interviews.send_mail", queue="default")
def send_mail(*, mail_id: UUID) -> None:
    mail.send(mail_id=mail_id)


@tenant_task("interviews.expire", queue="default")
def expire(*, interview_id: UUID) -> None:
    lifecycle.expire(interview_id=interview_id)


@tenant_task("interviews.close_overdue", queue="default")
def close_overdue(*, interview_id: UUID) -> None:
    lifecycle.close_overdue(interview_id=interview_id)


@tenant_task("interviews.release_quota", queue="default")
def release_quota(*, interview_id: UUID) -> None:
    lifecycle.release_quota(interview_id=interview_id)


@tenant_task("interviews.summarise_resume", queue="evaluations")
def summarise_resume(*, summary_id: UUID) -> None:
    resume_summaries.run(summary_id=summary_id)


@tenant_task("interviews.tell_of_room", queue="default")
def tell_of_room(*, tenant_row_id: UUID) -> None:
    turned_away.tell()


@tenant_task("interviews.tell_of_budget", queue="default")
def tell_of_budget(*, notice_id: UUID) -> None:
    budget_notices.tell(notice_id=notice_id)
