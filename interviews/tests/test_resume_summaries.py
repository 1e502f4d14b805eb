"""The summary of a resume without a model: places of its text, the same each time, whatever is hidden in the file."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from core import claims, clock, tenancy
from core.testing import OTHER, TenantTestCase, logged
from interviews.models import Evaluation, Interview, ResumeSummary
from interviews.services import afterwards, resume_summaries
from interviews.services.evaluation.lexicon import lexicon
from interviews.services.resume_summaries import making
from interviews.tests import make
from interviews.tests.resumed import LINES, TEXT, TRAP, again, file, page, said, summarised, uploaded

ROOT = Path(__file__).resolve().parents[1]

# Who may know of resumes at all. What rates, aggregates, decides, lists or writes mail is not among them.
KNOW_OF_RESUMES = {
    *("apps", "tasks", "urls_portal", "models.__init__", "models.resumes", "selectors.resumes", "views.resumes"),
    *("selectors.adoption", "services.resume_pages", "services.resume_uploads"),
    *("services.afterwards", "services.takeaway"),  # they end what is owed, and give the candidate what is kept
}
IMPORTS = re.compile(
    r"^(?:from|import) .*resume|import .*\bResume(?:Summary)?\b|^\s+(?:Resume(?:Summary)?|resumes?(?:_\w+)?),"
    r"|\bResume(?:Summary)?[.(]|resume_?summar",
    re.MULTILINE,
)


def test_nothing_that_rates_ranks_recommends_or_decides_knows_of_resumes() -> None:
    known = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in ROOT.rglob("*.py")
        if not {"tests", "migrations", "resumes", "resume_summaries"} & set(path.relative_to(ROOT).parts[:-1])
        and IMPORTS.search(path.read_text(encoding="utf-8"))
    }

    assert known == KNOW_OF_RESUMES


class BasicTests(TenantTestCase):
    interview: Interview

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview = make.evaluated()

    def test_the_worker_makes_it_and_every_word_of_it_stands_in_the_text(self) -> None:
        row = summarised(self.interview)

        self.assertEqual((row.status, row.mode, row.error, row.model), ("ready", "basic", "", ""))
        self.assertEqual(row.recipe, f"resume.1/{lexicon().version}/1")
        self.assertEqual(make.owed("resume_summary"), [])
        self.assertEqual(
            said(row),
            {
                "roles": [
                    {
                        "title": "Data Engineer",
                        "employer": "Globex Health",
                        "dates": "2015 - 2018",
                        "quotes": [LINES[2], LINES[3][2:], LINES[4][2:]],
                    }
                ],
                "education": [
                    {"title": "MSc Mathematics", "school": "TU Delft", "dates": "2010 - 2012", "quotes": [LINES[6]]}
                ],
                "skills": [{"title": word, "quotes": [word]} for word in ("PostgreSQL", "Python")],
                "languages": [{"title": word, "quotes": [word]} for word in ("English", "Dutch (native)")],
                "projects": [{"title": "Table linter", "dates": "2021", "quotes": ["Table linter (2021)"]}],
                "requirements": {
                    "sql": ["Wrote SQL reports for forty hospitals."],
                    "listening": [],
                    "candour": [],
                },
            },
        )

    def test_hidden_text_changes_nothing_byte_for_byte(self) -> None:
        """A resume with white text in it was lifted to 91 elsewhere."""
        others = [make.submitted(make.invited(f"{n}@example.org")) for n in range(3)]
        honest = summarised(self.interview)
        for row in ResumeSummary.objects.all():
            ResumeSummary.objects.filter(pk=row.pk).update(recipe="older")  # none is taken over
        found = [
            summarised(other, file(hidden=hidden))
            for other, hidden in zip(
                others, (TRAP, "Skills: candour, listening, SQL", " ".join(LINES * 3)), strict=True
            )
        ]

        self.assertEqual({row.findings for row in found}, {honest.findings})
        self.assertEqual({row.resume.text for row in found}, {TEXT})
        self.assertTrue(all(row.resume.hidden != "[]" for row in found))

    def test_the_resume_changes_nothing_about_the_interview(self) -> None:
        before = Evaluation.objects.values().get(), Interview.objects.values().get(), self.interview.application.stage
        with make.writes() as written:
            summarised(self.interview, file(hidden=TRAP))

        self.interview.application.refresh_from_db()
        self.assertEqual(before, (Evaluation.objects.values().get(), Interview.objects.values().get(), "invited"))
        self.assertEqual(
            {name.partition(".")[2] for name in written.tables},
            {"interviews_resume", "interviews_resumesummary", "audit_event", "due"},
        )

    def test_the_same_text_for_the_same_version_is_taken_over_and_not_made_again(self) -> None:
        first = summarised(self.interview)
        grace = make.submitted(make.invited("grace@example.org"))
        with mock.patch.object(making, "summarise") as made:
            second = summarised(grace, file(hidden=TRAP))
            third = uploaded(self.interview, file(hidden="x")).summaries.get()

        made.assert_not_called()
        self.assertEqual({second.findings, third.findings}, {first.findings})
        self.assertEqual((second.status, second.subject_id), ("ready", grace.subject_id))
        self.assertNotEqual(make.stored(ResumeSummary, "findings")[0], make.stored(ResumeSummary, "findings")[1])

    def test_two_equal_ones_that_are_both_owed_are_made_once(self) -> None:
        grace = make.submitted(make.invited("grace@example.org"))
        rows = [uploaded(one).summaries.get() for one in (self.interview, grace)]
        with mock.patch.object(making, "summarise", wraps=making.summarise) as made:
            for row in rows:
                resume_summaries.run(summary_id=row.pk)

        self.assertEqual(made.call_count, 1)
        self.assertEqual(len(set(ResumeSummary.objects.values_list("status", "recipe"))), 1)

    def test_another_version_another_text_or_an_erased_person_share_nothing(self) -> None:
        summarised(self.interview)
        elsewhere = make.submitted(make.invited("j@example.org", slug="another-job"))
        self.assertEqual(uploaded(elsewhere).summaries.get().status, "owed")
        grace = make.submitted(make.invited("grace@example.org"))
        self.assertEqual(uploaded(grace, file("Ada", "Skills", "Rust")).summaries.get().status, "owed")
        with make.without_key(self.interview):
            self.assertEqual(uploaded(grace).summaries.get().status, "owed")

    def test_another_tenant_shares_nothing_and_its_keyed_hashes_differ(self) -> None:
        row = summarised(self.interview)

        with tenancy.enter(OTHER):
            theirs = uploaded(make.submitted())
            self.assertEqual((theirs.text, theirs.summaries.get().status), (TEXT, "owed"))
            self.assertEqual(ResumeSummary.objects.count(), 1)

        self.assertEqual(len({row.resume.file_index, row.resume.text_index, theirs.file_index, theirs.text_index}), 4)

    def test_who_withdraws_while_it_is_made_gets_none(self) -> None:
        row = uploaded(self.interview).summaries.get()

        def withdraws(*args: Any, **kwargs: Any) -> Any:
            afterwards.withdraw(Interview.objects.get(pk=self.interview.pk))
            return summarise(*args, **kwargs)

        summarise = making.summarise
        with mock.patch.object(making, "summarise", withdraws):
            resume_summaries.run(summary_id=row.pk)

        row.refresh_from_db()
        self.assertEqual((row.status, row.error, row.findings), ("failed", "Withdrawn", None))
        self.assertEqual(make.owed("resume_summary"), [])

    def test_a_failure_is_kept_and_a_person_tries_again(self) -> None:
        person = make.staff()
        make.reviewed(self.interview, person)
        row = uploaded(self.interview).summaries.get()
        with (
            mock.patch.object(making, "summarise", side_effect=ValueError("a word of the resume")),
            logged() as log,
        ):
            resume_summaries.run(summary_id=row.pk)
        row.refresh_from_db()
        self.assertEqual((row.status, row.error), ("failed", "ValueError"))
        self.assertNotIn("Globex", log.getvalue())
        client = make.signed_in(person)
        self.assertContains(client.get(page(self.interview)), "This could not be made")

        self.assertEqual(client.post(again(self.interview)).status_code, 303)

        row.refresh_from_db()
        self.assertEqual((row.status, row.attempts, row.error), ("owed", 0, ""))
        resume_summaries.run(summary_id=row.pk)
        self.assertContains(client.get(page(self.interview)), "Wrote SQL reports for forty hospitals.")
        with make.writes() as written:
            client.post(again(self.interview))
        self.assertNotIn("alpha.interviews_resumesummary", written.tables)

    def test_a_second_worker_and_a_late_one_change_nothing(self) -> None:
        row = uploaded(self.interview).summaries.get()
        resume_summaries.run(summary_id=row.pk)
        with self.assertRaises(claims.AlreadyClaimed):
            resume_summaries.run(summary_id=row.pk)

        grace = make.submitted(make.invited("grace@example.org"))
        other = uploaded(grace, file("Grace", "Skills", "COBOL")).summaries.get()
        ResumeSummary.objects.filter(pk=other.pk).update(
            status="running", fence=4, lease_until=clock.now() - timedelta(seconds=1)
        )
        resume_summaries.run(summary_id=other.pk)
        other.refresh_from_db()
        self.assertEqual((other.status, other.fence, other.attempts), ("ready", 5, 1))
