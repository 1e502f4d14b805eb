"""Where there is no replica, reads that may lag go where all others go; what was read from one is written elsewhere."""

from typing import Any

from django.db import connections

from accounts.models import Identity, User
from core import replica
from core.routers import SchemaRouter
from core.testing import TenantTestCase
from keys.models import TenantKey


def read_from(alias: str, model: Any = User) -> Any:
    row = model()
    row._state.db = alias
    return row


class NoReplicaTests(TenantTestCase):
    def test_the_database_itself_is_read(self) -> None:
        self.assertNotIn("replica", connections)

        self.assertEqual(replica.may_lag(), "default")


class RouterTests(TenantTestCase):
    router = SchemaRouter()

    def test_a_row_of_the_replica_is_saved_to_the_database(self) -> None:
        self.assertEqual(self.router.db_for_write(User, instance=read_from("replica")), "default")
        self.assertIsNone(self.router.db_for_write(User, instance=read_from("owner")))
        self.assertIsNone(self.router.db_for_write(User))

    def test_keys_are_never_anywhere_but_in_their_own(self) -> None:
        self.assertEqual(self.router.db_for_write(TenantKey, instance=read_from("replica", TenantKey)), "keys")
        self.assertEqual(self.router.db_for_read(TenantKey), "keys")

    def test_a_row_may_point_to_one_of_the_replica_but_none_to_a_key(self) -> None:
        one, other = read_from("replica"), read_from("default", Identity)

        self.assertTrue(self.router.allow_relation(one, other))
        self.assertIsNone(self.router.allow_relation(one, read_from("replica")))
        self.assertFalse(self.router.allow_relation(read_from("keys", TenantKey), other))
