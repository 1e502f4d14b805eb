from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LlmConfig(AppConfig):
    name = "llm"
    verbose_name = _("Language models")

    def ready(self) -> None:
        from core import doctor, due, releases
        from core import gauges as scraped
        from llm import batches, batching, checks, examination, gauges, key_ages, loading, own_budgets  # noqa: F401 (checks register themselves)

        due.register("llm.batch", task="llm.run_batch", keyword="batch_id")
        due.register(own_budgets.LOOK, task="llm.look_at_own_budget", keyword="budget_id")
        batches.connect(find_target=batching.find_target, store=batching.store)
        doctor.register("model", examination.model)
        scraped.register("llm", gauges.cost_today, keep=60.0)
        scraped.register("llm.hour", gauges.last_hour, keep=60.0)
        scraped.register("llm.budgets", gauges.budget_shares, keep=60.0)
        scraped.register("llm.accounts", gauges.account_use, keep=60.0)
        scraped.register("llm.standing", gauges.standing)
        scraped.register("llm.keys", key_ages.gauge, keep=60.0)
        releases.register("registry", lambda: loading.load().brief())
