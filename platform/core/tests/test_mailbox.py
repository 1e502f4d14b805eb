"""The development mailbox: read on this machine alone, and nowhere but in development."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import SimpleTestCase, override_settings

from core import mailbox
from core.mailbox import NoSuchMail
from core.testing import PlatformTestCase

URLS_IN_PRODUCTION = """
import django
django.setup()
from django.urls import get_resolver
names = get_resolver("config.urls_public").reverse_dict
print("home" in names, "mailbox" in names, "mailbox-message" in names)
"""


class Folder(PlatformTestCase):
    """A mailbox of the test's own."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.enterContext(TemporaryDirectory())) / "mailbox"
        self.enterContext(override_settings(MAILBOX_DIR=self.folder))
        self.client.defaults["HTTP_HOST"] = settings.BASE_DOMAIN

    def send(self, subject: str = "Your interview", to: str = "ada@example.org") -> None:
        message = EmailMultiAlternatives(subject, "Go to http://acme.candor.localhost/i/x now.", None, [to])
        message.attach_alternative("<p>Go on</p>", "text/html")
        sent = get_connection("core.mailbox.MailboxBackend").send_messages([message])
        assert sent == 1


class MailTests(Folder):
    def test_a_mail_becomes_a_file_and_is_read_from_it(self) -> None:
        self.send("Grüße an Ada")

        [mail] = mailbox.listing()
        self.assertEqual((mail.to, mail.subject), ("ada@example.org", "Grüße an Ada"))
        self.assertEqual(mail.body_text.strip(), "Go to http://acme.candor.localhost/i/x now.")
        self.assertEqual(mail.links, ("http://acme.candor.localhost/i/x",))
        self.assertIsNotNone(mail.sent_at)
        self.assertEqual([path.name for path in self.folder.iterdir()], [mail.name])
        self.assertEqual(self.folder.stat().st_mode & 0o777, 0o700)

    def test_the_newest_comes_first(self) -> None:
        for subject in ("one", "two", "three"):
            self.send(subject)

        self.assertEqual([mail.subject for mail in mailbox.listing()], ["three", "two", "one"])

    def test_a_mailbox_that_got_no_mail_is_empty(self) -> None:
        self.assertEqual(mailbox.listing(), [])


class PageTests(Folder):
    def setUp(self) -> None:
        super().setUp()
        self.send()
        self.name = mailbox.listing()[0].name

    def get(self, path: str, **meta: Any) -> int:
        status: int = self.client.get(path, **meta).status_code
        return status

    def test_this_machine_reads_the_list_and_a_message(self) -> None:
        for address in ("127.0.0.1", "127.8.8.8", "::1"):
            self.assertContains(self.client.get("/mailbox/", REMOTE_ADDR=address), "Your interview")
            self.assertContains(self.client.get(f"/mailbox/{self.name}/", REMOTE_ADDR=address), "ada@example.org")

    def test_any_other_machine_finds_nothing(self) -> None:
        for address in ("192.0.2.1", "10.0.0.1", "0.0.0.0", "2001:db8::1", "", "localhost"):
            with self.subTest(address):
                self.assertEqual(self.get("/mailbox/", REMOTE_ADDR=address), 404)
                self.assertEqual(self.get(f"/mailbox/{self.name}/", REMOTE_ADDR=address), 404)

    def test_nothing_comes_through_a_proxy_on_this_machine(self) -> None:
        for forwarded in ("192.0.2.1", "127.0.0.1"):
            self.assertEqual(self.get("/mailbox/", HTTP_X_FORWARDED_FOR=forwarded), 404)
            self.assertEqual(self.get(f"/mailbox/{self.name}/", HTTP_X_FORWARDED_FOR=forwarded), 404)

    def test_only_the_public_site_has_it(self) -> None:
        for host in ("alpha.", "admin.", "api."):
            self.assertIn(self.get("/mailbox/", HTTP_HOST=host + settings.BASE_DOMAIN), (302, 404))

    def test_a_name_that_leads_out_of_the_folder_is_a_404(self) -> None:
        (self.folder.parent / "secret.eml").write_text("Subject: secret\n\nsecret")
        (self.folder / "note.txt").write_text("secret")
        (self.folder / "folder.eml").mkdir()

        for name in (
            "../secret.eml",
            "..%2Fsecret.eml",
            "%2e%2e%2fsecret.eml",
            "..%5csecret.eml",
            f"{self.folder.parent}/secret.eml".replace("/", "%2F"),
            "..",
            ".",
            "note.txt",
            "folder.eml",
            "nothing.eml",
            ".eml",
            "x" * 300 + ".eml",
        ):
            with self.subTest(name):
                self.assertEqual(self.get(f"/mailbox/{name}/"), 404)

    def test_the_reader_itself_refuses_such_names(self) -> None:
        (self.folder.parent / "secret.eml").write_text("Subject: secret\n\nsecret")

        for name in ("../secret.eml", str(self.folder.parent / "secret.eml"), "..", "", "x\0.eml"):
            with self.subTest(name), self.assertRaises(NoSuchMail):
                mailbox.read(name)


class ProductionTests(SimpleTestCase):
    def test_in_production_the_public_site_has_no_mailbox(self) -> None:
        env = os.environ | {
            "CANDOR_ENV": "production",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": os.pathsep.join((str(settings.ROOT), f"{settings.ROOT}/platform")),
            "SECRET_KEY": "k" * 60,
            "KEK_FILE": str(settings.KEK_FILE),
            "BASE_DOMAIN": "candor.example",
            "EMAIL_URL": "smtp://127.0.0.1:25",
            "FORWARDED_ALLOW_IPS": "127.0.0.1",
            "DEFAULT_FROM_EMAIL": "interviews@candor.example",
        }
        command = [sys.executable, "-c", URLS_IN_PRODUCTION]
        done = subprocess.run(
            command, cwd=settings.ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
        )

        self.assertEqual((done.stdout.strip(), done.returncode), ("True False False", 0), done.stderr)
