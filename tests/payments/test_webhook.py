"""Only what Stripe signed is stored, once, and nothing of anything else."""

import hmac
import json
import time
from hashlib import sha256
from unittest import mock

import stripe
from django.test import override_settings

from billing.models import StripeEvent
from billing.services.stripe import inbox
from core.models import Due
from core.testing import OTHER, TenantClient
from tests.payments.case import SECRET, ShopCase, event, invoice, subscription


def signed(body: str, *, at: float | None = None, secret: str = SECRET, scheme: str = "v1") -> str:
    when = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{when}.{body}".encode(), sha256).hexdigest()
    return f"t={when},{scheme}={digest}"


class SignatureTests(ShopCase):
    def setUp(self) -> None:
        super().setUp()
        self.body = json.dumps(event("customer.subscription.updated", subscription()))

    def test_what_stripe_signed_is_stored_once_and_owed_to_its_tenant(self) -> None:
        self.assertEqual([self.post(self.body, signed(self.body)) for _ in range(3)], [200, 200, 200])

        row = StripeEvent.objects.get()
        self.assertEqual((row.status, row.subscription, row.customer), ("owed", self.held, "cus_alpha"))
        owed = Due.objects.get(kind="stripe_event")
        self.assertEqual((owed.tenant, owed.object_id), ("alpha", row.pk))

    def attacks(self) -> dict[str, tuple[str | bytes, str | None]]:
        """By name: a body, and what claims to be its signature."""
        body, now = self.body, int(time.time())
        good = signed(body)
        digest = good.partition("v1=")[2]
        of_body = hmac.new(SECRET.encode(), body.encode(), sha256).hexdigest()
        return {
            "no signature": (body, None),
            "an empty one": (body, ""),
            "a word": (body, "signature"),
            "only a time": (body, f"t={now}"),
            "only a digest": (body, f"v1={digest}"),
            "no digest": (body, f"t={now},v1="),
            "another digest": (body, f"t={now},v1={'0' * 64}"),
            "a digest cut short": (body, good[:-1]),
            "a digest with more": (body, good + "0"),
            "an upper-case digest": (body, f"t={now},v1={digest.upper()}"),
            "another secret": (body, signed(body, secret="whsec_other")),  # pragma: allowlist secret
            "an empty secret": (body, signed(body, secret="")),
            "an older scheme": (body, signed(body, scheme="v0")),
            "a newer scheme": (body, signed(body, scheme="v2")),
            "a time that was not signed": (body, f"t={now - 1},v1={digest}"),
            "a second time": (body, f"t={now - 1},{good}"),
            "six minutes old": (body, signed(body, at=now - 360)),
            "a year old": (body, signed(body, at=now - 31536000)),
            "six minutes early": (body, signed(body, at=now + 360)),
            "a time that is none": (body, f"t=now,v1={digest}"),
            "a negative time": (body, f"t=-1,v1={digest}"),
            "a time of ten thousand digits": (body, f"t={'9' * 1900},v1={digest}"),
            "another body": (body.replace("sub_1", "sub_2"), good),
            "one more space": (body + " ", good),
            "no body": ("", good),
            "bytes that are no text": (b"\xff\xfe", good),
            "a body of another event": (json.dumps(event("invoice.paid", invoice())), good),
            "letters that are none of ASCII": (body, f"t={now},v1=\xe9{digest}"),
            "a line within": (body, f"t={now},v1={digest}\x0b"),
            "a thousand digests": (body, f"t={now}" + ",v1=aa" * 1000),
            "a digest of the body alone": (body, f"t={now},v1={of_body}"),
        }

    def test_what_stripe_did_not_sign_is_refused_and_nothing_is_stored(self) -> None:
        attacks = self.attacks()
        self.assertGreaterEqual(len(attacks), 20)

        for name, (sent, signature) in attacks.items():
            with self.subTest(name):
                self.assertEqual(self.post(sent, signature), 400)
        self.assertEqual((StripeEvent.objects.count(), Due.objects.filter(kind="stripe_event").count()), (0, 0))

    def test_a_rolled_secret_signs_beside_the_old_one(self) -> None:
        other = signed(self.body, secret="whsec_old").partition(",")[2]

        self.assertEqual(self.post(self.body, f"{signed(self.body)},{other}"), 200)

    def test_the_edge_of_the_tolerance(self) -> None:
        for seconds, status in ((290, 200), (310, 400), (-290, 200), (-310, 400)):
            body = json.dumps(event("customer.subscription.updated", subscription()))
            with self.subTest(seconds):
                self.assertEqual(self.post(body, signed(body, at=time.time() - seconds)), status)

    def test_what_stripe_signed_and_is_no_event_is_refused(self) -> None:
        good = event("invoice.paid", invoice())
        for odd in (
            "[]",
            "null",
            "1",
            '"evt_1"',
            "{}",
            "not json",
            '{"a":' + "[" * 50_000 + "]" * 50_000 + "}",
            json.dumps(good | {"z": float("nan")}),
            json.dumps(good | {"z": "\ud800"}),
            json.dumps(good | {"id": "evt_../1"}),
            json.dumps(good | {"id": None}),
            json.dumps(good | {"data": {}}),
            json.dumps(good | {"data": {"object": []}}),
            json.dumps(good | {"created": "soon"}),
            json.dumps(good | {"created": 10**20}),
            json.dumps(good | {"type": "a\x00b"}),
        ):
            with self.subTest(odd[:40]):
                self.assertEqual(self.post(odd, signed(odd)), 400)
        self.assertEqual(StripeEvent.objects.count(), 0)

    def test_only_a_post_of_a_sensible_size_on_the_platform_s_host_is_taken(self) -> None:
        client = self.client_on_public_host()
        large = "x" * (256 * 1024 + 1)

        self.assertEqual(client.get("/stripe/webhook").status_code, 405)
        self.assertEqual(client.put("/stripe/webhook").status_code, 405)
        self.assertEqual(self.post(large, signed(large)), 413)
        for host, status in (("alpha", 404), (OTHER, 404), ("admin", 302), ("api", 404)):
            answer = TenantClient(host).post(
                "/stripe/webhook",
                data=self.body,
                content_type="application/json",
                HTTP_STRIPE_SIGNATURE=signed(self.body),
            )
            self.assertEqual(answer.status_code, status, host)
        self.assertEqual(StripeEvent.objects.count(), 0)

    def test_a_browser_s_cookie_and_token_are_not_asked_for(self) -> None:
        from django.test import Client

        answer = Client(enforce_csrf_checks=True, HTTP_HOST="candor.localhost").post(
            "/stripe/webhook", data=self.body, content_type="application/json", HTTP_STRIPE_SIGNATURE=signed(self.body)
        )

        self.assertEqual(answer.status_code, 200)

    def test_without_a_key_or_a_secret_there_is_no_such_address(self) -> None:
        for missing in ({"STRIPE_SECRET_KEY": ""}, {"STRIPE_WEBHOOK_SECRET": ""}):
            with self.subTest(missing), override_settings(**missing):
                self.assertEqual(self.post(self.body, signed(self.body)), 404)
                self.assertEqual(self.post(self.body, signed(self.body, secret="")), 404)
        self.assertEqual(StripeEvent.objects.count(), 0)

    def test_an_event_that_could_not_be_stored_is_not_acknowledged(self) -> None:
        client = self.client_on_public_host()
        client.raise_request_exception = False

        with mock.patch.object(inbox, "_match", side_effect=RuntimeError):
            answer = client.post(
                "/stripe/webhook",
                data=self.body,
                content_type="application/json",
                HTTP_STRIPE_SIGNATURE=signed(self.body),
            )

        self.assertEqual((answer.status_code, StripeEvent.objects.count()), (500, 0))


