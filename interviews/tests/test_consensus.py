"""What several people agreed on: by a named person who rated too, replaced but never edited."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import DatabaseError, transaction
from django.urls import reverse

from accounts.models import User
from accounts.roles import NotPermitted, Role
from core.testing import OTHER, TenantClient
from interviews.models import Consensus, ConsensusRating, ConsensusReview, Interview, Review
from interviews.services import consensus, reviews, standing
from interviews.services.reviews import OwnRating
from interviews.tests import make
from interviews.tests.cases import RatingCase


class ConsensusCase(RatingCase):
    recruiter: User

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.recruiter = make.staff()

    def setUp(self) -> None:
        super().setUp()
        self.first = self.rated(self.recruiter, sql=4, listening=2, candour=None)
        self.second = self.rated(self.reviewer, sql=1, listening=2, candour=None)

    def rated(self, by: User, **levels: int | None) -> Review:
        return self.save(True, by, **levels)

    def record(self, by: User | None = None, **changes: Any) -> Consensus:
        levels = {self.competencies[key]: OwnRating(level) for key, level in {"sql": 3, "listening": 2}.items()}
        levels[self.competencies["candour"]] = OwnRating(None, "Nobody asked.")
        asked: dict[str, Any] = {"levels": levels, "rests_on": [self.first.pk, self.second.pk]}
        return consensus.record(interview_id=self.interview.pk, by=by or self.recruiter, **asked | changes)

    def levels(self, row: Consensus) -> dict[str, int | None]:
        return dict(row.ratings.values_list("competency__key", "level"))


class RecordTests(ConsensusCase):
    def test_it_names_its_writer_its_levels_and_the_reviews_it_rests_on(self) -> None:
        row = self.record()

        self.assertEqual((row.agreed_by, row.supersedes), (self.recruiter, None))
        self.assertEqual(self.levels(row), {"sql": 3, "listening": 2, "candour": None})
        self.assertEqual({one.review for one in row.rests_on.all()}, {self.first, self.second})
        self.assertEqual(row.ratings.get(competency__key="candour").note, "Nobody asked.")
        self.assertNotIn(b"Nobody", b"".join(make.stored(ConsensusRating, "note")))
        self.assertEqual(make.actions("consensus."), ["consensus.recorded"])

    def test_a_second_one_replaces_the_one_that_was_seen(self) -> None:
        first = self.record()
        levels = {pk: OwnRating(5) for pk in self.competencies.values()}

        second = self.record(levels=levels, seen=first.pk)

        self.assertEqual((second.supersedes, Consensus.objects.count()), (first, 2))
        self.assertEqual(self.levels(first), {"sql": 3, "listening": 2, "candour": None})

    def test_one_that_was_not_seen_is_not_replaced(self) -> None:
        first = self.record()
        self.record(seen=first.pk)

        for seen in (None, first.pk, uuid4()):
            with make.writes() as written, self.assertRaises(consensus.AgreedMeanwhile):
                self.record(seen=seen)
            self.assertEqual(written.tables, {})

    def test_it_takes_two_submitted_reviews_of_this_interview_the_own_one_among_them(self) -> None:
        other = make.evaluated(make.invited("joan@example.org"))
        elsewhere = make.reviewed(other, self.recruiter)
        owner = make.staff(Role.OWNER)
        cases: list[tuple[User, list[Any]]] = [
            (self.recruiter, []),
            (self.recruiter, [self.first.pk]),
            (self.recruiter, [self.first.pk, self.first.pk]),
            (self.recruiter, [self.first.pk, elsewhere.pk]),
            (self.recruiter, [self.first.pk, uuid4()]),
            (owner, [self.first.pk, self.second.pk]),  # has not rated, and so has not seen them
        ]
        for by, rests_on in cases:
            with make.writes() as written, self.assertRaises(consensus.TooFewRaters):
                self.record(by, rests_on=rests_on)
            self.assertEqual(written.tables, {})

    def test_no_submitted_review_is_left_out(self) -> None:
        dissenter = self.rated(make.staff(Role.OWNER), sql=1, listening=1, candour=1)
        drafted = {pk: OwnRating(1) for pk in self.competencies.values()}
        admin = make.staff(Role.ADMIN)
        reviews.save_review(interview_id=self.interview.pk, by=admin, ratings=drafted, submit=False)

        with make.writes() as written, self.assertRaises(consensus.ReviewLeftOut):
            self.record()

        self.assertEqual((written.tables, Consensus.objects.count()), ({}, 0))
        row = self.record(rests_on=[self.first.pk, self.second.pk, dissenter.pk])
        self.assertEqual(row.rests_on.count(), 3)

    def test_nothing_more_is_agreed_on_about_who_withdrew(self) -> None:
        for status in ("withdrawn", "erased"):
            Interview.objects.filter(pk=self.interview.pk).update(status=status)
            with make.writes() as written, self.assertRaises(standing.Withdrawn):
                self.record()
            self.assertEqual(written.tables, {})

    def test_every_competency_needs_a_level_that_is_one(self) -> None:
        whole = {pk: OwnRating(3) for pk in self.competencies.values()}
        sql = self.competencies["sql"]
        for levels in (
            {},
            {sql: OwnRating(3)},
            whole | {uuid4(): OwnRating(3)},
            whole | {sql: OwnRating(6)},
            whole | {sql: OwnRating(None, "A note alone.", rated=False)},
            whole | {sql: OwnRating(3, "x" * 2001)},
        ):
            with make.writes() as written, self.assertRaises(consensus.ConsensusIncomplete):
                self.record(levels=levels)
            self.assertEqual(written.tables, {})

    def test_who_does_not_decide_records_none(self) -> None:
        for role in (Role.REVIEWER, Role.AUDITOR):
            with self.assertRaises(NotPermitted):
                self.record(make.staff(role))

        self.assertEqual(Consensus.objects.count(), 0)


class TheDatabaseRefusesTests(ConsensusCase):
    def assert_refused(self, message: str, act: Any) -> None:
        with self.assertRaisesMessage(DatabaseError, message), transaction.atomic():
            act()

    def test_to_edit_or_delete_what_was_agreed_on(self) -> None:
        row = self.record()
        for rows in (Consensus.objects, ConsensusRating.objects, ConsensusReview.objects):
            self.assert_refused("superseded, never edited", lambda rows=rows: rows.all()._raw_delete("default"))
        self.assert_refused("superseded, never edited", lambda: row.ratings.update(level=5))

        self.assertEqual(self.levels(row), {"sql": 3, "listening": 2, "candour": None})

    def test_one_of_a_single_rater_of_a_stranger_or_of_somebody_who_left(self) -> None:
        subject = self.interview.subject_id
        other = make.evaluated(make.invited("joan@example.org"))
        make.reviewed(other, self.recruiter)
        for interview, by in ((other, self.recruiter), (self.interview, make.staff(Role.OWNER))):
            fields = {"interview": interview, "subject_id": subject, "agreed_by": by}
            self.assert_refused("two people or more", lambda fields=fields: Consensus.objects.create(**fields))
        User.objects.filter(pk=self.recruiter.pk).update(is_active=False)
        fields = {"interview": self.interview, "subject_id": subject, "agreed_by": self.recruiter}
        self.assert_refused("names an active person", lambda: Consensus.objects.create(**fields))

    def test_a_review_of_another_interview_or_a_draft_under_it(self) -> None:
        row = self.record()
        other = make.evaluated(make.invited("joan@example.org"))
        draft = Review.objects.create(interview=self.interview, reviewer=make.staff(Role.OWNER))
        for review in (make.reviewed(other, self.recruiter), draft):
            self.assert_refused(
                "submitted reviews of its own interview",
                lambda review=review: ConsensusReview.objects.create(consensus=row, review=review),
            )

    def test_a_level_for_a_competency_of_another_job(self) -> None:
        row = self.record()
        foreign = make.job("welder").current_version
        assert foreign is not None
        fields = {"consensus": row, "subject_id": row.subject_id, "level": 3}
        competency = foreign.competencies.all()[0]

        self.assert_refused("own plan", lambda: ConsensusRating.objects.create(competency=competency, **fields))


class ConsensusPageTests(ConsensusCase):
    def setUp(self) -> None:
        super().setUp()
        self.page = reverse("portal_interview", args=[self.interview.pk])
        self.url = reverse("portal_consensus", args=[self.interview.pk])
        self.client = make.signed_in(self.recruiter)
        self.form = {"agreed-sql": "3", "agreed-listening": "2", "agreed-candour": "N", "seen": ""}
        self.form_of_all: dict[str, Any] = self.form | {"rests_on": [str(self.first.pk), str(self.second.pk)]}

    def test_everybodys_levels_are_shown_with_their_spread_to_who_has_rated(self) -> None:
        html = self.client.get(self.page).content.decode()

        rows = html.split("Everybody")[2].split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]
        cells = [[cell.split(">")[-1] for cell in row.replace("</abbr>", "").split("</td>")[:-1]] for row in rows]
        self.assertEqual(
            [[text.strip() for text in row] for row in cells],
            [["SQL", "4", "1", "3"], ["Listening", "2", "2", "0"], ["Candour", "N", "N", "–"]],
        )

    def test_where_everybody_says_the_same_it_is_chosen_already_and_nowhere_else(self) -> None:
        html = self.client.get(self.page).content.decode()

        parts = [part.split("</select>")[0] for part in html.split("<select")[1:] if 'name="agreed-' in part]
        chosen = [part.split(" selected>")[1].split("<")[0] if " selected>" in part else "" for part in parts]
        self.assertEqual(chosen, ["", "2", "No evidence"])

    def test_it_is_recorded_and_shown_where_somebody_decides(self) -> None:
        self.assertEqual(self.client.post(self.url, self.form_of_all).status_code, 303)

        html = self.client.get(self.page).content.decode()
        self.assertIn("recorded by The recruiter from 2 reviews", html)
        self.assertIn("raters ± 3", html.split("Record the decision")[0].split(">Decide<")[1])
        self.rated(make.staff(Role.OWNER), sql=5, listening=5, candour=5)
        self.assertContains(self.client.get(self.page), "1 review came in later")

    def test_a_review_that_the_page_did_not_show_is_looked_at_first(self) -> None:
        dissenter = self.rated(make.staff(Role.OWNER), sql=5, listening=5, candour=5)

        response = self.client.post(self.url, self.form_of_all, follow=True)

        self.assertContains(response, "a review that your page did not show")
        self.assertContains(response, f'name="rests_on" value="{dissenter.pk}"')
        self.assertEqual(Consensus.objects.count(), 0)

    def test_only_a_review_that_was_submitted_afterwards_came_in_later(self) -> None:
        row = self.record()
        self.rated(make.staff(Role.OWNER), sql=5, listening=5, candour=5)
        Review.objects.filter(reviewer__role=Role.OWNER).update(submitted_at=row.agreed_at - timedelta(seconds=1))

        self.assertNotContains(self.client.get(self.page), "came in later")

    def test_who_withdrew_is_not_agreed_on_and_the_page_has_no_form_for_it(self) -> None:
        Interview.objects.filter(pk=self.interview.pk).update(status="withdrawn")

        response = self.client.post(self.url, self.form_of_all, follow=True)

        self.assertContains(response, "The candidate withdrew")
        self.assertNotContains(response, "agreed-sql")
        self.assertEqual(Consensus.objects.count(), 0)

    def test_an_incomplete_one_comes_back_with_what_was_chosen(self) -> None:
        response = self.client.post(
            self.url, self.form_of_all | {"agreed-sql": "", "agreed-note-sql": "Half a thought."}
        )

        self.assertContains(response, "Nothing was recorded.", status_code=400)
        self.assertContains(response, "Half a thought.", status_code=400)
        self.assertEqual(Consensus.objects.count(), 0)

    def test_what_is_no_key_is_refused(self) -> None:
        for changes in ({"rests_on": "x"}, {"seen": "x"}, {"agreed-sql": "9"}, {"agreed-sql": "x"}):
            self.assertEqual(self.client.post(self.url, self.form_of_all | changes).status_code, 400, changes)

        self.assertEqual(Consensus.objects.count(), 0)

    def test_strangers_other_tenants_and_who_does_not_decide_record_nothing(self) -> None:
        with self.in_tenant(OTHER):
            theirs = make.signed_in(make.staff(Role.OWNER), OTHER)
        others = [make.signed_in(make.staff(role)) for role in (Role.AUDITOR, Role.REVIEWER, Role.HIRING_MANAGER)]
        candidate = make.browser(self.interview.invitations.get())
        clients = [TenantClient(), make.carried(theirs), candidate, *others, theirs]
        with make.writes() as written:
            codes = [client.post(self.url, self.form_of_all).status_code for client in clients]

        self.assertEqual((codes, written.tables), ([302, 302, 302, 403, 403, 404, 404], {}))

    def test_who_has_not_rated_sees_neither_the_levels_nor_the_consensus_nor_what_was_decided(self) -> None:
        self.record(levels={pk: OwnRating(3, "We met on it.") for pk in self.competencies.values()})
        make.decided(self.interview, self.recruiter, reason="She measured first.")
        blind = make.signed_in(make.staff(Role.OWNER))

        page = blind.get(self.page)

        for words in ("Everybody", "We met on it.", "She measured first.", "recorded by", "The recruiter"):
            self.assertNotContains(page, words)

    def test_the_page_of_many_raters_asks_no_more_queries_than_that_of_two(self) -> None:
        make.read_what_is_kept()
        self.client.get(self.page)
        with self.assertNumQueries(40):
            self.client.get(self.page)
        for role in (Role.OWNER, Role.ADMIN):
            self.rated(make.staff(role), sql=5, listening=5, candour=5)

        with self.assertNumQueries(40):
            self.client.get(self.page)
