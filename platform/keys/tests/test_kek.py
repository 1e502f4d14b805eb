"""The key-encryption key: a file of 64 hexadecimal digits, without which nothing opens."""

import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.test import override_settings

from core import tenancy
from core.backups import BackupError
from core.testing import TenantTestCase
from keys import backups, kek, ring
from keys.box import CannotOpen
from keys.kek import BadKek


class KekTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.file = Path(self.enterContext(TemporaryDirectory())) / "kek.key"
        self.enterContext(override_settings(KEK_FILE=self.file))
        self.addCleanup(ring.forget)
        self.addCleanup(kek._kek.cache_clear)
        ring.forget()
        kek._kek.cache_clear()

    def test_what_it_wrapped_it_unwraps_in_the_same_place_alone(self) -> None:
        self.file.write_text(secrets.token_hex(32) + "\n")
        wrapped = kek.wrap(b"k" * 32, b"here")

        self.assertEqual(kek.unwrap(wrapped, b"here"), b"k" * 32)
        with self.assertRaises(CannotOpen):
            kek.unwrap(wrapped, b"there")
        self.assertNotIn(b"kkkk", wrapped)

    def test_with_another_one_no_tenant_s_key_opens(self) -> None:
        self.file.write_text(secrets.token_hex(32))

        with self.assertRaises(CannotOpen):
            ring.tenant_key(tenancy.tenant_id())

    def test_each_has_a_mark_that_says_nothing_of_the_key(self) -> None:
        marks = set()
        for _ in range(2):
            key = secrets.token_hex(32)
            self.file.write_text(key)
            kek._kek.cache_clear()
            marks.add(kek.kek_id())
            self.assertNotIn(kek.kek_id(), key)

        self.assertEqual(len(marks), 2)

    def test_a_missing_or_malformed_file_is_said_without_its_content(self) -> None:
        bad = (None, "", "xyz", "ab" * 31, "ab" * 33, "zz" * 32, "-----BEGIN KEY-----", "\u00fc" * 64)
        for content in bad:
            with self.subTest(content):
                self.file.unlink(missing_ok=True)
                if content is not None:
                    self.file.write_text(content)

                with self.assertRaises(BadKek) as caught:
                    kek.wrap(b"k" * 32, b"here")

                self.assertIn("kek.key", str(caught.exception))
                self.assertIn("64 hexadecimal digits", str(caught.exception))
                if content:
                    self.assertNotIn(content, str(caught.exception))

    def test_a_folder_in_its_place_is_a_bad_one_too(self) -> None:
        self.file.mkdir()

        with self.assertRaises(BadKek):
            kek.kek_id()

    def test_without_a_readable_one_no_backup_is_restored(self) -> None:
        for content in ("", "half a k", "abcd"):
            if content:
                self.file.write_text(content)
            kek._kek.cache_clear()

            with self.subTest(content), self.assertRaisesRegex(BackupError, "kek.key .* opens no backup: put the file"):
                backups.require_kek([])


class FirstRunTests(TenantTestCase):
    def test_the_file_that_a_first_run_wrote_is_readable_by_its_owner_alone(self) -> None:
        self.assertEqual(Path(settings.KEK_FILE).stat().st_mode & 0o777, 0o600)
        self.assertRegex(Path(settings.KEK_FILE).read_text(), r"\A[0-9a-f]{64}\n\Z")
