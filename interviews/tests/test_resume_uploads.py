"""Uploading a resume: what it says is sealed and kept, the file is not; whoever may not, stores nothing."""

from typing import Any
from unittest import mock

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.urls import reverse

from accounts.models import User
from accounts.roles import SUPPORT, SUPPORT_WRITE, NotPermitted, Role
from compliance.audit.models import AuditEvent
from core import tenancy
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import Interview, Resume, ResumeSummary
from interviews.services import afterwards, resume_pages, resume_uploads, resumes, standing
from interviews.tests import make, resumed, team
from interviews.tests.resumed import LINES, TEXT, TRAP, file, page, post, uploaded, word_file
from tests import two_tenants


class UploadTests(TenantTestCase):
    interview: Interview

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview = make.started()

    def setUp(self) -> None:
        super().setUp()
        self.client = make.signed_in(make.staff())

    def assert_nothing_stored(self) -> None:
        self.assertEqual(
            (Resume.objects.count(), ResumeSummary.objects.count(), make.owed("resume_summary")), (0, 0, [])
        )

    def test_it_keeps_the_text_and_owes_a_summary_and_leads_to_the_page(self) -> None:
        with self.captureOnCommitCallbacks() as sent:
            response = post(self.client, self.interview, file(hidden=TRAP), "C:\\cv\\Ada \u202eFDP.pdf")

        row = Resume.objects.get()
        self.assertEqual((response.status_code, response["Location"]), (303, page(self.interview)))
        self.assertEqual((row.text, row.hidden), (TEXT, f'[[1, "same_colour", "{TRAP}"]]'))
        self.assertEqual((row.kind, row.pages, row.size), ("pdf", 1, len(file(hidden=TRAP))))
        self.assertEqual((row.file_name, row.uploaded_by), ("Ada FDP.pdf", make.staff()))
        self.assertEqual(
            (row.subject_id, row.application_id), (self.interview.subject_id, self.interview.application_id)
        )
        summary = row.summaries.get()
        self.assertEqual((summary.status, summary.version_id), ("owed", self.interview.version_id))
        self.assertEqual((make.owed("resume_summary"), len(sent)), ([summary.pk], 1))
        event = AuditEvent.objects.get(action="resume.uploaded")
        self.assertEqual((event.subject_id, event.object_id), (self.interview.subject_id, str(row.pk)))
        self.assertEqual(event.detail, {"interview": str(self.interview.pk), "kind": "pdf", "pages": 1})

    def test_the_database_holds_no_word_of_it(self) -> None:
        row = uploaded(self.interview, file(hidden=TRAP))

        for column in ("text", "hidden", "file_name"):
            [sealed] = make.stored(Resume, column)
            for word in (b"Globex", b"greatest", b"ada.pdf"):
                self.assertNotIn(word, sealed)
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_jsonb(r) - 'text' - 'hidden' - 'file_name' FROM interviews_resume r")
            self.assertNotIn("Globex", str(cursor.fetchone()))
        self.assertEqual((len(row.file_index), len(row.text_index)), (64, 64))

    def test_a_docx_says_the_same(self) -> None:
        post(self.client, self.interview, word_file(), "ada.docx")

        row = Resume.objects.get()
        self.assertEqual((row.kind, row.text), ("docx", "\n\n".join(LINES)))

    def test_the_same_file_again_is_one_upload(self) -> None:
        first, second = uploaded(self.interview), uploaded(self.interview)

        self.assertEqual((first, Resume.objects.count(), ResumeSummary.objects.count()), (second, 1, 1))

    def test_another_file_takes_its_place_and_the_first_is_kept_as_it_was(self) -> None:
        first = uploaded(self.interview)
        second = uploaded(self.interview, file("Ada Lovelace", "Skills", "Rust"))

        html = self.client.get(page(self.interview)).content.decode()
        self.assertIn("Rust", html)
        self.assertNotIn("Globex", html)
        self.assertIn(f"?upload={first.pk}", html)
        self.assertContains(self.client.get(f"{page(self.interview)}?upload={first.pk}"), "Globex Health")
        self.assertEqual(list(Resume.objects.values_list("pk", flat=True)), [second.pk, first.pk])

    def test_a_resume_is_never_edited(self) -> None:
        row = uploaded(self.interview)

        for act in (lambda: Resume.objects.update(pages=9), lambda: row.save()):
            with self.assertRaisesMessage(DatabaseError, "never edited"), transaction.atomic():
                act()
        self.assertEqual(Resume.objects.get().pages, 1)

    def test_an_upload_of_another_candidate_or_job_is_not_there(self) -> None:
        grace = make.started(make.invited("grace@example.org"))
        other = uploaded(grace)
        elsewhere = make.started(make.invited(slug="another-job"))
        uploaded(elsewhere)

        self.assertContains(self.client.get(page(self.interview)), "No resume yet")
        for given in (other.pk, "x", "0"):
            self.assertEqual(self.client.get(f"{page(self.interview)}?upload={given}").status_code, 404)

    def test_the_page_says_what_is_seen_and_apart_what_is_not_and_why(self) -> None:
        uploaded(self.interview, file(hidden=TRAP))

        html = self.client.get(page(self.interview)).content.decode()

        seen, hidden = html.split("What a reader of the file does not see")
        self.assertIn("Wrote SQL reports for forty hospitals.", seen)
        self.assertNotIn("greatest strength", seen)
        self.assertIn("Page 1 · It has the colour of what is behind it.", hidden)
        self.assertIn(TRAP, hidden)
        self.assertIn("never sent to a model", hidden)

    def test_the_page_takes_a_bounded_number_of_queries_and_is_audited(self) -> None:
        row = uploaded(self.interview)
        self.client.get(page(self.interview))
        make.read_what_is_kept()

        with self.assertNumQueries(12):
            self.client.get(page(self.interview))

        event = AuditEvent.objects.filter(action="resume.viewed").latest("id")
        self.assertEqual((event.object_id, event.detail), (str(self.interview.pk), {"resume": str(row.pk)}))

    def test_a_form_without_a_file_or_with_two_says_so(self) -> None:
        two = [SimpleUploadedFile("a.pdf", file()), SimpleUploadedFile("b.pdf", file())]
        for data, words in (
            ({}, "Choose a file"),
            ({"file": "text"}, "Choose a file"),
            ({"file": two}, "Choose one file"),
        ):
            response = self.client.post(page(self.interview), data)
            self.assertContains(response, words, status_code=400)
        self.assert_nothing_stored()

    def test_what_the_candidate_takes_along_holds_their_resume(self) -> None:
        done = make.submitted(make.invited("joan@example.org"))
        uploaded(done, file(hidden=TRAP))

        response = make.browser(done.invitations.get()).get(reverse("candidate_answers", args=[done.pk]))

        self.assertContains(response, TEXT)
        self.assertContains(response, f"not to be seen by who reads it:\n{TRAP}")

    def test_after_an_erasure_the_page_says_so(self) -> None:
        uploaded(self.interview)

        with make.without_key(self.interview):
            self.assertContains(self.client.get(page(self.interview)), "be read by anybody any more")

    def test_who_withdrew_gets_no_resume_and_no_summary(self) -> None:
        summary = uploaded(self.interview).summaries.get()
        afterwards.withdraw(Interview.objects.get(pk=self.interview.pk))

        summary.refresh_from_db()
        self.assertEqual((summary.status, summary.error, make.owed("resume_summary")), ("failed", "Withdrawn", []))
        response = post(self.client, self.interview, file("Ada Lovelace", "Skills", "Rust"))
        self.assertContains(response, "The candidate withdrew", status_code=409)
        self.assertNotContains(self.client.get(page(self.interview)), 'type="file"')
        self.assertEqual(Resume.objects.count(), 1)

    def test_who_withdraws_while_it_is_read_gets_none_either(self) -> None:
        def withdraws(*args: Any, **kwargs: Any) -> Any:
            afterwards.withdraw(Interview.objects.get(pk=self.interview.pk))
            return read(*args, **kwargs)

        read = resumes.read
        with mock.patch.object(resumes, "read", withdraws), self.assertRaises(standing.Withdrawn):
            uploaded(self.interview)
        self.assert_nothing_stored()

    def test_no_more_than_two_are_read_at_once(self) -> None:
        with mock.patch.object(resume_uploads, "WAITS_SECONDS", 0.01), resume_uploads._place(), resume_uploads._place():
            response = post(self.client, self.interview, file())

        self.assertContains(response, "Upload it again in a minute", status_code=503)
        self.assert_nothing_stored()
        self.assertEqual(post(self.client, self.interview, file()).status_code, 303)

    def test_ten_a_minute_and_no_more(self) -> None:
        codes = [self.client.post(page(self.interview)).status_code for _ in range(12)]

        self.assertEqual((codes[:10], codes[11]), ([400] * 10, 429))


