"""The exact cache: sealed, one tenant's, and gone with the person."""

import math
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.test import override_settings
from prometheus_client import REGISTRY

from core import tenancy
from core.ids import uuid7
from core.redis import client
from core.testing import OTHER, TenantTestCase
from keys import ring
from keys.box import seal_box
from keys.models import SubjectKey
from llm import cache
from llm.cache import AnotherTenant, Stored
from llm.tests.keeping import ANSWER, QUESTION, held, key, redis_away


def counted(outcome: str) -> float:
    labels = {"feature": "question_drafts", "outcome": outcome}
    return REGISTRY.get_sample_value("candor_llm_cache_total", labels) or 0.0


class CacheCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.before = {outcome: counted(outcome) for outcome in ("hit", "miss", "refused", "away")}

    def subject(self) -> UUID:
        subject_id = uuid7()
        ring.create_subject_key(tenancy.tenant_id(), subject_id)
        return subject_id

    def assert_counted(self, **expected: int) -> None:
        counts = {outcome: counted(outcome) - before for outcome, before in self.before.items()}
        self.assertEqual(counts, {"hit": 0, "miss": 0, "refused": 0, "away": 0} | expected)


class KeyTests(TenantTestCase):
    def test_the_same_question_has_the_same_key_whatever_the_order_of_its_parts(self) -> None:
        turned = {"max_tokens": 200, "temperature": 0.0}

        self.assertEqual(key(), key(parameters=turned))
        self.assertRegex(key(), r"\Acandor:alpha:llm-cache:question_drafts:[0-9a-f]{64}\Z")

    def test_every_part_of_the_question_makes_another_key(self) -> None:
        messages = QUESTION["messages"]
        changes: list[dict[str, Any]] = [
            {},
            {"feature": "report"},
            {"model_class": "simple"},
            {"prompt_version": "drafts.v2"},
            {"parameters": {"temperature": 0.1, "max_tokens": 200}},
            {"parameters": {}},
            {"messages": messages[:1]},
            {"messages": messages[::-1]},
            {"messages": [*messages, {"role": "user", "content": ""}]},
            {"messages": [messages[0] | {"role": "user"}, messages[1]]},
            {"output_schema": None},
            {"output_schema": {}},
            {"subject_id": uuid7()},
            {"subject_id": uuid7()},
            {"shared": True},
        ]

        self.assertEqual(len({key(**change) for change in changes}), len(changes))

    def test_another_tenant_s_same_question_has_another_key(self) -> None:
        mine = key()

        with self.in_tenant(OTHER):
            theirs = key()

        self.assertNotEqual(mine.rpartition(":")[2], theirs.rpartition(":")[2])
        self.assertTrue(theirs.startswith("candor:beta:llm-cache:"))

    def test_a_shared_key_is_the_same_for_all_tenants_and_needs_none(self) -> None:
        mine = key(shared=True)

        with self.in_tenant(OTHER):
            theirs = key(shared=True)
        tenancy.use(tenancy.Platform())

        self.assertEqual({mine, theirs}, {cache.key(schema="", shared=True, **QUESTION)})
        self.assertRegex(mine, r"\Acandor:llm:cache:question_drafts:[0-9a-f]{64}\Z")

    def test_a_shared_key_depends_on_the_platform_s_secret(self) -> None:
        mine = key(shared=True)

        with override_settings(SECRET_KEY="another"):  # pragma: allowlist secret
            self.assertNotEqual(key(shared=True), mine)

    def test_what_is_about_a_person_is_never_shared(self) -> None:
        with self.assertRaises(ValueError):
            key(shared=True, subject_id=uuid7())

    def test_a_key_is_made_for_the_tenant_that_was_entered_alone(self) -> None:
        with self.assertRaises(AnotherTenant):
            key(schema="beta")

    def test_parameters_without_a_place_in_json_are_refused(self) -> None:
        for value in (math.nan, {1, 2}, object()):
            with self.subTest(value), self.assertRaises(ValueError):
                key(parameters={"x": value})

    def test_half_a_surrogate_pair_has_a_key(self) -> None:
        self.assertNotEqual(key(messages=[{"role": "user", "content": "\ud800"}]), key(messages=[]))


