from functools import partial

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InterviewsConfig(AppConfig):
    name = "interviews"

    def ready(self) -> None:
        from accounts.roles import Permission
        from billing.reconciling import looks
        from core import gauges as scraped
        from interviews import gauges
        from interviews.models import Job
        from interviews.selectors import reconciling
        from interviews.services import assurance, lifecycle, prompts
        from interviews.services.evaluation import model
        from llm import experiments, gates
        from tenants.services import checklist, suspending

        self._register_what_is_owed()
        self._register_resumes()
        looks.register("interviews", reconciling.look)
        suspending.when_resumed("interviews", lifecycle.give_time_back)
        scraped.register("interviews", gauges.active)
        checklist.register(
            checklist.Item(
                "first_job",
                _("Your first job"),
                _("Its questions and its scorecard; then you invite."),
                "portal_jobs",
                Permission.MANAGE_JOBS,
                lambda user: Job.objects.exists(),
                50,
            )
        )
        experiments.register_prompts("interview_turn", partial(prompts.has, "turn"))
        experiments.register_prompts("evaluation", model.known)
        gates.register("evaluation", assurance.gate_of_prompts())

    def _register_what_is_owed(self) -> None:
        from core import due
        from interviews.services import evaluations, mail, redos, retests, turns

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
        due.register(redos.KIND, task="interviews.redo_evaluation", keyword="evaluation_id")
        due.register(retests.KIND, task="interviews.retest_evaluation", keyword="retest_id")
        due.register(
            "mail",
            task="interviews.send_mail",
            keyword="mail_id",
            retry=lambda object_id: mail.retry(mail_id=object_id),
        )
        due.register("interview_expiry", task="interviews.expire", keyword="interview_id")
        due.register("interview_deadline", task="interviews.close_overdue", keyword="interview_id")
        due.register("quota_release", task="interviews.release_quota", keyword="interview_id")

    def _register_resumes(self) -> None:
        from core import bodies, due
        from interviews.services import resume_summaries
        from interviews.services.resumes import MAX_BYTES

        bodies.allow_file("/interviews/[0-9a-f-]{36}/resume/", MAX_BYTES)
        due.register(
            "resume_summary",
            task="interviews.summarise_resume",
            keyword="summary_id",
            retry=lambda object_id: resume_summaries.retry(summary_id=object_id),
        )
