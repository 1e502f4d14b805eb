from functools import partial

from django.apps import AppConfig


class InterviewsConfig(AppConfig):
    name = "interviews"

    def ready(self) -> None:
        from core import due
        from core import gauges as scraped
        from interviews import gauges
        from interviews.services import evaluations, mail, prompts, turns
        from llm import experiments

        due.register(
            "turn",
            task="interviews.reply_to_turn",
            keyword="turn_id",
            retry=lambda object_id: turns.retry(turn_id=object_id),
            slots="turns",
        )
        due.register(
            "evaluation",
            task="interviews.evaluate",
            keyword="evaluation_id",
            retry=lambda object_id: evaluations.retry(evaluation_id=object_id),
        )
        due.register(evaluations.REDO, task="interviews.redo_evaluation", keyword="evaluation_id")
        due.register(
            "mail",
            task="interviews.send_mail",
            keyword="mail_id",
            retry=lambda object_id: mail.retry(mail_id=object_id),
        )
        due.register("interview_expiry", task="interviews.expire", keyword="interview_id")
        due.register("interview_deadline", task="interviews.close_overdue", keyword="interview_id")
        due.register("quota_release", task="interviews.release_quota", keyword="interview_id")
        scraped.register("interviews", gauges.active)
        experiments.register_prompts("interview_turn", partial(prompts.has, "turn"))
        experiments.register_prompts("evaluation", partial(prompts.has, "evaluation"))
