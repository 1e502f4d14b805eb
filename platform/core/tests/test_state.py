from typing import Any

from django.db.models import Q
from django_tenants.utils import get_tenant_model

from core import state
from core.state import TransitionNotAllowed
from core.testing import TenantTestCase

Tenant: Any = get_tenant_model()


class MoveTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.tenant = Tenant.objects.get(schema_name="alpha")

    def stored(self) -> tuple[str, str]:
        row: tuple[str, str] = Tenant.objects.values_list("status", "name").get(pk=self.tenant.pk)
        return row

    def test_an_allowed_edge_is_one_guarded_update_that_sets_the_changes_too(self) -> None:
        with self.assertNumQueries(1):
            state.move(self.tenant, "suspended", name="Alpha, late")

        self.assertEqual(self.stored(), ("suspended", "Alpha, late"))
        self.assertEqual((self.tenant.status, self.tenant.name), ("suspended", "Alpha, late"))

    def test_an_edge_that_is_not_there_leaves_the_row_and_the_object_as_they_were(self) -> None:
        with self.assertRaises(TransitionNotAllowed):
            state.move(self.tenant, "provisioning", name="Mallory")

        self.assertEqual(self.stored(), ("ready", "Alpha"))
        self.assertEqual((self.tenant.status, self.tenant.name), ("ready", "Alpha"))

    def test_a_state_that_does_not_exist_cannot_be_entered(self) -> None:
        with self.assertRaises(TransitionNotAllowed):
            state.move(self.tenant, "sold")

        self.assertEqual(self.stored(), ("ready", "Alpha"))

    def test_the_database_decides_and_not_the_object_in_memory(self) -> None:
        late = Tenant.objects.get(pk=self.tenant.pk)
        state.move(self.tenant, "suspended", name="first")

        with self.assertRaises(TransitionNotAllowed):
            state.move(late, "suspended", name="second")

        self.assertEqual(self.stored(), ("suspended", "first"))
        self.assertEqual(late.name, "Alpha")

    def test_a_further_condition_that_fails_leaves_the_row_unchanged(self) -> None:
        with self.assertRaises(TransitionNotAllowed):
            state.move(self.tenant, "suspended", where=Q(plan_code="enterprise"))

        self.assertEqual(self.stored(), ("ready", "Alpha"))

    def test_a_named_source_shuts_the_other_ways_to_the_same_state(self) -> None:
        with self.assertRaises(TransitionNotAllowed):
            state.move(self.tenant, "suspended", source="suspended", name="Mallory")
        self.assertEqual(self.stored(), ("ready", "Alpha"))

        state.move(self.tenant, "suspended", source="ready")
        self.assertEqual(self.stored(), ("suspended", "Alpha"))

    def test_a_condition_on_another_table_is_refused_since_it_would_not_be_checked_again(self) -> None:
        with self.assertRaisesMessage(ValueError, "own columns"):
            state.move(self.tenant, "suspended", where=Q(domains__domain="alpha.candor.localhost"))

        self.assertEqual(self.stored(), ("ready", "Alpha"))

    def test_a_further_condition_that_holds_lets_it_pass(self) -> None:
        state.move(self.tenant, "suspended", where=Q(plan_code="starter"))

        self.assertEqual(self.stored(), ("suspended", "Alpha"))

    def test_no_other_row_moves(self) -> None:
        state.move(self.tenant, "suspended")

        self.assertEqual(Tenant.objects.get(schema_name="beta").status, "ready")

    def test_the_error_names_the_row_and_the_state_and_no_content(self) -> None:
        with self.assertRaises(TransitionNotAllowed) as caught:
            state.move(self.tenant, "failed", name="Mallory")

        self.assertEqual(str(caught.exception), f"Tenant {self.tenant.pk} -> failed")
