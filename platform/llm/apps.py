from django.apps import AppConfig


class LlmConfig(AppConfig):
    name = "llm"

    def ready(self) -> None:
        from core import doctor
        from core import gauges as scraped
        from llm import checks, examination, gauges  # noqa: F401 (the checks register themselves)

        doctor.register("model", examination.model)
        scraped.register("llm", gauges.cost_today, keep=60.0)
        scraped.register("llm.hour", gauges.last_hour, keep=60.0)
        scraped.register("llm.budgets", gauges.budget_shares, keep=60.0)
        scraped.register("llm.accounts", gauges.account_use, keep=60.0)
