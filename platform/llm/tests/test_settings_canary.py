"""A key typed into any setting of the model layer is in no error, log, page, row, figure or report."""

import logging
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import reverse

from accounts.tests.people import platform_admin
from core import clock, exposition, tenancy
from core.testing import TenantClient, TenantTestCase
from llm import attempts, checks, credentials, examination, gateway, registry
from llm.models import Account, Budget, Experiment, LlmCall, Offer, Price
from llm.tests.asking import ask, forget
from llm.tests.test_experiment_admin import filled
from tests.faults.keyed import Keyed, keyed

WORD = "PLANTED"
CANARY = f"sk-{WORD}-4f8a1c2b9d7e"  # pragma: allowlist secret
UNDOCUMENTED = ("AWS_REGION", "VAULT_TOKEN", "VAULT_NAMESPACE", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID")
PAGES = ("account_changelist", "offer_changelist", "ownkey_changelist", "usagehour_changelist", "usagehour_calls")
DEAD = "127.0.0.1:1"


def documented() -> list[str]:
    """The variables that .env.example names for models."""
    text = Path(settings.ROOT, ".env.example").read_text()
    return re.findall(r"^#([A-Z0-9_]+)=", text.partition("# --- models ")[2], re.M)


def url(name: str) -> str:
    return reverse(f"admin:llm_{name}", urlconf="config.urls_admin")


class SettingsCanaryTests(TenantTestCase):
    server: Keyed

    def setUp(self) -> None:
        super().setUp()
        opened = keyed()
        self.server = opened.__enter__()
        self.addCleanup(opened.__exit__, None, None, None)
        for clean in (forget, credentials.forget_all, gateway._first_models.clear):
            clean()
            self.addCleanup(clean)
        patience = mock.patch.object(attempts, "FIRST_BACKOFF", 0.002)
        patience.start()
        self.addCleanup(patience.stop)
        with tenancy.enter_platform():
            self.client = TenantClient("admin")
            self.client.force_login(platform_admin())

    def use_every_row(self) -> None:
        """Each account is at the loopback server, which refuses all keys and repeats them; each model has a price."""
        today = clock.now().date()
        for row in Account.objects.all():
            places = "/".join(re.findall(r"\{\w+\}", row.base_url))
            Account.objects.filter(pk=row.pk).update(base_url=f"{self.server.url}/{places}".rstrip("/"))
        Account.objects.update(is_enabled=True, trains_on_data=False, verified_at=today, retires_at=None)
        Offer.objects.update(is_enabled=True, verified_at=today, retires_at=None, takes_audio=False)
        one = Decimal(1)
        for offer in Offer.objects.filter(prices=None):
            Price.objects.create(offer=offer, version="2026-01-01", usd_in=one, usd_cached=one, usd_out=one)

    @contextmanager
    def told(self) -> Iterator[list[str]]:
        """What is said in the block, in whatever way; afterwards the canary is in none of it."""
        said: list[str] = []
        with self.assertLogs(level=logging.DEBUG) as logs:
            logging.getLogger("test").info("begin")
            yield said
        said += [f"{line} {record.__dict__}" for line, record in zip(logs.output, logs.records, strict=True)]
        said += [self.client.get(url(name)).content.decode() for name in PAGES]
        said += [str(list(LlmCall.objects.values())), exposition.text().decode()]
        self.clean(said)

    def clean(self, said: list[str]) -> None:
        for text in said:
            at = text.upper().find(WORD)
            self.assertEqual(at, -1, text[max(at - 160, 0) : at + 60])

    def tried(self, **env: str) -> tuple[str, list[str]]:
        """The kind of the call's failure with these settings, and all that was said of them."""
        credentials.forget_all()
        forget()
        with override_settings(LLM_ENV=env):
            said = [str(registry.flagged()), repr(registry.targets()), str(examination.model())]
            said.append(str(checks.prices_are_known(None)))
            if not any(name.endswith(("_KEY", "_TOKEN")) for name in env):  # those are in no row and no target
                said += [self.client.get(url(name)).content.decode() for name in PAGES]
            try:
                ask(seconds=1, schema=None)
            except gateway.Unavailable as error:
                return error.kind, [*said, repr(error), traceback.format_exc()]
        raise AssertionError("Somebody answered.")

    @pytest.mark.prove
    def test_a_key_in_any_variable_of_the_environment_shows_nowhere(self) -> None:
        self.use_every_row()
        names = [*documented(), *UNDOCUMENTED]
        kinds = {}

        with self.told() as said:
            for name in names:
                kinds[name], found = self.tried(**{name: CANARY})
                said += found

        self.assertEqual(len(names), 37)
        keys = [name for name in names if name.endswith(("_API_KEY", "_TOKEN")) and kinds[name] == "unauthorised"]
        self.assertGreaterEqual(len(keys), 12)  # these were sent, refused and repeated in the refusal
        self.assertEqual(set(self.server.refused), {CANARY})
        self.assertEqual(kinds["LLM_MODEL"], "not_configured")
        self.assertIn(kinds["OPENAI_BASE_URL"], ("cut", "unusable"))

    @pytest.mark.prove
    def test_a_password_in_an_address_and_what_comes_of_it_shows_nowhere(self) -> None:
        port = self.server.server_address[1]
        cases = {
            f"http://user:{CANARY}@127.0.0.1:{port}/v1": "unauthorised",
            f"http://user:{CANARY}@{DEAD}/v1": "refused",
            f"https://user:{CANARY}@127.0.0.1:{port}/v1": "refused",  # it speaks no TLS
            f"http://127.0.0.1:{port}/v1?key={CANARY}": "unauthorised",
        }

        broken = (f"http://[{CANARY}", f"ht!tp://{CANARY}/v1", f"http://127.0.0.1:{CANARY}/v1")

        kinds = {}
        with self.told() as said:
            for address in (*cases, *broken):
                kinds[address], found = self.tried(OPENAI_BASE_URL=address, LLM_MODEL="m")
                said += found

        self.assertLessEqual({kinds.pop(address) for address in broken}, {"unusable", "refused", "cut"})
        self.assertEqual(kinds, cases)

    def test_a_key_in_a_header_line_of_its_own_is_sent_nowhere_and_shows_nowhere(self) -> None:
        address, kinds = self.server.url, []
        with self.told() as said:
            for key in (f"{CANARY}\r\nX-More: 1", f"{CANARY}é", f" {CANARY}\n"):
                kind, found = self.tried(OPENAI_BASE_URL=address, OPENAI_API_KEY=key, LLM_MODEL="m")
                kinds.append(kind)
                said += found

        self.assertEqual((kinds, dict(self.server.refused)), (["unusable"] * 3, {}))

    def test_the_doctor_says_which_setting_holds_a_key_by_mistake(self) -> None:
        with override_settings(LLM_ENV={"OPENAI_BASE_URL": self.server.url, "LLM_MODEL": CANARY}):
            self.assertEqual(examination.model().what, "none: LLM_MODEL looks like a key")
        today = clock.now().date()
        Account.objects.filter(label="ollama").update(verified_at=today)
        with override_settings(LLM_ENV={"LLM_OLLAMA_HOST": "127.0.0.1", "LLM_OLLAMA_MODEL": CANARY}):
            reasons = [flag.reason for flag in registry.flagged() if flag.account == "ollama"]
        self.assertEqual(reasons, ["LLM_OLLAMA_MODEL looks like a key."])

    @pytest.mark.prove
    def test_a_key_typed_into_a_field_of_budgets_and_experiments_is_refused_or_shown_nowhere(self) -> None:
        budget = {"tenant": "", "feature": "", "period": "day", "limit_usd": "5", "warn_percent": "80"}
        trial = filled()
        said: list[str] = []

        with self.told() as told:
            for name in budget:
                said.append(self.posted("budget_add", budget | {name: CANARY}))
            for name in trial:
                if not name.endswith("_FORMS"):
                    said.append(self.posted("experiment_add", trial | {name: CANARY}))
            told += said
            told += [self.client.get(url(f"{name}_changelist")).content.decode() for name in ("budget", "experiment")]

        self.assertEqual((Budget.objects.count(), Experiment.objects.filter(name__contains=WORD).count()), (0, 0))

    def posted(self, name: str, fields: dict[str, str]) -> str:
        response: Any = self.client.post(url(name), fields, follow=True)
        return str(response.content.decode())
