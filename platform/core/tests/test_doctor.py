"""The doctor looks at everything within seconds, says what to do, and tells no secret."""

import json
import re
import socket
import ssl
import threading
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import SimpleTestCase, override_settings
from django_tenants.utils import get_tenant_model

from core import clock, doctor, due, workers
from core.doctor import FAIL, OK, WARN, Finding, Question, certificates, databases, host, services
from core.ids import uuid7
from core.localservices.server import free_port
from core.redis import client, platform_key
from core.testing import TenantTestCase

NAMES = ["database", "keys database", "rights", "clock", "valkey", "worker", "sweeps", "queues", "backlog", "disk"]
NAMES += ["secrets", "mail", "certificates", "migrations", "tenants", "model", "keys", "keys migrations"]

due.register("test.stamp", task="core.tests.stamp", keyword="stamp_id")


class ExamineTests(SimpleTestCase):
    def test_a_probe_that_hangs_costs_its_limit_once_and_says_so(self) -> None:
        never = threading.Event()
        self.addCleanup(never.set)
        hangs = Question(lambda: doctor.ok(str(never.wait(20))))
        started = time.monotonic()

        found = doctor.examine({"a": hangs, "b": hangs, "c": Question(lambda: doctor.ok("here"))}, limit=1.0)

        self.assertLess(time.monotonic() - started, 5)
        self.assertEqual([found[name].level for name in "abc"], [FAIL, FAIL, OK])
        self.assertEqual(found["a"].what, "no answer within 1 s")

    def test_an_error_is_named_by_its_type_since_its_words_may_hold_a_password(self) -> None:
        def broken() -> Finding:
            raise RuntimeError("postgresql://candor:geheim@db")  # pragma: allowlist secret

        found = doctor.examine({"a": Question(broken)})

        self.assertEqual((found["a"].level, found["a"].what), (FAIL, "could not be looked at (RuntimeError)"))

    def test_what_needs_a_service_that_failed_is_not_asked(self) -> None:
        asked = mock.Mock()
        away = Question(lambda: doctor.fail("away", "start it"))

        found = doctor.examine({"late": Question(asked, needs=("db",)), "db": away})

        asked.assert_not_called()
        self.assertEqual(list(found), ["late", "db"])
        self.assertEqual((found["late"].level, found["late"].what), (WARN, "not looked at: db failed"))


class CommandTests(SimpleTestCase):
    def run_with(self, level: str, *arguments: str) -> tuple[int, str]:
        """The exit code and the output for one finding of this level."""
        out = StringIO()
        finding = Finding(level, "what", "todo" if level != OK else "")
        with mock.patch.object(doctor, "examine", return_value={"thing": finding}):
            try:
                call_command("doctor", *arguments, stdout=out)
            except SystemExit as end:
                return int(str(end.code)), out.getvalue()
        return 0, out.getvalue()

    def test_only_a_failure_is_an_exit_code_of_one_and_a_warning_when_strict(self) -> None:
        self.assertEqual(self.run_with(OK, "--strict"), (0, "ok    thing  what\n"))
        self.assertEqual(self.run_with(WARN), (0, "warn  thing  what -> todo\n"))
        self.assertEqual(self.run_with(WARN, "--strict")[0], 1)
        self.assertEqual(self.run_with(FAIL), (1, "FAIL  thing  what -> todo\n"))

    def test_for_machines_it_is_one_json_object(self) -> None:
        code, printed = self.run_with(FAIL, "--json")

        told = json.loads(printed)
        self.assertEqual((code, told["worst"]), (1, "FAIL"))
        self.assertEqual(told["checks"], {"thing": {"level": "FAIL", "what": "what", "todo": "todo"}})


