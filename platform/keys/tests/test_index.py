"""An address is found again without being stored, and only inside its own tenant."""

import hashlib

from core import tenancy
from core.testing import OTHER, TenantTestCase
from keys import index


class IndexTests(TenantTestCase):
    def test_writing_it_differently_gives_the_same_index(self) -> None:
        forms = ("ada@example.org", "ADA@Example.ORG", "  ada@example.org\n", "ａｄａ@example.org")

        self.assertEqual(len({index.email(form) for form in forms}), 1)

    def test_different_addresses_have_different_indexes(self) -> None:
        forms = ("ada@example.org", "ada@example.com", "a.da@example.org", "ada+jobs@example.org")

        self.assertEqual(len({index.email(form) for form in forms}), 4)

    def test_two_tenants_cannot_compare_theirs(self) -> None:
        mine = index.email("ada@example.org")
        with self.in_tenant(OTHER):
            theirs = index.email("ada@example.org")

        self.assertNotEqual(mine, theirs)

    def test_it_is_no_hash_that_somebody_without_the_key_could_try_out(self) -> None:
        found = index.email("ada@example.org")

        self.assertRegex(found, r"\A[0-9a-f]{64}\Z")
        self.assertNotEqual(found, hashlib.sha256(b"ada@example.org").hexdigest())

    def test_without_a_tenant_there_is_none(self) -> None:
        tenancy.use(tenancy.Platform())

        with self.assertRaises(tenancy.NoTenant):
            index.email("ada@example.org")


class ContentTests(TenantTestCase):
    """A content is recognised in its own tenant, among those of its kind."""

    def test_equal_contents_are_equal_in_one_tenant_and_kind_alone(self) -> None:
        mine = index.content(b"resume", of="file")
        with self.in_tenant(OTHER):
            theirs = index.content(b"resume", of="file")

        self.assertRegex(mine, r"\A[0-9a-f]{64}\Z")
        self.assertEqual(mine, index.content(b"resume", of="file"))
        different = {mine, theirs, index.content(b"resume", of="text"), index.content(b"resume ", of="file")}
        self.assertEqual(len(different | {hashlib.sha256(b"resume").hexdigest()}), 5)
