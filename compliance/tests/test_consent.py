"""What was agreed to is stored once, with the hash of exactly the text that was shown."""

import hashlib
from typing import Any

from django.db import IntegrityError, transaction

from compliance.audit.models import AuditEvent
from compliance.models import Consent
from compliance.services import consent
from compliance.services.consent import ConsentRequired
from core.ids import uuid7
from core.testing import OTHER, TenantTestCase


class NoticeTests(TenantTestCase):
    def test_it_names_the_company_and_how_long_answers_are_kept(self) -> None:
        notice = consent.notice(company="Müller & Söhne", days_kept=180)

        self.assertTrue(
            notice.text.startswith("Müller & Söhne asks you to an interview in writing that an AI conducts.")
        )
        self.assertIn("They are kept for 180 days", notice.text)
        self.assertIn("Who decides: a person.", notice.text)
        self.assertEqual(notice.version, "1.0")

    def test_its_hash_is_that_of_the_text_and_changes_with_every_word(self) -> None:
        notice = consent.notice(company="Acme", days_kept=365)
        others = {
            consent.notice(company="Acme.", days_kept=365).hash,
            consent.notice(company="Acme", days_kept=30).hash,
        }

        self.assertEqual(notice.hash, hashlib.sha256(notice.text.encode()).hexdigest())
        self.assertNotIn(notice.hash, others)
        self.assertEqual(notice, consent.notice(company="Acme", days_kept=365))


class GiveTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.notice = consent.notice(company="Alpha", days_kept=365)
        self.interview_id, self.subject_id = uuid7(), uuid7()

    def give(self, **changes: Any) -> Consent:
        given = {"ai_evaluation": True, "keep_for_other_roles": False} | changes
        return consent.give(interview_id=self.interview_id, subject_id=self.subject_id, shown=self.notice, **given)

    def test_it_is_stored_with_the_text_s_hash_and_version_and_language(self) -> None:
        self.give()

        stored = Consent.objects.get()
        self.assertEqual(
            (stored.interview_id, stored.subject_id, stored.notice_hash, stored.notice_version, stored.language),
            (self.interview_id, self.subject_id, self.notice.hash, "1.0", "en"),
        )
        self.assertEqual((stored.ai_evaluation, stored.keep_for_other_roles), (True, False))
        self.assertIsNotNone(stored.given_at)

    def test_keeping_for_other_roles_is_a_choice_of_its_own(self) -> None:
        self.give(keep_for_other_roles=True)

        self.assertTrue(Consent.objects.get().keep_for_other_roles)

    def test_it_is_in_the_trail_of_the_person_without_a_word(self) -> None:
        self.give()

        event = AuditEvent.objects.get()
        self.assertEqual(
            (event.action, event.subject_id, event.detail),
            ("consent.given", self.subject_id, {"keep_for_other_roles": False}),
        )

    def test_without_the_required_tick_nothing_is_stored(self) -> None:
        with self.assertRaises(ConsentRequired):
            self.give(ai_evaluation=False, keep_for_other_roles=True)

        self.assertEqual((Consent.objects.count(), AuditEvent.objects.count()), (0, 0))

    def test_an_interview_has_one_consent(self) -> None:
        self.give()

        with self.assertRaises(IntegrityError), transaction.atomic():
            self.give(keep_for_other_roles=True)

        self.assertFalse(Consent.objects.get().keep_for_other_roles)
        self.assertEqual(AuditEvent.objects.count(), 1)

    def test_the_database_itself_refuses_a_consent_without_the_tick(self) -> None:
        with self.assertRaises(IntegrityError) as caught, transaction.atomic():
            Consent.objects.create(
                interview_id=self.interview_id,
                subject_id=self.subject_id,
                notice_version="1.0",
                notice_hash="x",
                language="en",
                ai_evaluation=False,
            )

        self.assertIn("consent_covers_ai_evaluation", str(caught.exception))
        self.assertEqual(Consent.objects.count(), 0)

    def test_another_tenant_knows_nothing_of_it(self) -> None:
        self.give()

        with self.in_tenant(OTHER):
            self.assertEqual(Consent.objects.count(), 0)
