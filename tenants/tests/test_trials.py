"""One trial a mailbox, however its address is written, and also after the tenant is gone."""

from django.core import mail

from core.testing import PlatformTestCase
from tenants.models import SignUp, Tenant, TriedMailbox
from tenants.services import signup, trials
from tenants.services.signup import Wish
from tenants.tests.signing_up import Public, mailed

WRITTEN = (
    ("olga@gamma.example", "olga@gamma.example"),
    (" Olga@Gamma.Example ", "olga@gamma.example"),
    ("olga+trial2@gamma.example", "olga@gamma.example"),
    ("olga+a+b@gamma.example", "olga@gamma.example"),
    ("o.l.g.a+x@gmail.com", "olga@gmail.com"),
    ("olga@googlemail.com", "olga@gmail.com"),
    ("o.lga@gamma.example", "o.lga@gamma.example"),
    ("+only@gamma.example", "+only@gamma.example"),
    ('"ol\\ga"@gamma.example', "olga@gamma.example"),
    ('"olga+x"@gmail.com', "olga@gmail.com"),
    ("olga@gämma.example", "olga@xn--gmma-loa.example"),
    ("olga@xn--gmma-loa.example", "olga@xn--gmma-loa.example"),
)


def wish(number: int, email: str) -> Wish:
    return Wish("Gamma GmbH", f"gamma-{number}", "Olga", email, "starter")


class TrialsTests(Public):
    def test_a_second_trial_of_the_mailbox_is_refused_and_the_mail_says_what_to_do(self) -> None:
        _, token = mailed(wish(1, "olga@gamma.example"))
        signup.confirm(token=token)

        _, token = mailed(wish(2, "olga+again@gamma.example"))

        self.assertEqual(token, "")
        said = mail.outbox[-1].body
        self.assertIn("This mailbox has already tried Candor, and each mailbox gets one trial.", said)
        self.assertIn("write to support@", said)
        self.assertNotEqual(mailed(wish(3, "otto@gamma.example"))[1], "")

    def test_a_link_that_was_sent_before_makes_no_second_one(self) -> None:
        _, first = mailed(wish(1, "o.lga@gmail.com"))
        _, second = mailed(wish(2, "olga+two@googlemail.com"))
        signup.confirm(token=first)
        before = self.stored()

        response = self.client.post(f"/start/confirm/{second}/")

        self.assertContains(response, "Each mailbox gets one trial", status_code=409)
        self.assertContains(response, 'href="mailto:support@', status_code=409)
        self.assertEqual(self.stored(), before)
        self.assertEqual(SignUp.objects.get(subdomain="gamma-2").status, "open")

    def test_it_outlives_the_tenant_and_names_nobody(self) -> None:
        _, token = mailed(wish(1, "olga@gamma.example"))
        row = signup.confirm(token=token)
        assert row.tenant is not None
        SignUp.objects.all().delete()
        Tenant.objects.filter(pk=row.tenant.pk).delete()

        self.assertEqual(mailed(wish(2, "OLGA+new@gamma.example"))[1], "")

        (kept,) = TriedMailbox.objects.values()
        self.assertEqual(set(kept), {"mailbox_hash", "tried_at"})
        self.assertEqual(len(kept["mailbox_hash"]), 64)
        self.assertNotIn("olga", str(kept))

    def test_the_same_click_again_finds_the_same_tenant(self) -> None:
        _, token = mailed(wish(1, "olga@gamma.example"))

        first, again = signup.confirm(token=token), signup.confirm(token=token)

        self.assertEqual((first.tenant, TriedMailbox.objects.count()), (again.tenant, 1))

    def test_a_sign_up_of_before_the_hashes_counts_while_its_tenant_is_there(self) -> None:
        _, token = mailed(wish(1, "olga@gamma.example"))
        signup.confirm(token=token)
        TriedMailbox.objects.all().delete()

        with self.assertRaises(trials.TriedBefore):
            trials.begin("Olga@gamma.example")

    def test_a_set_up_that_failed_was_no_trial(self) -> None:
        _, token = mailed(wish(1, "olga@gamma.example"))
        row = signup.confirm(token=token)
        assert row.tenant is not None

        trials.forget(row.tenant)

        self.assertEqual(TriedMailbox.objects.count(), 0)


class MailboxTests(PlatformTestCase):
    def test_an_address_leads_to_one_mailbox(self) -> None:
        for given, mailbox in WRITTEN:
            with self.subTest(given):
                self.assertEqual(trials.mailbox_of(given), mailbox)

    def test_the_hash_is_keyed(self) -> None:
        with self.settings(SECRET_KEY="another-secret-of-an-installation"):  # pragma: allowlist secret
            other = trials._hash("olga@gamma.example")

        self.assertNotEqual(trials._hash("olga@gamma.example"), other)
