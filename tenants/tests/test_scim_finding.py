"""A directory looks people up: filters, pages, and the attributes that it asked for."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.tests.directory import ENTERPRISE, ENTRA, OKTA, USERS, DirectoryCase


class FindingTests(DirectoryCase):
    def test_filters_find_what_they_name(self) -> None:
        first = self.directory.make(**OKTA)["id"]
        second = self.directory.make(**ENTRA)["id"]
        self.directory.patch(f"{USERS}/{second}", {"op": "replace", "path": "active", "value": False})
        mine = str(self.owner.pk)

        for query, wanted in (
            ('externalId eq "00ujl29u0le5T6Aj10h7"', [first]),
            ('externalId eq "00UJL29U0LE5T6AJ10H7"', []),
            ("active eq false", [second]),
            ('active eq "True"', [mine, first]),
            ('userName sw "test" and active eq true', [first]),
            ('userName eq "owner@alpha.example"', [mine]),
            ('userName eq "owner@alpha.example" or userName sw "TEST" and active eq false', [mine, second]),
            ('(userName eq "owner@alpha.example" or userName sw "test") and active eq false', [second]),
            ("not (active eq true)", [second]),
            ('emails.value eq "BOB@alpha.example"', [second]),
            ('emails[type eq "work"].value eq "bob@alpha.example"', [second]),
            ('urn:ietf:params:scim:schemas:core:2.0:User:userName co "test_user"', [second]),
            (f'id eq "{first}"', [first]),
            ('id eq "nobody"', []),
            ("externalId pr", [first, second]),
            ('displayName eq "o\\u0077ner"', []),
            ('userName eq "100%"', []),
        ):
            with self.subTest(query):
                self.assertEqual(sorted(self.directory.ids(query)), sorted(wanted))

    def test_a_filter_that_can_t_be_used_is_refused(self) -> None:
        for query in (
            "userName",
            'userName xx "a"',
            'nickName eq "a"',
            "active gt true",
            'userName eq "a',
            "(" * 400,
            'userName eq "' + "a" * 1000 + '"',
            " or ".join(['userName eq "a"'] * 60),
            'emails[type eq "a" and (value eq "b")]',
            'userName eq "\\q"',
            'userName eq "\\u0000"',
            'externalId sw "a\\ud800"',
            'emails[type eq "a"][type eq "b"] eq "c"',
            'emails[type eq "a"][type eq "b"].value eq "c"',
            f'{ENTERPRISE}:department eq "x"',
        ):
            with self.subTest(query[:60]):
                self.refused(self.directory.client.get(USERS, {"filter": query}), 400, "invalidFilter")

    def test_pages_follow_each_other_without_a_gap(self) -> None:
        ids = [self.directory.make(f"p{n}@alpha.example")["id"] for n in range(4)]
        found = []
        for start in (1, 3, 5):
            page = self.directory.client.get(USERS, {"startIndex": start, "count": 2}).json()
            self.assertEqual((page["totalResults"], page["startIndex"]), (5, start))
            found += [row["id"] for row in page["Resources"]]

        self.assertEqual(found, [str(self.owner.pk), *ids])
        zero = self.directory.client.get(USERS, {"startIndex": 0, "count": 0}).json()
        self.assertEqual((zero["totalResults"], zero["itemsPerPage"], zero["Resources"]), (5, 0, []))
        self.assertEqual(self.directory.client.get(USERS, {"count": -1}).json()["itemsPerPage"], 0)
        self.refused(self.directory.client.get(USERS, {"count": "many"}), 400, "invalidValue")

    def test_a_page_costs_the_same_however_many_people_are_on_it(self) -> None:
        self.directory.make("p0@alpha.example")
        self.directory.client.get(USERS)
        counts = []
        for n in (1, 5):
            with CaptureQueriesContext(connection) as queries:
                self.directory.client.get(USERS)
            counts.append(len(queries))
            for more in range(4):
                self.directory.make(f"q{n}{more}@alpha.example")

        self.assertEqual(counts[0], counts[1])

    def test_only_the_attributes_that_were_asked_for_come_back(self) -> None:
        made = self.directory.make(**OKTA)

        only = self.directory.client.get(f"{USERS}/{made['id']}", {"attributes": "userName,name.givenName"}).json()
        without = self.directory.client.get(f"{USERS}/{made['id']}", {"excludedAttributes": "emails"}).json()

        self.assertEqual(sorted(only), ["id", "name", "schemas", "userName"])
        self.assertNotIn("emails", without)
