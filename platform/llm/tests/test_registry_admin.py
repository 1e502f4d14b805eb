"""Providers in the platform's admin: what is refused, what is marked and audited, and that no key shows anywhere."""

import logging
from typing import Any

from django.test import override_settings
from django.urls import reverse

from accounts.models import User
from core import tenancy
from core.testing import TenantClient, TenantTestCase
from core.tests import rows
from llm import credentials, loading, reaching, registry
from llm.models import Account, Offer, OwnKey
from llm.tests.managers import Managers, running

CANARY = "sk-CANARY-4f8a1c2b9d7e"  # pragma: allowlist secret
LOCAL = {"provider": "acme", "label": "acme", "structured": "json_schema", "max_tokens_field": "max_tokens"}
OFFER = {"quality": "1", "context_tokens": "128000", "reasoning_tokens": "0", "parameters": "{}", "is_enabled": "on"}


def page(model: str, kind: str, *args: object) -> str:
    return reverse(f"admin:llm_{model}_{kind}", args=args, urlconf="config.urls_admin")


def formset(name: str, *added: dict[str, str]) -> dict[str, str]:
    """An inline with nothing but new rows."""
    counts = {"TOTAL_FORMS": str(len(added)), "INITIAL_FORMS": "0"}
    fields = {f"{number}-{key}": value for number, row in enumerate(added) for key, value in row.items()}
    return {f"{name}-{key}": value for key, value in (counts | fields).items()}


class AdminCase(TenantTestCase):
    server: Managers

    def setUp(self) -> None:
        super().setUp()
        running_server = running()
        self.server = running_server.__enter__()
        self.addCleanup(running_server.__exit__, None, None, None)
        override = override_settings(LLM_ENV={"ACME_API_KEY": "acme"})
        override.enable()
        self.addCleanup(override.disable)
        credentials.forget_all()
        self.addCleanup(credentials.forget_all)
        with tenancy.enter_platform():
            self.admin = User.objects.create_superuser("root@candor.example", None, name="Root")
            self.client = TenantClient("admin")
            self.client.force_login(self.admin)

    def post(self, url: str, **fields: Any) -> Any:
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(url, fields)

    def new(self, **fields: Any) -> dict[str, Any]:
        """What the form of a good account sends."""
        address = {"base_url": f"{self.server.url}/v1", "key_source": "env:ACME_API_KEY", "is_enabled": "on"}
        return LOCAL | address | {"time_zone": "UTC", "verified_at": "2026-11-21"} | fields

    def add(self, **fields: Any) -> Any:
        return self.post(page("account", "add"), **self.new(**fields))

    def errors(self, response: Any) -> dict[str, list[str]]:
        self.assertEqual(response.status_code, 200)
        return {name: list(said) for name, said in response.context["adminform"].form.errors.items()}

    def trail(self) -> list[tuple[str, Any]]:
        with tenancy.enter_platform():
            events = rows.model("audit.AuditEvent").objects.filter(action__startswith="llm.").order_by("pk")
            return list(events.values_list("action", "actor_id"))


