"""The page of the audit trail: who may read it, what a filter finds, and that reading is noted."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import User
from accounts.roles import SUPPORT, NotPermitted, Role
from accounts.tests.people import person, signed_in
from compliance import selectors
from compliance.audit.models import AuditEvent
from compliance.selectors import Wanted
from compliance.services import trail
from core import audit, clock
from core.ids import uuid7
from core.testing import HOME, OTHER, TenantClient, TenantTestCase
from tenants.models import ApiKey, Tenant
from tenants.services import trails

PAGE = "/audit/"


class TrailCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.auditor = person("eva@alpha.example", name="Eva Auditor", role=Role.AUDITOR)
        self.actor = person("ada@alpha.example", name="Ada Recruiter")
        self.client = signed_in(self.auditor)

    def note(self, action: str, *, by: User | None = None, row: Any = None, **detail: Any) -> AuditEvent:
        with trails.acting(audit.Actor("user", by.pk) if by else audit.SYSTEM):
            audit.record(action, row, **detail)
        return AuditEvent.objects.order_by("-id")[0]

    def found(self, **wanted: Any) -> list[str]:
        events = selectors.trail(Wanted(**wanted), details=True)["events"]
        return [event["action"] for event in events if event["action"].startswith("t.")]


class WordsTests(TrailCase):
    def shown(self) -> dict[str, Any]:
        (event,) = selectors.trail(Wanted(act="t.said"), details=True)["events"]
        return event

    def test_details_read_as_words_and_not_as_code(self) -> None:
        to = {"limit_usd": "5.00", "is_hard": True, "warn_percent": 80}
        self.note("t.said", to=to, fields=["company", "city"], again=False, number=7)

        self.assertEqual(
            dict(self.shown()["detail"]),
            {
                "to": "is hard yes, limit usd 5.00, warn percent 80",
                "fields": "company, city",
                "again": "no",
                "number": 7,
            },
        )

    def test_the_platform_s_staff_has_neither_a_name_nor_an_id(self) -> None:
        with trails.acting(audit.Actor("platform", self.actor.pk)):
            audit.record("t.said")

        shown = self.shown()
        self.assertEqual((str(shown["who"]), shown["who_id"]), ("Candor's staff", None))


class FilterTests(TrailCase):
    def test_everything_is_shown_the_newest_first(self) -> None:
        self.note("t.one")
        self.note("t.two")

        self.assertEqual(self.found(), ["t.two", "t.one"])

    def test_by_person_by_kind_by_row_and_by_act(self) -> None:
        self.note("t.mine", by=self.actor)
        self.note("t.row", row=self.actor)
        self.note("t.other.one", by=self.auditor)

        self.assertEqual(self.found(actor_id=self.actor.pk), ["t.mine"])
        self.assertEqual(self.found(kind="user"), ["t.other.one", "t.mine"])
        self.assertEqual(self.found(kind="system"), ["t.row"])
        self.assertEqual(self.found(row=str(self.actor.pk)), ["t.row"])
        self.assertEqual(self.found(act="t.mine"), ["t.mine"])
        self.assertEqual(self.found(act="t."), ["t.other.one", "t.row", "t.mine"])
        self.assertEqual(self.found(actor_id=self.auditor.pk, act="t.mine"), [])

    def test_by_the_candidate_it_is_about(self) -> None:
        candidate = uuid7()
        token = audit.actor.set(audit.Actor("candidate", candidate))
        audit.record("t.answered", subject_id=candidate)
        audit.actor.reset(token)
        self.note("t.else")

        self.assertEqual(self.found(row=str(candidate)), ["t.answered"])

    def test_by_whole_days_in_utc(self) -> None:
        self.note("t.now")
        today = AuditEvent.objects.get(action="t.now").at.astimezone(UTC).date()
        day = timedelta(days=1)

        self.assertEqual(self.found(since=today, until=today), ["t.now"])
        self.assertEqual(self.found(since=today + day), [])
        self.assertEqual(self.found(until=today - day), [])
        self.assertEqual(self.found(since=today - day, until=today + day), ["t.now"])

    def test_the_ids_that_bound_a_day_leave_out_no_event_of_it(self) -> None:
        moment = datetime(2026, 3, 1, tzinfo=UTC)
        first = selectors._first_id(moment)
        inside = UUID(int=(int(moment.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62))
        before = UUID(int=((int(moment.timestamp() * 1000) - 1) << 80) | ((1 << 80) - 1))

        self.assertTrue(before < first <= inside)

    def test_pages_go_on_where_the_one_before_ended(self) -> None:
        for number in range(selectors.PAGE + 2):
            self.note("t.many", number=number)

        first = selectors.trail(Wanted(act="t.many"), details=True)
        second = selectors.trail(Wanted(act="t.many", before=first["next"]), details=True)

        numbers = [dict(event["detail"])["number"] for event in [*first["events"], *second["events"]]]
        self.assertEqual(numbers, list(range(selectors.PAGE + 1, -1, -1)))
        self.assertIsNone(second["next"])


class PageTests(TrailCase):
    def test_an_auditor_reads_who_did_what_to_which_row(self) -> None:
        self.note("t.changed", by=self.actor, row=self.actor, role="admin")

        html = self.client.get(PAGE).content.decode()

        for words in ("t.changed", "Ada Recruiter", str(self.actor.pk), "admin"):
            self.assertIn(words, html)

    def test_a_known_act_is_shown_in_words_beside_its_code(self) -> None:
        self.note("user.role_changed", by=self.actor, row=self.actor, role="admin")
        self.note("support.opened", route="portal_home", method="GET")

        html = self.client.get(PAGE).content.decode()

        for words in ("Changed somebody's role", "user.role_changed", "Opened: Overview"):
            self.assertIn(words, html.replace("&#x27;", "'"))

    def test_an_api_key_is_named_and_another_tenants_is_not(self) -> None:
        ours, theirs = (
            ApiKey.objects.create(
                tenant=Tenant.objects.get(schema_name=schema),
                name=f"Key of {schema}",
                made_by=self.actor.pk,
                expires_at=clock.now() + timedelta(days=1),
                prefix=schema,
                hashed="no secret has this hash",
                scopes=[],
            )
            for schema in (HOME, OTHER)
        )
        for key in (ours, theirs):
            token = audit.actor.set(audit.Actor("api_key", key.pk))
            audit.record("t.called")
            audit.actor.reset(token)

        who = [event["who"] for event in selectors.trail(Wanted(act="t.called"), details=True)["events"]]

        self.assertEqual(who, ["An API key", "API key Key of alpha"])

    def test_reading_is_noted_first_with_its_filter(self) -> None:
        self.client.get(PAGE, {"email": "ADA@alpha.example", "action": "user.", "since": "2026-01-02"})

        event = AuditEvent.objects.get(action="audit.viewed")
        self.assertEqual((event.actor_type, event.actor_id), ("user", self.auditor.pk))
        self.assertEqual(event.detail, {"actor_id": str(self.actor.pk), "act": "user.", "since": "2026-01-02"})
        self.assertContains(self.client.get(PAGE), "audit.viewed")

    def test_only_roles_that_hold_the_permission_read_it_and_a_refusal_is_no_reading(self) -> None:
        allowed = {Role.OWNER, Role.ADMIN, Role.AUDITOR}
        for role in Role:
            client = signed_in(person(f"{role}@alpha.example", role=role))
            self.assertEqual(client.get(PAGE).status_code, 200 if role in allowed else 403, role)
        self.assertEqual(TenantClient().get(PAGE).status_code, 302)
        with self.assertRaises(NotPermitted):
            trail.read(by=self.actor, wanted=Wanted())

        self.assertEqual(AuditEvent.objects.filter(action="audit.viewed").count(), len(allowed))

    def test_nothing_of_another_tenant_is_in_it_and_its_people_do_not_get_in(self) -> None:
        with self.in_tenant(OTHER):
            audit.record("t.theirs")
            theirs = signed_in(person("owner@beta.example", role=Role.OWNER), OTHER)

        self.assertNotContains(self.client.get(PAGE), "t.theirs")
        here = TenantClient()
        here.cookies = theirs.cookies
        self.assertEqual(here.get(PAGE).status_code, 302)

    def test_it_is_read_only(self) -> None:
        for method in ("post", "put", "patch", "delete"):
            self.assertEqual(getattr(self.client, method)(PAGE).status_code, 405)

    def test_bad_filters_are_messages_and_not_noted(self) -> None:
        bad = {
            "email": ["x", "nobody@alpha.example"],
            "row": ["' OR 1=1", "a" * 41],
            "action": ["x y", "%", "a.b.c"],
            "since": ["yesterday", "0001-01-01", "9999-12-31"],
            "until": ["2026-13-01", "9999-12-31"],
            "before": ["x"],
            "kind": ["root"],
        }
        for field, values in bad.items():
            for value in values:
                response = self.client.get(PAGE, {field: value})
                self.assertEqual(response.status_code, 400, (field, value))

        self.assertFalse(AuditEvent.objects.filter(action="audit.viewed").exists())

    def test_support_reads_the_trail_without_details(self) -> None:
        self.note("t.decided", outcome="reject")

        shown = trail.read(by=User(role=SUPPORT), wanted=Wanted(act="t.decided"))

        self.assertEqual([(event["action"], event["detail"]) for event in shown["events"]], [("t.decided", [])])

    def test_a_page_costs_the_same_queries_however_many_rows_there_are(self) -> None:
        self.client.get(PAGE)
        counts = []
        for _ in range(2):
            with self.subTest(), self.assertNumQueries(8):
                counts.append(self.client.get(PAGE).status_code)
            for number in range(60):
                self.note("t.many", by=self.actor, number=number)

        self.assertEqual(counts, [200, 200])
