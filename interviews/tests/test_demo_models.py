"""What `make run` says about who interviews."""

from django.test import override_settings

from core.testing import PlatformTestCase
from interviews.services import demo

SERVER = "http://127.0.0.1:11434/v1"


class ModelsTests(PlatformTestCase):
    @override_settings(LLM_ENV={})
    def test_without_a_key_or_a_server_none_answers(self) -> None:
        self.assertEqual(demo.models(), [])

    @override_settings(LLM_ENV={"OPENAI_BASE_URL": SERVER, "LLM_MODEL": "llama3.1:8b"})
    def test_the_model_that_was_set_is_named(self) -> None:
        self.assertEqual(demo.models(), ["llama3.1:8b"])

    @override_settings(LLM_ENV={"OPENAI_BASE_URL": SERVER})
    def test_an_own_server_without_one_answers_with_its_first(self) -> None:
        self.assertEqual(demo.models(), [f"the first model of {SERVER}"])