class AccountAdminTests(AdminCase):
    def test_a_good_account_is_stored_as_a_person_s_and_audited(self) -> None:
        response = self.add()

        self.assertEqual(response.status_code, 302)
        row = Account.objects.get(label="acme")
        self.assertIsNotNone(row.edited_at)
        self.assertEqual(self.trail(), [("llm.account_saved", self.admin.pk)])

    def test_a_row_that_would_not_work_is_refused_at_its_field_with_the_reason(self) -> None:
        dead = "http://127.0.0.1:1/v1"
        cases: list[tuple[dict[str, str], str, str]] = [
            ({"key_source": "env:NOT_SET"}, "key_source", "env:NOT_SET is not set."),
            ({"key_source": "file:/nowhere"}, "key_source", "file:/nowhere can't be read (FileNotFoundError)."),
            ({"key_source": "ACME_API_KEY"}, "key_source", "Write env:NAME, file:/path, aws:secret-id#field,"),
            ({"base_url": dead}, "base_url", "Nobody answers there."),
            ({"base_url": "http://nobody.invalid/v1"}, "base_url", "There is no server of this name."),
            ({"base_url": "http://169.254.169.254/latest"}, "base_url", "This address is of the machine's own network"),
            ({"base_url": "http://[fe80::1]/"}, "base_url", "This address is of the machine's own network"),
            ({"base_url": "http://[::ffff:169.254.169.254]/"}, "base_url", "This address is of the machine's own"),
            ({"base_url": "gopher://x"}, "base_url", "Write an address such as"),
            ({"base_url": "https://u:p@api.example/v1"}, "base_url", "Leave name and password out of the address."),
            ({"base_url": "http://{ACME_API_KEY}.example"}, "base_url", "A variable that holds a secret"),
            ({"base_url": "http://{ACME_HOST}/v1"}, "base_url", "ACME_HOST is not set."),
            ({"requests_per_minute": "-1"}, "requests_per_minute", "greater than or equal to"),
            ({"tokens_per_day": "many"}, "tokens_per_day", "Enter a whole number."),
            ({"region": "mars"}, "region", "Unknown region."),
            ({"structured": "yaml"}, "structured", "Select a valid choice."),
            ({"time_zone": "Mars/Base"}, "time_zone", "Write a time zone such as America/Los_Angeles."),
        ]
        for fields, name, reason in cases:
            with self.subTest(fields):
                said = self.errors(self.add(**fields))

                self.assertEqual(list(said), [name])
                self.assertIn(reason, " ".join(said[name]))
        self.assertFalse(Account.objects.filter(label="acme").exists())
        self.assertEqual(self.trail(), [])

    def test_a_disabled_account_may_wait_for_its_server_and_its_key(self) -> None:
        response = self.add(is_enabled="", base_url="http://127.0.0.1:1/v1", key_source="env:NOT_SET")

        self.assertEqual(response.status_code, 302)

    def test_nothing_is_held_while_the_address_is_looked_at(self) -> None:
        """Inside the page's transaction the look would refuse itself."""
        self.add()

        self.assertTrue(Account.objects.filter(label="acme").exists())

    def test_an_account_for_tenants_own_keys_is_stored_without_one(self) -> None:
        self.assertEqual(self.add(key_source="own:").status_code, 302)

        row = Account.objects.get(label="acme")
        self.assertEqual((row.is_enabled, registry.why_not(row)), (True, "own: is for keys of tenants' own alone"))
        self.assertEqual(registry.why_unfit(row), "")

    def test_a_candor_secret_is_no_provider_s_key(self) -> None:
        from django.conf import settings

        for path in (settings.KEK_FILE, f"{settings.VAR}/secret_key", "/proc/self/environ"):
            with self.subTest(path):
                said = self.errors(self.add(key_source=f"file:{path}"))
                self.assertEqual(said, {"key_source": ["This file is Candor's own, not a provider's key."]})

    def test_an_edited_account_is_used_so_at_once_and_no_data_file_overwrites_it(self) -> None:
        row = Account.objects.get(label="xai")
        registry.targets()

        fields = self.new(key_source="env:ACME_API_KEY", region="eu") | formset("offers")
        self.assertEqual(self.post(page("account", "change", row.pk), **fields).status_code, 302)

        (target,) = registry.targets()
        self.assertEqual((target.account, target.region, target.provider), ("xai", "eu", "xai"))
        self.assertIn("xai", loading.load().left)

    def test_the_list_says_why_an_account_is_not_used(self) -> None:
        shown = self.client.get(page("account", "changelist")).content.decode()

        for reason in (
            "It trains on what it is sent.",
            "It was retired on 2026-07-30.",
            "env:OPENAI_API_KEY is not set",
        ):
            self.assertIn(reason.replace("'", "&#x27;"), shown)

    def test_an_account_page_shows_its_models_prices_and_reasons(self) -> None:
        shown = self.client.get(page("account", "change", Account.objects.get(label="groq").pk)).content.decode()

        self.assertIn("openai/gpt-oss-120b", shown)
        self.assertIn("It has no price.", shown)

    def test_accounts_are_switched_by_the_list_and_each_is_audited(self) -> None:
        chosen = [str(pk) for pk in Account.objects.filter(provider="xai").values_list("pk", flat=True)]

        self.post(page("account", "changelist"), action="disable", _selected_action=chosen)

        self.assertEqual(Account.objects.filter(provider="xai", is_enabled=False).count(), 2)
        self.assertEqual([action for action, _by in self.trail()], ["llm.account_saved"] * 2)

    def test_nothing_is_deleted(self) -> None:
        row = Account.objects.get(label="xai")

        self.assertEqual(self.post(page("account", "delete", row.pk), post="yes").status_code, 403)

    def test_a_stranger_and_a_tenant_s_person_see_and_change_nothing(self) -> None:
        user = User.objects.create_user("rita@alpha.example", None, name="Rita")
        stranger, own = TenantClient("admin"), TenantClient("admin")
        own.force_login(user)
        for client in (stranger, own):
            for model in ("account", "offer", "ownkey"):
                self.assertEqual(client.get(page(model, "changelist")).status_code, 302)
            self.assertEqual(client.post(page("account", "add"), self.new()).status_code, 302)
        self.assertEqual(TenantClient("alpha").get(page("account", "changelist")).status_code, 404)

        self.assertFalse(Account.objects.filter(label="acme").exists())


