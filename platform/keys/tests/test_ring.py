from uuid import UUID, uuid4

from django.db import connections

from core import tenancy
from core.ids import uuid7
from core.testing import OTHER, CommittingTestCase, TenantTestCase, at_once
from keys import ring
from keys.box import CannotOpen
from keys.models import SubjectKey, TenantKey
from keys.ring import KeyDestroyed


class TenantKeyTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        ring.forget()
        self.addCleanup(ring.forget)

    def test_each_tenant_has_a_key_of_32_bytes_of_its_own(self) -> None:
        mine = ring.tenant_key(tenancy.tenant_id())
        with self.in_tenant(OTHER):
            theirs = ring.tenant_key(tenancy.tenant_id())

        self.assertEqual((len(mine), len(theirs)), (32, 32))
        self.assertNotEqual(mine, theirs)

    def test_making_it_again_keeps_the_one_it_has(self) -> None:
        before = ring.tenant_key(tenancy.tenant_id())

        ring.create_tenant_key(tenancy.tenant_id())
        ring.forget()

        self.assertEqual(ring.tenant_key(tenancy.tenant_id()), before)
        self.assertEqual(TenantKey.objects.filter(tenant_id=tenancy.tenant_id()).count(), 1)

    def test_it_is_unwrapped_once_and_remembered(self) -> None:
        ring.tenant_key(tenancy.tenant_id())

        with self.assertNumQueries(0, using="keys"):
            ring.tenant_key(tenancy.tenant_id())

    def test_a_tenant_without_a_key_has_none(self) -> None:
        with self.assertRaises(KeyDestroyed):
            ring.tenant_key(uuid4())

    def test_the_stored_key_is_wrapped_and_says_by_which(self) -> None:
        row = TenantKey.objects.get(tenant_id=tenancy.tenant_id())

        self.assertNotIn(ring.tenant_key(tenancy.tenant_id()), bytes(row.wrapped))
        self.assertRegex(row.kek_id, r"\A[0-9a-f]{16}\Z")

    def test_a_wrapped_key_that_was_moved_to_another_tenant_does_not_open(self) -> None:
        mine = TenantKey.objects.get(tenant_id=tenancy.tenant_id())
        with self.in_tenant(OTHER):
            TenantKey.objects.filter(tenant_id=tenancy.tenant_id()).update(wrapped=mine.wrapped)
            with self.assertRaises(CannotOpen):
                ring.tenant_key(tenancy.tenant_id())

    def test_keys_for_different_purposes_differ_and_none_is_the_wrapping_key(self) -> None:
        tenant = tenancy.tenant_id()
        found = {ring.derived(tenant, "fields"), ring.derived(tenant, "email-index"), ring.tenant_key(tenant)}

        self.assertEqual(len(found), 3)
        self.assertEqual(ring.derived(tenant, "fields"), ring.derived(tenant, "fields"))


class SubjectKeyTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        ring.forget()
        self.addCleanup(ring.forget)
        self.tenant, self.subject = tenancy.tenant_id(), uuid7()

    def test_each_person_has_a_key_of_her_own(self) -> None:
        other = uuid7()
        for subject in (self.subject, other):
            ring.create_subject_key(self.tenant, subject)

        self.assertNotEqual(ring.subject_key(self.tenant, self.subject), ring.subject_key(self.tenant, other))

    def test_making_it_again_keeps_the_one_she_has(self) -> None:
        ring.create_subject_key(self.tenant, self.subject)
        before = ring.subject_key(self.tenant, self.subject)

        ring.create_subject_key(self.tenant, self.subject)
        ring.forget()

        self.assertEqual(ring.subject_key(self.tenant, self.subject), before)
        self.assertEqual(SubjectKey.objects.filter(subject_id=self.subject).count(), 1)

    def test_nobody_gets_a_key_by_being_asked_for(self) -> None:
        with self.assertRaises(KeyDestroyed):
            ring.subject_key(self.tenant, self.subject)

        self.assertEqual(SubjectKey.objects.count(), 0)

    def test_the_same_person_s_id_in_another_tenant_has_no_key(self) -> None:
        ring.create_subject_key(self.tenant, self.subject)

        with self.in_tenant(OTHER), self.assertRaises(KeyDestroyed):
            ring.subject_key(tenancy.tenant_id(), self.subject)

    def test_a_wrapped_key_that_was_moved_to_another_person_does_not_open(self) -> None:
        other = uuid7()
        for subject in (self.subject, other):
            ring.create_subject_key(self.tenant, subject)
        mine = SubjectKey.objects.get(subject_id=self.subject)
        SubjectKey.objects.filter(subject_id=other).update(wrapped=mine.wrapped)

        with self.assertRaises(CannotOpen):
            ring.subject_key(self.tenant, other)

    def test_a_destroyed_key_is_forgotten_after_a_minute_at_the_latest(self) -> None:
        ring.create_subject_key(self.tenant, self.subject)
        ring.subject_key(self.tenant, self.subject)
        SubjectKey.objects.all().delete()
        place = (self.tenant, self.subject)
        until, key = ring._memory._kept[place]
        ring._memory._kept[place] = (until - ring.REMEMBER_SECONDS - 1, key)

        with self.assertRaises(KeyDestroyed):
            ring.subject_key(self.tenant, self.subject)
        self.assertEqual(ring.REMEMBER_SECONDS, 60)

    def test_the_memory_drops_the_oldest_first(self) -> None:
        memory, places = ring._Memory(), [(self.tenant, UUID(int=number)) for number in range(4)]
        before, ring.REMEMBER_KEYS = ring.REMEMBER_KEYS, 3
        self.addCleanup(setattr, ring, "REMEMBER_KEYS", before)

        for place in places:
            memory.put(place, b"key")

        self.assertEqual([memory.get(place) for place in places], [None, b"key", b"key", b"key"])


class AtOnceTests(CommittingTestCase):
    def test_of_eight_that_make_the_same_person_s_key_all_use_one(self) -> None:
        tenant, subject = tenancy.tenant_id(), uuid7()

        def make() -> bytes:
            ring.create_subject_key(tenant, subject)
            return ring.subject_key(tenant, subject)

        found = at_once(*[make] * 8)

        self.assertEqual(len(set(found)), 1)
        self.assertIsInstance(found[0], bytes)


class PlaceTests(TenantTestCase):
    def test_keys_stand_in_a_database_of_their_own(self) -> None:
        with connections["keys"].cursor() as cursor:
            cursor.execute("SELECT current_database()")
            keys = cursor.fetchone()
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT current_database(), to_regclass('keys_tenantkey'), to_regclass('keys_subjectkey')")
            default = cursor.fetchone()

        self.assertNotEqual(keys[0], default[0])
        self.assertEqual(default[1:], (None, None))