class WhoMayTests(TenantTestCase):
    interview: Interview

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview = make.started()
        uploaded(cls.interview)

    def codes(self, client: TenantClient) -> tuple[int, int, int]:
        """Looking, uploading another, asking again; and whether anything was stored beside the trail."""
        before = (Resume.objects.count(), ResumeSummary.objects.count())
        with two_tenants.undone():
            look, ask = client.get(page(self.interview)), client.post(resumed.again(self.interview))
            upload = post(client, self.interview, file("Ada", "Skills", "Rust"))
            stored = (Resume.objects.count(), ResumeSummary.objects.count()) != before
        self.assertEqual(stored, upload.status_code == 303)
        return look.status_code, upload.status_code, ask.status_code

    def test_who_invites_or_decides_uploads_and_a_reviewer_reads(self) -> None:
        may = {
            role: self.codes(make.signed_in(team.staff_of(self.interview, role)))
            for role in (Role.OWNER, Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR)
        }

        self.assertEqual(
            may,
            {
                Role.OWNER: (200, 303, 303),
                Role.RECRUITER: (200, 303, 303),
                Role.HIRING_MANAGER: (200, 303, 303),
                Role.REVIEWER: (200, 403, 303),
                Role.AUDITOR: (403, 403, 403),
            },
        )

    def test_who_is_not_assigned_finds_nothing(self) -> None:
        for role, upload in ((Role.HIRING_MANAGER, 404), (Role.REVIEWER, 403)):
            client = make.signed_in(make.staff(role, email=f"other-{role}@staff.example"))
            self.assertEqual(self.codes(client), (404, upload, 404))

    def test_strangers_candidates_and_other_tenants_find_nothing(self) -> None:
        candidate = make.browser(self.interview.invitations.get())
        with tenancy.enter(OTHER):
            foreign = make.signed_in(make.staff(Role.OWNER), OTHER)
        for client in (TenantClient(), candidate, make.carried(foreign)):
            self.assertEqual(self.codes(client), (302, 302, 302))
        with tenancy.enter(OTHER):
            self.assertEqual(foreign.get(page(self.interview)).status_code, 404)
            self.assertEqual(post(foreign, self.interview, file()).status_code, 404)
            self.assertEqual(Resume.objects.count(), 0)

    def test_support_reads_and_uploads_none(self) -> None:
        for role in (SUPPORT, SUPPORT_WRITE):
            by = User(role=role, name="Support")
            with make.writes() as written:
                with self.assertRaises(NotPermitted):
                    resume_pages.open_resume(by=by, interview_id=self.interview.pk)
                with self.assertRaises(NotPermitted):
                    uploaded(self.interview, by=by)
            self.assertEqual(written.tables, {})

    def test_the_interviews_page_leads_there_for_who_may_read_it(self) -> None:
        client = make.signed_in(make.staff())

        self.assertContains(client.get(reverse("portal_interview", args=[self.interview.pk])), page(self.interview))
