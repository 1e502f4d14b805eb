from django.apps import AppConfig


class InterviewsConfig(AppConfig):
    name = "interviews"

    def ready(self) -> None:
        from core import due

        for kind, task, keyword in (
            ("turn", "interviews.reply_to_turn", "turn_id"),
            ("evaluation", "interviews.evaluate", "evaluation_id"),
            ("mail", "interviews.send_mail", "mail_id"),
            ("interview_expiry", "interviews.expire", "interview_id"),
            ("interview_deadline", "interviews.close_overdue", "interview_id"),
            ("quota_release", "interviews.release_quota", "interview_id"),
        ):
            due.register(kind, task=task, keyword=keyword)