class QuestionTests(TenantTestCase):
    databases = {"default", "owner", "keys", "keys_owner"}

    def test_everything_that_was_promised_is_asked(self) -> None:
        self.assertEqual(sorted(doctor._questions), sorted(NAMES))

    def test_both_roles_reach_both_databases_and_the_serving_one_has_no_ddl(self) -> None:
        found = [databases.main(), databases.keys(), databases.rights(), databases.clock()]

        self.assertEqual([one.level for one in found], [OK] * 4)
        self.assertRegex(found[0].what, r"^PostgreSQL \d+\.\d+ for candor_app and candor_owner$")

    def test_a_serving_role_that_owns_the_tables_fails(self) -> None:
        owner = connections["owner"].settings_dict
        mine = {"USER": owner["USER"], "PASSWORD": owner["PASSWORD"]}
        with mock.patch.dict(connections["default"].settings_dict, mine):
            found = databases.rights()

        self.assertEqual(found.level, FAIL)
        for words in ("is a superuser or more", "owns tables", "creates in schemas", "empties tables or has triggers"):
            self.assertIn(f"{words} (default)", found.what)
        self.assertNotIn("(keys)", found.what)

    def test_a_server_that_is_away_is_said_in_its_own_words_without_the_password(self) -> None:
        with mock.patch.dict(connections["default"].settings_dict, {"PORT": str(free_port()), "PASSWORD": "geheim"}):
            found = databases.main()

        self.assertEqual(found.level, FAIL)
        self.assertRegex(found.what, r"^candor_app: .*(refused|failed)")
        self.assertNotIn("geheim", str(found))

    def test_a_clock_that_is_off_by_minutes_fails(self) -> None:
        with mock.patch("core.doctor.databases.time.time", return_value=time.time() - 300):
            found = databases.clock()

        self.assertEqual(found.level, FAIL)
        self.assertRegex(found.what, r"^the database's clock is (299|300)\.\d s ahead of this machine's clock$")

    def test_valkey_is_told_by_its_version_and_an_absent_one_fails(self) -> None:
        self.assertEqual(services.valkey().level, OK)

        with override_settings(REDIS_URL=f"redis://:geheim@127.0.0.1:{free_port()}/0"):
            found = services.valkey()

        self.assertEqual((found.level, found.what), (FAIL, "away (ConnectionError)"))

    def test_a_valkey_that_evicts_or_is_nearly_full_fails(self) -> None:
        told: dict[str, Any] = {"valkey_version": "9.1.2", "used_memory": 10, "maxmemory": 1000, "aof_enabled": 1}
        changes: dict[str, dict[str, Any]] = {
            "evicts by allkeys-lru": {"maxmemory_policy": "allkeys-lru"},
            "900 MB used of 1000": {"used_memory": 900 * 10**6, "maxmemory": 10**9},
        }
        for words, change in changes.items():
            with self.subTest(words), mock.patch.object(services, "client") as away:
                away.return_value.info.return_value = told | change
                found = services.valkey()
                self.assertEqual(found.level, FAIL)
                self.assertIn(words, found.what)

    def test_the_worker_and_the_sweeps_are_known_by_their_signs(self) -> None:
        client().delete(platform_key("worker", "alive"), platform_key("sweep", "done"))
        self.assertEqual([services.worker().level, services.sweeps().level], [FAIL, FAIL])

        client().set(platform_key("worker", "alive"), 1, ex=30)
        workers.swept()

        self.assertEqual([services.worker().level, services.sweeps().level], [OK, OK])
        self.assertRegex(services.sweeps().what, r"^the last sweep was [0-5] s ago$")

    def test_a_long_queue_is_a_warning_that_names_it(self) -> None:
        queue = services.BROKER_PREFIX + "evaluations"
        self.addCleanup(client().delete, queue)
        client().delete(queue)
        before = int(re.findall(r"\d+", services.queues().what)[0])
        client().rpush(queue, *["x"] * 101)

        found = services.queues()

        self.assertEqual(found.level, WARN)
        self.assertIn("evaluations 101", found.what)
        self.assertEqual(int(re.findall(r"\d+", found.what)[0]), before + 101)

    def test_the_backlog_tells_age_and_what_failed_for_good(self) -> None:
        self.assertEqual(services.backlog(), doctor.ok("0 due, the oldest for 0 s; nothing failed"))

        failed = uuid7()
        due.owe("test.stamp", failed)
        due.fail("test.stamp", failed, "OutOfPaper")
        found = services.backlog()
        self.assertEqual((found.level, found.what), (WARN, "0 due, the oldest for 0 s; failed for good: test.stamp 1"))

        due.owe("test.stamp", uuid7(), after=timedelta(seconds=-400))
        found = services.backlog()
        self.assertEqual(found.level, FAIL)
        self.assertRegex(found.what, r"^1 due, the oldest for 40[0-5] s$")

        get_tenant_model().objects.filter(schema_name="alpha").update(status="suspended")
        self.assertEqual(services.backlog().level, WARN)


