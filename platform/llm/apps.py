from django.apps import AppConfig


class LlmConfig(AppConfig):
    name = "llm"

    def ready(self) -> None:
        from core import gauges as scraped
        from llm import checks, gauges  # noqa: F401 (checks registers itself)

        scraped.register("llm", gauges.cost_today, keep=60.0)
