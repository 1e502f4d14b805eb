"""Whatever is sent, a directory gets a refusal in SCIM's words, never a 500, and nothing half-made remains."""

import json
from typing import Any

from django.test import SimpleTestCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import ScimGroup, User
from core.testing import TenantTestCase
from tenants.services.scim import patching
from tenants.services.scim.documents import GROUP
from tenants.services.scim.errors import Refused
from tenants.tests.directory import GROUPS, USERS, Directory, token, verified
from tenants.tests.keyed import owner

FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
names = st.sampled_from(
    [
        "userName",
        "USERNAME",
        "active",
        "emails",
        "name",
        "displayName",
        "externalId",
        "members",
        "id",
        "schemas",
        "name.givenName",
        "groups",
        "a.b.c",
        "[",
        "$ref",
        "emails[type",
        "members[value",
        "urn:x:y",
        "emails.value",
        'emails[type eq "work"].value',
        "members[value eq",
        "",
    ]
)
documents = st.dictionaries(
    names, values | st.lists(st.dictionaries(names, values, max_size=2), max_size=2), max_size=5
)
operations = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(["add", "Replace", "REMOVE", "x"]) | scalars,
        "path": names | st.text(max_size=30) | scalars,
        "value": values | documents,
    },
)
terms = st.sampled_from(
    [
        "userName",
        "eq",
        '"x"',
        "and",
        "or",
        "not",
        "(",
        ")",
        "[",
        "]",
        "active",
        "true",
        "pr",
        ".",
        "id",
        "emails",
        "gt",
        "\\",
        '"',
        "1",
        "null",
        "urn:a:b:",
        "members",
        "value",
        "é",
        "\x00",
        '"\\u0000"',
        '"\\ud800"',
        'emails[type eq "a"]',
        '[type eq "b"]',
    ]
)


class GarbageTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        verified("alpha.example")
        self.directory = Directory(token(owner()))
        self.eve = self.directory.make("eve@alpha.example")["id"]
        self.team = self.directory.group("Team", self.eve)["id"]

    def fine(self, response: Any) -> None:
        self.assertLess(response.status_code, 500, response.content)
        if response.status_code >= 400:
            self.assertEqual(response["Content-Type"], "application/scim+json")
            self.assertTrue(response.json()["detail"])

    def refused(self, body: Any, status: int = 400) -> None:
        before = User.objects.count(), ScimGroup.objects.count()
        for method, path in (("POST", USERS), ("PUT", f"{USERS}/{self.eve}"), ("PATCH", f"{GROUPS}/{self.team}")):
            response = self.directory.send(method, path, body)
            self.assertEqual(response.status_code, status, response.content)
            self.fine(response)
        self.assertEqual((User.objects.count(), ScimGroup.objects.count()), before)

    def test_what_is_no_json_object_is_refused(self) -> None:
        deep = '{"a":' * 5000 + "1" + "}" * 5000
        for body in (
            *("", "{", "[]", "null", '"x"', "7", "NaN", '{"userName": NaN}', "[" * 100_000, deep, "{'a': 1}"),
            *(b"\xff\xfe", b"\x00", '{"userName": "a\\u0000b@alpha.example"}', '{"userName": "\\ud800@alpha.example"}'),
            *('{"userName": ' + "9" * 5000 + "}", '{"a": 1e999, "userName": 1e999}', "<x/>", "userName=eve"),
        ):
            with self.subTest(body[:40]):
                self.refused(body)

    def test_wrong_types_are_refused(self) -> None:
        odd: tuple[dict[str, Any], ...] = (
            *({"userName": 7}, {"userName": ["x"]}, {"userName": "x" * 300}, {"userName": "   "}, {"userName": None}),
            *({"emails": "x"}, {"emails": [["x"]]}, {"emails": [{"value": 7}]}, {"emails": [{"value": "nobody"}]}),
            *({"emails": [{"value": "x@alpha.example", "primary": "maybe"}]}, {"emails": [{}] * 11}),
            *({"active": "perhaps"}, {"active": 1}, {"active": []}, {"name": "x"}, {"name": {"givenName": 7}}),
            *({"displayName": "a\x07b"}, {"externalId": {}}, {"emails": [{"value": "a@b.example\n@alpha.example"}]}),
        )
        for more in odd:
            with self.subTest(str(more)[:60]):
                response = self.directory.send("POST", USERS, {"userName": "new@alpha.example"} | more)
                self.assertEqual(response.status_code, 400, response.content)
                self.fine(response)
        self.assertEqual(User.objects.count(), 2)

    def test_a_body_that_is_too_large_is_not_read(self) -> None:
        body = json.dumps({"userName": "x" * 300_000})

        self.assertEqual(self.directory.send("POST", USERS, body).status_code, 413)

    def test_odd_queries_are_refused(self) -> None:
        for query in ("filter=%00", "startIndex=x", "count=1e3", "count=²", "startIndex=99999999999", "attributes=%00"):
            response = self.directory.client.get(f"{USERS}?{query}")
            self.assertEqual(response.status_code, 400, query)
            self.fine(response)
        self.assertEqual(self.directory.client.get(f"{USERS}?startIndex=999999999").json()["Resources"], [])

    def test_any_document(self) -> None:
        @FEW
        @given(documents)
        def send(document: Any) -> None:
            for path in (USERS, GROUPS):
                self.fine(self.directory.send("POST", path, document))
            for path in (f"{USERS}/{self.eve}", f"{GROUPS}/{self.team}"):
                self.fine(self.directory.send("PUT", path, document))

        send()

    def test_any_operations(self) -> None:
        @FEW
        @given(st.lists(operations, max_size=3) | values)
        def send(asked: Any) -> None:
            for path in (f"{USERS}/{self.eve}", f"{GROUPS}/{self.team}"):
                self.fine(self.directory.send("PATCH", path, {"Operations": asked}))

        send()

    def test_any_filter(self) -> None:
        @FEW
        @given(st.lists(terms, max_size=12).map(" ".join) | st.text(max_size=60))
        def send(query: str) -> None:
            for path in (USERS, GROUPS):
                self.fine(self.directory.client.get(path, {"filter": query}))

        send()

    def test_any_bytes(self) -> None:
        @FEW
        @given(st.binary(max_size=200))
        def send(body: bytes) -> None:
            self.fine(self.directory.send("POST", USERS, body))

        send()


class Member(dict[str, str]):
    """A value that is never compared with another one as a whole: of 5,000 that is 25 million comparisons."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")

    __hash__ = None


class CostTests(SimpleTestCase):
    MANY: dict[str, Any] = {"members": [Member(value=str(n)) for n in range(5000)]}

    def test_an_operation_looks_at_each_value_once(self) -> None:
        every = {"op": "replace", "path": "members[value pr].type", "value": "User"}
        one = {"op": "remove", "path": 'members[value eq "7"]'}

        changed = patching.apply(self.MANY, [one, every], GROUP)

        self.assertEqual(len(changed["members"]), 4999)
        self.assertEqual({row["type"] for row in changed["members"]}, {"User"})

    def test_many_operations_on_many_values_are_refused_before_they_cost_minutes(self) -> None:
        every = {"op": "replace", "path": "members[value pr].type", "value": "User"}

        with self.assertRaises(Refused) as refused:
            patching.apply(self.MANY, [every] * 101, GROUP)

        self.assertEqual((refused.exception.status, refused.exception.kind), (400, "tooMany"))