class HostTests(SimpleTestCase):
    def test_a_disk_is_judged_by_what_is_free(self) -> None:
        for free, level in ((100e9, OK), (4e9, WARN), (1e8, FAIL)):
            usage = mock.Mock(free=free, total=200e9)
            with self.subTest(free), mock.patch("core.doctor.host.shutil.disk_usage", return_value=usage):
                self.assertEqual(host.disk().level, level)

    def test_a_short_secret_and_a_missing_key_file_fail(self) -> None:
        self.assertEqual(host.secrets().level, OK)
        with override_settings(SECRET_KEY="short"):  # pragma: allowlist secret
            self.assertEqual((host.secrets().level, host.secrets().what), (FAIL, "SECRET_KEY has 5 characters"))
        with override_settings(KEK_FILE=Path("/nowhere/kek.key")):
            self.assertEqual(host.secrets().level, FAIL)

    def test_a_mail_server_that_does_not_answer_fails_and_the_mailbox_needs_none(self) -> None:
        with override_settings(EMAIL_BACKEND="core.mailbox.MailboxBackend"):
            self.assertEqual(host.mail().level, OK)
        with override_settings(
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=free_port()
        ):
            self.assertEqual(host.mail().level, FAIL)

    def test_without_https_there_is_no_certificate_to_look_at(self) -> None:
        with override_settings(PUBLIC_SCHEME="http"):
            self.assertEqual(certificates.public_site(), doctor.ok("none configured: PUBLIC_SCHEME is not https"))

    def test_a_certificate_is_judged_by_its_days(self) -> None:
        for days, level in ((90, OK), (10, WARN), (1, FAIL), (-1, FAIL)):
            with self.subTest(days), _tls(days) as port:
                found = certificates.look("127.0.0.1", port)
                self.assertEqual(found.level, level)
                self.assertIn(f"in {days} days", found.what)

    def test_a_site_that_shows_no_certificate_is_a_warning(self) -> None:
        self.assertEqual(certificates.look("127.0.0.1", free_port()).level, WARN)


class _tls:
    """A TLS server on loopback whose certificate expires in this many days and a bit; `with` gives its port."""

    def __init__(self, days: int) -> None:
        self.expires = clock.now() + timedelta(days=days, minutes=5)

    def __enter__(self) -> int:
        self.listener = socket.create_server(("127.0.0.1", 0))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "site.pem"
            path.write_bytes(self._pem())
            context.load_cert_chain(path)
        threading.Thread(target=self._serve, args=[context], daemon=True).start()
        port: int = self.listener.getsockname()[1]
        return port

    def __exit__(self, *_: Any) -> None:
        self.listener.close()

    def _serve(self, context: ssl.SSLContext) -> None:
        plain, _ = self.listener.accept()
        with context.wrap_socket(plain, server_side=True) as secure:
            secure.recv(1)

    def _pem(self) -> bytes:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, settings.BASE_DOMAIN)])
        begins = self.expires - timedelta(days=400)
        built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        built = built.serial_number(1).not_valid_before(begins).not_valid_after(self.expires)
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        return built.sign(key, hashes.SHA256()).public_bytes(pem) + private
