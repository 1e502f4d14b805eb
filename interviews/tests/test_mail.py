"""The outbox: mail goes once, waits while the mail server is away, and keeps no body behind."""

from django.conf import settings
from django.core import mail as django_mail
from django.test import override_settings

from core import due, outbox
from core.claims import AlreadyClaimed
from core.localservices.server import free_port
from core.models import Due
from core.testing import OTHER, TenantTestCase
from interviews import tasks
from interviews.models import Mail
from interviews.services import invitations, mail
from interviews.tests import make


class SendTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.invited = invitations.invite(
            job_id=make.job().pk, name="Ada Lovelace", email="ada@example.org", days=7, by=make.staff()
        )
        self.mail = Mail.objects.get()

    def stored(self) -> Mail:
        return Mail.objects.get(pk=self.mail.pk)

    def send_without_a_server(self) -> None:
        """The address is right, and nobody listens there."""
        backend = "django.core.mail.backends.smtp.EmailBackend"
        with override_settings(EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=free_port()):
            mail.send(mail_id=self.mail.pk)

    def test_it_goes_to_the_candidate_with_a_person_to_reply_to(self) -> None:
        mail.send(mail_id=self.mail.pk)

        (sent,) = django_mail.outbox
        self.assertEqual(
            (sent.to, sent.reply_to, sent.from_email),
            (["ada@example.org"], ["hr@alpha.example"], settings.DEFAULT_FROM_EMAIL),
        )
        self.assertIn("Data Engineer", sent.subject)
        self.assertIn(self.invited.url, str(sent.body))
        self.assertIn(self.invited.url, sent.message().as_string())
        self.assertNotIn("\n", sent.subject)

    def test_afterwards_no_body_and_no_link_is_kept(self) -> None:
        mail.send(mail_id=self.mail.pk)

        row = self.stored()
        self.assertEqual((row.status, row.body_text, row.body_html), ("sent", None, None))
        self.assertIsNotNone(row.sent_at)
        self.assertEqual((make.owed("mail"), make.actions("mail.")), ([], ["mail.sent"]))

    def test_it_goes_once(self) -> None:
        mail.send(mail_id=self.mail.pk)

        with self.assertRaises(AlreadyClaimed):
            mail.send(mail_id=self.mail.pk)
        tasks.send_mail(tenant="alpha", mail_id=str(self.mail.pk))

        self.assertEqual(len(django_mail.outbox), 1)

    def test_a_message_for_another_tenant_sends_nothing(self) -> None:
        tasks.send_mail(tenant=OTHER, mail_id=str(self.mail.pk))

        self.assertEqual((django_mail.outbox, self.stored().status), ([], "owed"))

    def test_while_the_server_is_away_it_stays_owed_with_its_words(self) -> None:
        self.send_without_a_server()

        self.assertEqual((self.stored().status, self.stored().error), ("owed", "ConnectionRefusedError"))
        self.assertIn(self.invited.url, self.stored().body_text or "")
        self.assertEqual(make.owed("mail"), [self.mail.pk])

        mail.send(mail_id=self.mail.pk)
        self.assertEqual((len(django_mail.outbox), self.stored().status, self.stored().error), (1, "sent", ""))

    def test_after_many_tries_it_fails_visibly_and_can_be_retried(self) -> None:
        Mail.objects.update(attempts=outbox.GIVE_UP_AFTER - 1)

        self.send_without_a_server()

        self.assertEqual(self.stored().status, "failed")
        self.assertIsNotNone(Due.objects.get(kind="mail").failed_at)
        due.retry(Due.objects.get(kind="mail"))
        mail.send(mail_id=self.mail.pk)
        self.assertEqual((self.stored().status, len(django_mail.outbox)), ("sent", 1))

    def test_a_name_that_is_markup_is_text_in_the_mail(self) -> None:
        job = make.job("welder", title="Welder <b>&</b> Fitter")
        invitations.invite(job_id=job.pk, name="<i>Eve</i>", email="eve@example.org", days=7, by=make.staff())
        row = Mail.objects.exclude(pk=self.mail.pk).get()

        self.assertIn("Hello <i>Eve</i>,", row.body_text or "")
        self.assertIn("&lt;i&gt;Eve&lt;/i&gt;", row.body_html or "")
        self.assertNotIn("<i>Eve", row.body_html or "")
        self.assertIn("Welder <b>&</b> Fitter", row.subject)
