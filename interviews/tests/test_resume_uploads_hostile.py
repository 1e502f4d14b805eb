"""Hostile files through the upload itself: each is refused with a sentence, and nothing of it is stored."""

from html import escape
from typing import Any
from unittest import mock

import pytest

from core.testing import TenantTestCase
from interviews.models import Interview, Resume, ResumeSummary
from interviews.services.resumes.refusals import KINDS, REFUSALS
from interviews.tests import make
from interviews.tests.resume_docx import docx, p
from interviews.tests.resume_pdf import pdf
from interviews.tests.resumed import file, page, post
from interviews.tests.resumes_read import BREAD
from interviews.tests.test_resumes_hostile import ARCHIVES, BOMB, HONEST, MEGABYTE, OTHERS, document
from interviews.tests.test_resumes_hostile_pdf import PDFS
from interviews.views import resumes

LIMITS = {
    "slightly too large.pdf": (pdf(HONEST) + bytes(5 * MEGABYTE - len(pdf(HONEST)) + 1), "too_large", ""),
    "an entity bomb.docx": (docx(document=document(BOMB, "&a9;")), "declarations", ""),
    "without text.docx": (docx(p("")), "no_text", ""),
    "page breaks.docx": (docx(p(BREAD), '<w:p><w:r><w:br w:type="page"/></w:r></w:p>' * 10_000), "too_many_pages", ""),
    "too much text.docx": (docx(*(p(f"{BREAD} {n}") for n in range(5000))), "too_much_text", ""),
}
SLOW = ("a reference to itself", "forms within forms", "a hundred thousand shapes")  # ten seconds of CPU each
PDF_FILES = [what for what, (_, reasons) in PDFS.items() if reasons and what not in SLOW]


class HostileUploadTests(TenantTestCase):
    interview: Interview

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview = make.started()

    def send(self, content: bytes, name: str) -> Any:
        """The answer to the upload; whatever it is, nothing but the trail of the page is written."""
        client = make.signed_in(make.staff())
        client.get(page(self.interview))
        with mock.patch.object(resumes, "UPLOADS", "1000/minute"), make.writes() as written:
            response = post(client, self.interview, content, name)
        self.assertLessEqual(set(written.tables), {"alpha.audit_event"}, name)
        self.assertEqual(
            (Resume.objects.count(), ResumeSummary.objects.count(), make.owed("resume_summary")), (0, 0, [])
        )
        return response

    def assert_refused(self, content: bytes, name: str, reasons: set[str], what: str = "") -> None:
        response = self.send(content, name)

        html = response.content.decode()
        sentences = [str(REFUSALS[reason]) % {"what": KINDS.get(what, what)} for reason in reasons]
        self.assertEqual(response.status_code, 400, name)
        self.assertTrue(any(escape(sentence) in html for sentence in sentences), f"{name}: {reasons}")
        self.assertIn('aria-invalid="true"', html)

    def test_what_is_no_resume_is_refused_with_what_it_is(self) -> None:
        for name, (content, reason, what) in (OTHERS | LIMITS).items():
            with self.subTest(name):
                self.assert_refused(content, name, {reason}, what)

    def test_hostile_archives_are_refused(self) -> None:
        for name, (content, reason) in ARCHIVES.items():
            with self.subTest(name):
                self.assert_refused(content(), f"{name}.docx", {reason})

    def test_hostile_pdfs_are_refused(self) -> None:
        for name in PDF_FILES:
            with self.subTest(name):
                content, reasons = PDFS[name]
                self.assert_refused(content(), f"{name}.pdf", reasons)

    @pytest.mark.prove  # that the reader itself ends it in time is tried in test_resumes_hostile_pdf too
    def test_one_that_takes_too_much_time_is_refused(self) -> None:
        content, reasons = PDFS[SLOW[0]]
        self.assert_refused(content(), f"{SLOW[0]}.pdf", reasons)

    def test_they_are_more_than_fifty(self) -> None:
        self.assertEqual(len(OTHERS) + len(LIMITS) + len(ARCHIVES) + len(PDF_FILES) + 1, 58)

    def test_a_body_beyond_what_the_address_takes_is_not_read_at_all(self) -> None:
        response = self.send(bytes(6 * MEGABYTE), "huge.pdf")

        self.assertContains(response, "larger than the 5136 KiB that this page accepts", status_code=413)

    def test_five_megabytes_are_taken_here_and_nowhere_else(self) -> None:
        client = make.signed_in(make.staff())
        large = file() + b"\n" * (4 * MEGABYTE)

        self.assertEqual(post(client, self.interview, large, "large.pdf").status_code, 303)

        for path in ("/jobs/", f"{page(self.interview)}again/", page(self.interview) + "x", "/interviews/x/resume/"):
            self.assertEqual(client.post(path, {"file": large.decode("latin-1")}).status_code, 413, path)

    def test_a_name_that_is_markup_is_shown_as_text(self) -> None:
        client = make.signed_in(make.staff())

        post(client, self.interview, file(), "<script>alert(1)<.pdf")

        html = client.get(page(self.interview)).content.decode()
        self.assertIn("&lt;script&gt;alert(1)&lt;.pdf", html)
