from django.apps import AppConfig


class LlmConfig(AppConfig):
    name = "llm"

    def ready(self) -> None:
        from core import doctor
        from llm import checks, examination  # noqa: F401 (the checks register themselves)

        doctor.register("model", examination.model)