class CanaryTests(AdminCase):
    def test_a_key_typed_into_any_field_is_in_no_page_no_row_and_no_log(self) -> None:
        shown: list[str] = []
        with self.assertLogs(level=logging.INFO) as logs:
            logging.getLogger("test").info("begin")
            for name in self.new(region="", note="", max_tokens_field="max_tokens", requests_per_minute=""):
                shown.append(self.add(**{name: CANARY}).content.decode())
            for source in (f"env:{CANARY}", f"file:/{CANARY}", f"aws:{CANARY}#key", f"vault:kv/{CANARY}#key"):
                shown.append(self.add(key_source=source).content.decode())
            shown.append(self.add(base_url=f"{self.server.url}/{CANARY}").content.decode())
            offer = page("offer", "change", Offer.objects.get(account__label="xai").pk)
            for fields in ({"context_tokens": CANARY}, {"parameters": '{"api_key": "%s"}' % CANARY}):  # noqa: UP031
                shown.append(self.post(offer, **(OFFER | fields | formset("prices"))).content.decode())
            for name in ("version", "usd_in"):
                row = {"version": "2027", "usd_in": "1", "usd_cached": "1", "usd_out": "1", "batch_factor": "1"}
                shown.append(self.post(offer, **(OFFER | formset("prices", row | {name: CANARY}))).content.decode())
            account = str(Account.objects.get(label="openai").pk)
            fields = {"tenant": "beta", "account": account, "secret": CANARY}
            shown.append(self.post(page("ownkey", "add"), **fields).content.decode())
            for model in ("account", "offer", "ownkey"):
                shown.append(self.client.get(page(model, "changelist")).content.decode())
            shown.append(self.client.get(page("ownkey", "change", OwnKey.objects.get().pk)).content.decode())
            shown.append(self.client.get(page("ownkey", "history", OwnKey.objects.get().pk)).content.decode())
            with override_settings(LLM_ENV={"OPENAI_API_KEY": CANARY}):
                credentials.read("env:OPENAI_API_KEY")
                shown.append(str(registry.targets()) + str(registry.flagged()))

        for number, text in enumerate(shown):
            at = text.find("CANARY")
            self.assertNotIn("CANARY", text[max(at - 120, 0) : at + 40], number)
        self.assertNotIn("CANARY", str(logs.output))
        self.assertEqual(Account.objects.filter(label="acme").count(), 0)
        with tenancy.enter_platform():
            trail = rows.model("audit.AuditEvent").objects.values_list("detail", flat=True)
            self.assertNotIn("CANARY", str(list(trail)))


class ReachingTests(AdminCase):
    def test_any_answer_of_http_is_an_answer_and_one_of_another_kind_is_none(self) -> None:
        self.assertEqual(reaching.refusal(f"{self.server.url}/v1"), "")

    def test_a_server_that_speaks_no_tls_has_no_valid_certificate(self) -> None:
        said = reaching.refusal(self.server.url.replace("http:", "https:"))

        self.assertEqual(said, "Its certificate is not valid.")