class MatchingTests(ShopCase):
    def test_an_event_of_nobody_here_waits_and_is_matched_when_it_is_followed_again(self) -> None:
        stranger = event("invoice.paid", invoice(customer="cus_later", subscription=None))
        self.shop.put(invoice(customer="cus_later"))

        self.send(stranger)

        row = StripeEvent.objects.get()
        self.assertEqual((row.status, row.subscription), ("unmatched", None))
        self.held.stripe_customer = "cus_later"
        self.held.save()
        self.assertEqual(inbox.replay(event_id=row.pk).status, "owed")

    def test_what_candor_never_follows_is_refused_with_its_reason_and_never_asked_about(self) -> None:
        live = event("invoice.paid", invoice(), livemode=True)
        connected = event("invoice.paid", invoice(), account="acct_1")
        charge = event("charge.refunded", {"id": "ch_1", "object": "charge", "customer": "cus_alpha"})

        for told, reason in ((live, "livemode"), (connected, "account"), (charge, "object")):
            self.assertEqual(self.send(told), 200)
            row = StripeEvent.objects.get(stripe_id=told["id"])
            self.assertEqual((row.status, row.error), ("refused", reason))

        self.assertEqual((self.shop.asked, Due.objects.filter(kind="stripe_event").count()), ([], 0))

    def test_a_live_key_refuses_test_events(self) -> None:
        with override_settings(STRIPE_SECRET_KEY="sk_live_key"):  # pragma: allowlist secret
            self.send(event("invoice.paid", invoice()))

        self.assertEqual(StripeEvent.objects.get().error, "livemode")

    def test_an_event_of_a_closed_tenant_waits(self) -> None:
        self.held.tenant.status = "closed"
        self.held.tenant.save()

        self.send(event("invoice.paid", invoice()))

        self.assertEqual(StripeEvent.objects.get().status, "unmatched")

    def test_the_library_s_own_signatures_are_taken(self) -> None:
        body = json.dumps(event("invoice.paid", invoice()))

        self.assertEqual(self.post(body, stripe.WebhookSignature.generate_signature_header(body, SECRET)), 200)
