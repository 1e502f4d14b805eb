"""An owner's archive: all that the tenant holds, readable, once, in one session, without secrets."""

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.test import override_settings

from accounts.models import User
from accounts.roles import Role
from accounts.tests.people import person, signed_in
from core import clock, due, tenancy
from core.models import Due
from core.testing import OTHER, CommittingTestCase, TenantClient, TenantTestCase, at_once
from keys import ring
from tenants.models import Tenant, TenantExport
from tenants.services import exporting

URL = "/settings/close/export/"
Candidate = apps.get_model("interviews.Candidate")


def candidate(name: str = "Ada Lovelace") -> Any:
    row = Candidate(name=name, email="ada@example.org", email_index=name)
    ring.create_subject_key(tenancy.tenant_id(), row.pk)
    row.save()
    return row


class ExportCase(TenantTestCase):
    databases = {"default", "keys", "owner"}

    def setUp(self) -> None:
        super().setUp()
        cache.clear()
        # Both workers of a test run have this tenant, and would find each other's files.
        self.enterContext(override_settings(VAR=Path(self.enterContext(TemporaryDirectory()))))
        self.owner = signed_in(person("olga@alpha.example", role=Role.OWNER))
        candidate()
        with tenancy.enter(OTHER):
            candidate("Bea of beta")

    def made(self) -> TenantExport:
        self.assertEqual(self.owner.post(URL).status_code, 303)
        row = TenantExport.objects.latest("created_at")
        exporting.build(export_id=row.pk)
        row.refresh_from_db()
        return row

    def files(self) -> list[Path]:
        return [path for path in (Path(settings.VAR) / "exports").rglob("*") if path.is_file()]


class ArchiveTests(ExportCase):
    def test_it_holds_every_row_opened_and_no_secret(self) -> None:
        row = self.made()

        response: Any = self.owner.post(f"{URL}{row.pk}/")

        self.assertEqual(response["Content-Disposition"], 'attachment; filename="alpha.zip"')
        archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
        self.assertIsNone(archive.testzip())
        people = [json.loads(line) for line in archive.read("accounts_user.jsonl").splitlines()]
        found = [json.loads(line) for line in archive.read("interviews_candidate.jsonl").splitlines()]
        self.assertEqual([one["email"] for one in people], ["olga@alpha.example"])
        self.assertEqual([(one["name"], one["email"]) for one in found], [("Ada Lovelace", "ada@example.org")])
        everything = b"".join(archive.read(name) for name in archive.namelist())
        for secret in (User.objects.get().password, "Bea of beta", "password", "token_hash", "email_index"):
            self.assertNotIn(secret.encode(), everything)
        self.assertNotIn("staff_session.jsonl", archive.namelist())
        self.assertIn("audit_event.jsonl", archive.namelist())
        self.assertEqual(row.rows, sum(len(archive.read(name).splitlines()) for name in archive.namelist()))

    def test_long_tables_are_read_in_pieces(self) -> None:
        for number in range(4):
            candidate(f"Number {number}")
        with mock.patch.object(exporting, "CHUNK", 2):
            lines = list(exporting._lines(Candidate))

        names = [json.loads(line)["name"] for line in lines]
        self.assertEqual(sorted(names), ["Ada Lovelace", *(f"Number {number}" for number in range(4))])

    def test_whoever_was_erased_has_no_words_in_it(self) -> None:
        from keys.models import SubjectKey

        SubjectKey.objects.all().delete()
        ring.forget()

        (line,) = exporting._lines(Candidate)

        self.assertIsNone(json.loads(line)["name"])

    def test_on_the_disk_it_is_sealed(self) -> None:
        self.made()

        (file,) = self.files()
        self.assertNotIn(b"PK\x03\x04", file.read_bytes())
        self.assertNotIn(b"interviews_candidate", file.read_bytes())

    def test_it_is_taken_once(self) -> None:
        row = self.made()
        first: Any = self.owner.post(f"{URL}{row.pk}/")
        b"".join(first.streaming_content)

        self.assertEqual(self.owner.post(f"{URL}{row.pk}/").status_code, 404)
        self.assertEqual(self.files(), [])

    def test_another_session_person_or_tenant_takes_nothing(self) -> None:
        row = self.made()
        again = signed_in(User.objects.get(email="olga@alpha.example"))
        second = signed_in(person("otto@alpha.example", role=Role.OWNER))
        admin = signed_in(person("adam@alpha.example", role=Role.ADMIN))
        with tenancy.enter(OTHER):
            foreign = signed_in(person("otto@beta.example", role=Role.OWNER), OTHER)
        for client, status in ((again, 404), (second, 404), (admin, 403), (foreign, 404), (TenantClient(), 302)):
            self.assertEqual(client.post(f"{URL}{row.pk}/").status_code, status)

        row.refresh_from_db()
        self.assertEqual((row.status, len(self.files())), ("ready", 1))

    def test_after_a_day_it_is_gone(self) -> None:
        row = self.made()
        TenantExport.objects.update(expires_at=clock.now() - timedelta(seconds=1))
        self.assertEqual(self.owner.post(f"{URL}{row.pk}/").status_code, 404)

        exporting.expire(export_id=row.pk)

        row.refresh_from_db()
        self.assertEqual((row.status, self.files(), Due.objects.count()), ("expired", [], 0))

    def test_a_new_one_takes_the_place_of_the_last(self) -> None:
        first = self.made()
        second = self.made()

        first.refresh_from_db()
        self.assertEqual((first.status, second.status, len(self.files())), ("expired", "ready", 1))

    def test_what_fails_three_times_is_told(self) -> None:
        self.owner.post(URL)
        row = TenantExport.objects.get()
        with mock.patch.object(exporting, "_write", side_effect=OSError("disk full")):
            for _ in range(3):
                exporting.build(export_id=row.pk)

        row.refresh_from_db()
        self.assertEqual((row.status, self.files()), ("failed", []))
        self.assertContains(self.owner.get("/settings/close/"), "could not be made")