class AnswerTests(CacheCase):
    def test_what_was_put_is_got_again_and_both_are_counted(self) -> None:
        self.assertIsNone(cache.get(key()))

        cache.put(key(), ANSWER, seconds=60)

        self.assertEqual(cache.get(key()), ANSWER)
        self.assert_counted(hit=1, miss=1)

    def test_it_lives_as_long_as_was_said(self) -> None:
        cache.put(key(), ANSWER, seconds=86_400)

        self.assertIn(client().ttl(key()), range(86_395, 86_401))

    def test_redis_holds_nothing_of_the_question_or_the_answer(self) -> None:
        cache.put(key(), ANSWER, seconds=60)

        found = held(key())
        for word in (b"measure", b"mock-1", b"Anna", b"tokens"):
            self.assertNotIn(word, found + key().encode())

    def test_a_shared_answer_is_found_by_every_tenant(self) -> None:
        cache.put(key(shared=True), ANSWER, seconds=60)

        with self.in_tenant(OTHER):
            self.assertEqual(cache.get(key(shared=True)), ANSWER)

    def test_another_tenant_s_key_is_refused(self) -> None:
        mine = key()
        cache.put(mine, ANSWER, seconds=60)

        with self.in_tenant(OTHER):
            self.assertRaises(AnotherTenant, cache.get, mine)
            self.assertRaises(AnotherTenant, cache.put, mine, ANSWER, seconds=60)
        self.assertEqual(cache.get(mine), ANSWER)

    def test_what_another_tenant_put_under_my_key_by_force_does_not_open(self) -> None:
        with self.in_tenant(OTHER):
            theirs = key()
            cache.put(theirs, ANSWER, seconds=60)
        client().set(key(), held(theirs))

        self.assertIsNone(cache.get(key()))

    def test_damaged_and_misplaced_values_are_thrown_away_and_counted(self) -> None:
        cache.put(key(messages=[]), ANSWER, seconds=60)
        good = held(key(messages=[]))
        values = [b"", b"x", good, good[:-1], good[:20] + b"\x00" + good[21:]]

        for value in values:
            client().set(key(), value)
            self.assertIsNone(cache.get(key()))
            self.assertEqual(client().exists(key()), 0)
        self.assert_counted(miss=len(values), refused=len(values))

    def test_a_value_of_another_shape_is_a_miss(self) -> None:
        for plain in (b"[]", b"{}", b'{"text":1}', b"not json"):
            cipher, context = cache._cipher(key(), None), cache._context(key(), None)
            client().set(key(), seal_box(cipher, plain, context))

            self.assertIsNone(cache.get(key()))

    def test_an_answer_above_64_kb_is_not_kept(self) -> None:
        empty = len(cache.seal(key(), replace(ANSWER, text=""), None))
        cache.put(key(), replace(ANSWER, text="x" * (64 * 1024 - empty + 1)), seconds=60)
        self.assertEqual(client().exists(key()), 0)
        self.assert_counted(refused=1)

        cache.put(key(), replace(ANSWER, text="x" * (64 * 1024 - empty)), seconds=60)
        self.assertEqual(client().exists(key()), 1)

    def test_no_time_to_keep_it_is_an_error(self) -> None:
        for seconds in (0, -1):
            with self.assertRaises(ValueError):
                cache.put(key(), ANSWER, seconds=seconds)

    def test_without_redis_every_look_is_a_miss(self) -> None:
        name = key()
        with redis_away():
            cache.put(name, ANSWER, seconds=60)
            self.assertIsNone(cache.get(name))
            self.assertEqual(cache.purge(uuid7()), 0)

        self.assert_counted(miss=1, away=2)


class PersonTests(CacheCase):
    def kept(self, subject_id: UUID, number: int = 0) -> str:
        name = key(prompt_version=f"drafts.v{number}", subject_id=subject_id)
        cache.put(name, ANSWER, seconds=600 * (number + 1), subject_id=subject_id)
        return name

    def test_it_opens_for_that_person_alone(self) -> None:
        anna, ben = self.subject(), self.subject()
        name = self.kept(anna)

        self.assertEqual(cache.get(name, subject_id=anna), ANSWER)
        self.assertIsNone(cache.get(name, subject_id=ben))

    def test_it_can_not_be_read_once_the_person_s_key_is_destroyed(self) -> None:
        anna = self.subject()
        name = self.kept(anna)

        SubjectKey.objects.filter(subject_id=anna).delete()
        ring.forget()

        self.assertIsNone(cache.get(name, subject_id=anna))
        self.assertEqual(client().exists(name), 0)

    def test_nothing_is_kept_about_a_person_without_a_key(self) -> None:
        name = self.kept(uuid7())

        self.assertEqual(client().exists(name), 0)
        self.assert_counted(refused=1)

    def test_a_purge_deletes_all_of_one_person_and_of_nobody_else(self) -> None:
        anna, ben = self.subject(), self.subject()
        of_anna, of_ben = [self.kept(anna, number) for number in range(3)], self.kept(ben)
        cache.put(key(), ANSWER, seconds=60)

        self.assertEqual(cache.purge(anna), 3)

        self.assertEqual(client().exists(*of_anna), 0)
        self.assertEqual(client().exists(of_ben, key()), 2)
        self.assertEqual(cache.purge(anna), 0)

    def test_the_list_of_a_person_s_answers_lives_as_long_as_the_longest_of_them(self) -> None:
        anna = self.subject()
        for number in (2, 0, 1):
            self.kept(anna, number)

        self.assertIn(client().ttl(f"candor:alpha:llm-cache-of:{anna}"), range(1795, 1801))

    def test_a_call_that_ends_after_the_purge_keeps_nothing(self) -> None:
        anna = self.subject()
        cache.purge(anna)

        self.assertEqual(client().exists(self.kept(anna)), 0)

    def test_another_tenant_can_not_purge_it(self) -> None:
        anna = self.subject()
        name = self.kept(anna)

        with self.in_tenant(OTHER):
            self.assertEqual(cache.purge(anna), 0)

        self.assertEqual(cache.get(name, subject_id=anna), ANSWER)


class StoredTests(TenantTestCase):
    def test_no_answer_is_lost_or_changed_on_the_way(self) -> None:
        for text in ("", "\x00\x85", "🙂名", "\ud800", "a" * 10_000):
            stored = Stored(text, "m", "length", 0, 0, 0, 2**62)

            cache.put(key(), stored, seconds=60)

            self.assertEqual(cache.get(key()), stored)
