from django.apps import AppConfig


class LlmConfig(AppConfig):
    name = "llm"

    def ready(self) -> None:
        from core import doctor, due
        from core import gauges as scraped
        from llm import checks, examination, gauges  # noqa: F401 (the checks register themselves)

        due.register("llm.batch", task="llm.run_batch", keyword="batch_id")
        doctor.register("model", examination.model)
        scraped.register("llm", gauges.cost_today, keep=60.0)