class LeftBehindTests(ExportCase):
    """An archive of everything never stays on the disk without a row that removes it."""

    def asked(self) -> TenantExport:
        return exporting.ask(by=User.objects.get(email="olga@alpha.example"), session_key="s" * 32)

    def owed(self, row: TenantExport) -> list[str]:
        return sorted(Due.objects.filter(object_id=row.pk).values_list("kind", flat=True))

    def test_one_that_a_newer_one_overtakes_while_it_is_written_leaves_no_file(self) -> None:
        first, newer = self.asked(), []
        write = exporting._write

        def overtaken(*args: Any) -> Any:
            written = write(*args)
            newer.append(self.asked())
            return written

        with mock.patch.object(exporting, "_write", overtaken):
            exporting.build(export_id=first.pk)

        first.refresh_from_db()
        self.assertEqual((first.status, self.files()), ("expired", []))
        self.assertEqual(self.owed(first), [exporting.DUE_EXPIRY])
        self.assertEqual(self.owed(newer[0]), [exporting.DUE, exporting.DUE_EXPIRY])

    def test_one_that_fails_for_good_after_it_was_overtaken_stays_overtaken(self) -> None:
        first = self.asked()
        TenantExport.objects.update(tries=exporting.MOST_TRIES - 1)

        def overtaken(*args: Any) -> Any:
            self.asked()
            raise OSError("disk full")

        with mock.patch.object(exporting, "_write", overtaken):
            exporting.build(export_id=first.pk)

        first.refresh_from_db()
        self.assertEqual((first.status, self.files()), ("expired", []))

    def test_the_draft_of_a_killed_worker_goes_with_the_next_try_and_with_the_day(self) -> None:
        row = self.asked()
        folder = Path(settings.VAR) / "exports" / str(row.tenant_id)
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f"{row.pk}.zip.1700000000.5"
        draft.write_bytes(b"sealed")

        exporting.build(export_id=row.pk)
        self.assertEqual([file.name for file in self.files()], [f"{row.pk}.zip.sealed"])

        draft.write_bytes(b"sealed")
        exporting.expire(export_id=row.pk)
        self.assertEqual((self.files(), self.owed(row)), ([], []))

    def test_expiring_that_is_killed_before_the_files_went_is_asked_for_again(self) -> None:
        row = self.made()
        with mock.patch.object(Path, "unlink", side_effect=SystemExit), self.assertRaises(SystemExit):
            exporting.expire(export_id=row.pk)

        self.assertEqual(self.owed(row), [exporting.DUE_EXPIRY])
        exporting.expire(export_id=row.pk)
        self.assertEqual((self.files(), self.owed(row)), ([], []))

    def test_expiring_one_that_was_taken_at_this_moment_leaves_it_taken(self) -> None:
        row = self.made()
        first = TenantExport.objects.get(pk=row.pk)
        TenantExport.objects.update(status="taken")

        with mock.patch.object(TenantExport.objects, "filter") as found:
            found.return_value.first.return_value = first
            exporting.expire(export_id=row.pk)

        row.refresh_from_db()
        self.assertEqual((row.status, self.files(), self.owed(row)), ("taken", [], []))

    def test_a_second_worker_leaves_one_that_is_being_written_and_the_next_look_is_later(self) -> None:
        row = self.asked()
        Due.objects.filter(kind=exporting.DUE).update(due_at=clock.now() - timedelta(seconds=1))
        write, drafts = exporting._write, []

        def slow(*args: Any) -> Any:
            drafts.append(args)
            if len(drafts) == 1:
                exporting.build(export_id=row.pk)
            return write(*args)

        with mock.patch.object(exporting, "_write", slow):
            exporting.build(export_id=row.pk)
            looks = list(Due.objects.filter(kind=exporting.DUE))

        row.refresh_from_db()
        self.assertEqual((len(drafts), row.tries, row.status, looks), (1, 1, "ready", []))

    def test_while_one_is_written_the_sweeper_does_not_ask_each_few_seconds(self) -> None:
        row = self.asked()
        Due.objects.filter(kind=exporting.DUE).update(due_at=clock.now() - timedelta(seconds=1))

        with mock.patch.object(exporting, "_write", side_effect=OSError("disk full")):
            exporting.build(export_id=row.pk)

        self.assertGreater(Due.objects.get(kind=exporting.DUE).due_at, clock.now() + timedelta(minutes=9))

    def test_one_of_a_suspended_tenant_goes_after_its_day_too(self) -> None:
        row = self.made()
        Tenant.objects.filter(schema_name="alpha").update(status="suspended")
        Due.objects.update(due_at=clock.now() - timedelta(days=1))
        sent: list[due.Owed] = []

        due.sweep(sent.append)

        self.assertEqual([(one.kind, one.object_id) for one in sent], [(exporting.DUE_EXPIRY, row.pk)])


class AskingAtOnceTests(CommittingTestCase):
    def test_of_two_who_ask_at_once_one_archive_is_live(self) -> None:
        owner = person("olga@alpha.example", role=Role.OWNER)
        for _ in range(2):
            exporting.ask(by=owner, session_key="s" * 32)
        calls = [lambda: exporting.ask(by=owner, session_key="s" * 32)] * 4

        done = at_once(*calls)

        self.assertEqual([type(one) for one in done], [TenantExport] * 4)
        statuses = sorted(TenantExport.objects.values_list("status", flat=True))
        self.assertEqual(statuses, ["expired"] * 5 + ["owed"])
