"""The doctor and the backups know whether the keys open."""

import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.test import override_settings

from core.backups import BackupError
from core.doctor import FAIL, OK, WARN
from core.testing import PlatformTestCase
from keys import backups, examination, kek
from keys.models import TenantKey


class KeysTests(PlatformTestCase):
    databases = {"default", "keys", "keys_owner"}

    def setUp(self) -> None:
        super().setUp()
        self.file = Path(self.enterContext(TemporaryDirectory())) / "kek.key"
        self.enterContext(override_settings(KEK_FILE=self.file))
        self.addCleanup(kek._kek.cache_clear)
        self.use(Path(settings.VAR / "kek.key").read_text())

    def use(self, text: str, mode: int = 0o600) -> None:
        self.file.write_text(text)
        self.file.chmod(mode)
        kek._kek.cache_clear()

    def test_two_tenant_keys_open_and_nothing_is_left_to_migrate(self) -> None:
        self.assertEqual(examination.keys().level, OK)
        self.assertEqual(examination.keys().what, f"2 tenant keys open with {kek.kek_id()}")
        self.assertEqual(examination.migrations().level, OK)

    def test_a_key_file_that_others_can_read_is_a_warning(self) -> None:
        self.use(self.file.read_text(), mode=0o644)

        self.assertEqual(examination.keys().level, WARN)
        self.assertIn("has mode 0644", examination.keys().what)

    def test_another_key_and_no_key_fail(self) -> None:
        before = kek.kek_id()
        self.use(secrets.token_hex(32))
        found = examination.keys()
        self.assertEqual(found.level, FAIL)
        self.assertEqual(found.what, f"2 of 2 tenant keys do not open (wrapped by {before})")

        self.file.unlink()
        kek._kek.cache_clear()
        self.assertEqual(examination.keys().level, FAIL)

    def test_a_tenant_without_a_key_fails_by_name(self) -> None:
        TenantKey.objects.all().delete()

        self.assertEqual((examination.keys().level, examination.keys().what), (FAIL, "no key for alpha, beta"))

    def test_a_restore_wants_the_key_of_its_backup(self) -> None:
        noted = backups.kek_ids()
        backups.require_kek(noted)
        self.assertEqual(backups.require_readable(), "2 tenant keys open")

        self.use(secrets.token_hex(32))

        with self.assertRaises(BackupError):
            backups.require_kek(noted)
        with self.assertRaises(backups.Unreadable):
            backups.require_readable()
