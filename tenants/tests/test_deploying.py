"""A deploy migrates what drifted, a canary first; it can be killed and run again; a failed tenant blocks no other."""

from unittest import mock

import psycopg
from django.db import OperationalError, ProgrammingError, connections

from core import tenancy
from core.testing import BLOCKED
from tenants.models import Blueprint, SchemaMigration, Tenant
from tenants.services import blueprint, deploying, ledger, locks, migrations, provisioning, schemas
from tenants.tests.fleet import FLEET, FleetCase, as_owner, fall_behind, states


class DeployTests(FleetCase):
    def test_what_drifted_is_migrated_and_nothing_else(self) -> None:
        fall_behind("two", "beta")

        with self.failing():
            outcome = self.deploy()

        self.assertEqual(self.migrated, ["beta", "two"])
        self.assertEqual(outcome, deploying.Outcome(("beta", "two"), {}, ()))
        self.assertEqual(self.said, ["migrated schema beta", "migrated schema two"])
        self.assertEqual(schemas.drifted(), [])
        row = ledger.rows().get(pk="two")
        self.assertEqual((row.state, row.error, row.attempts), ("done", "", 1))
        self.assertEqual((row.fingerprint, row.heads), (migrations.fingerprint(), migrations.heads()))
        assert row.started_at is not None and row.finished_at is not None
        self.assertLess(row.started_at, row.finished_at)
        self.assertEqual(set(row.heads), {"accounts", "audit", "compliance", "interviews"})

    def test_when_nothing_drifted_nothing_is_done(self) -> None:
        with self.failing():
            self.assertEqual(self.deploy(), deploying.Outcome((), {}, ()))

        self.assertEqual((self.migrated, states()), ([], {}))

    def test_the_canary_goes_first_and_when_it_fails_nobody_follows(self) -> None:
        fall_behind(*FLEET)

        with self.failing("one"):
            outcome = self.deploy()

        self.assertEqual(self.migrated, ["one"])
        self.assertEqual(outcome, deploying.Outcome((), {"one": "ValueError: no"}, ("two", "three", "four")))
        self.assertEqual(states(), {"one": "failed", "two": "owed", "three": "owed", "four": "owed"})
        self.assertEqual(schemas.drifted(), list(FLEET))

    def test_another_canary_can_be_named(self) -> None:
        fall_behind(*FLEET)

        with self.failing("one"):
            outcome = self.deploy(canary="three")

        self.assertEqual(self.migrated[0], "three")
        self.assertEqual(set(outcome.migrated), {"two", "three", "four"})
        with self.assertRaises(deploying.NoSuchCanary):
            self.deploy(canary="nobody")

    def test_a_tenant_that_fails_blocks_no_other_and_is_tried_again_by_the_next_run(self) -> None:
        fall_behind(*FLEET)
        with self.failing("two"):
            outcome = self.deploy()
        self.assertEqual((set(outcome.migrated), outcome.failed), ({"one", "three", "four"}, {"two": "ValueError: no"}))

        fall_behind("four")  # a failed tenant is no canary, once one came through
        with self.failing("two"):
            outcome = self.deploy()
        self.assertEqual((outcome.migrated, set(outcome.failed)), (("four",), {"two"}))

        with self.failing():
            outcome = self.deploy()

        self.assertEqual((self.migrated, outcome.migrated), (["two"], ("two",)))
        self.assertEqual(ledger.rows().get(pk="two").attempts, 3)
        self.assertEqual(schemas.drifted(), [])

    def test_a_deploy_that_was_killed_goes_on_where_it_was(self) -> None:
        fall_behind("three", "four")
        done = {"state": "running", "fingerprint": migrations.fingerprint(), "attempts": 1}
        for name in ("two", "three"):  # two was migrated, and killed before that was recorded
            SchemaMigration.objects.create(schema_name=name, **done)

        with self.failing("three"):  # no canary any more: two has it
            outcome = self.deploy()

        self.assertEqual(set(self.migrated), {"three", "four"})
        self.assertEqual((outcome.migrated, set(outcome.failed)), (("four",), {"three"}))
        self.assertEqual(states(), {"two": "done", "three": "failed", "four": "done"})

    def test_what_a_release_before_left_in_the_ledger_counts_for_nothing(self) -> None:
        fall_behind("one", "two")
        SchemaMigration.objects.create(schema_name="two", state="done", fingerprint="old", attempts=7)
        SchemaMigration.objects.create(schema_name="gone", state="failed", fingerprint="old")

        with self.failing("one"):
            outcome = self.deploy()

        self.assertEqual((self.migrated, outcome.left), (["one"], ("two",)))
        self.assertEqual(states(), {"one": "failed", "two": "owed"})
        self.assertEqual(ledger.rows().get(pk="two").attempts, 0)

    def test_a_tenant_whose_tables_are_still_to_be_made_is_left_to_its_set_up(self) -> None:
        with tenancy.enter_platform():
            tenant = provisioning.create_tenant(name="New", subdomain="newcomer", plan_code="starter")

        self.assertEqual(schemas.drifted(), [])

        tenant.steps.create(name="tables", status="done")  # made by the release before, and failed later
        schemas.create("newcomer")
        self.assertEqual(schemas.drifted(), ["newcomer"])
        schemas.drop("newcomer")
        Tenant.objects.filter(pk=tenant.pk).delete()

    def test_the_next_tenant_finds_a_blueprint(self) -> None:
        Blueprint.objects.using("owner").all().delete()

        self.deploy()

        self.assertIsNotNone(blueprint.current())

    def test_a_migration_that_fails_everywhere_fails_the_canary_and_costs_the_blueprint_alone(self) -> None:
        Blueprint.objects.using("owner").all().delete()
        fall_behind("one", "two")

        for error in (ProgrammingError("no such column\nhere"), ValueError("no")):
            with self.subTest(error), mock.patch.object(schemas, "migrate", side_effect=error):
                outcome = self.deploy()
                self.assertIsNone(blueprint.ready())

            reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
            self.assertEqual((outcome.failed, outcome.left), ({"one": reason}, ("two",)))
            self.assertIn(f"no blueprint, new tenants are migrated one migration after another: {reason}", self.said)
        self.assertEqual(as_owner("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%blueprint%'"), [])

    def test_public_comes_first(self) -> None:
        with (
            mock.patch.object(schemas, "drifted", return_value=["public", "one"]),
            self.assertRaises(deploying.PublicIsBehind),
        ):
            self.deploy()


class BusyTableTests(FleetCase):
    def test_a_table_in_use_is_waited_for_with_nothing_held_and_tried_again(self) -> None:
        fall_behind("two")
        pauses: list[float] = []
        holder = connections["owner"].copy()
        holder.ensure_connection()
        held = holder.connection
        held.autocommit = False
        held.execute("LOCK TABLE two.django_migrations IN SHARE MODE")

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            self.assertEqual(held.execute(BLOCKED, [held.info.backend_pid]).fetchone(), (0,))
            held.rollback()

        with (
            mock.patch.object(schemas, "LOCK_TIMEOUT", "50ms"),
            mock.patch("time.sleep", side_effect=pause),
        ):
            outcome = self.deploy()

        holder.close()
        self.assertEqual((outcome.migrated, pauses), (("two",), [1.0]))

    def test_one_that_stays_in_use_fails_with_the_reason(self) -> None:
        fall_behind("two")

        def busy() -> Exception:
            error = OperationalError("canceling statement due to lock timeout")
            error.__cause__ = psycopg.errors.LockNotAvailable()
            return error

        with self.failing("two", error=busy), mock.patch("time.sleep") as sleep:
            outcome = self.deploy()

        self.assertEqual(outcome.failed, {"two": "OperationalError: canceling statement due to lock timeout"})
        self.assertEqual([call.args for call in sleep.call_args_list], [(1.0,), (3.0,), (10.0,), (20.0,)])
        self.assertEqual(len(self.migrated), 5)

    def test_any_other_error_of_the_database_is_not_tried_again(self) -> None:
        fall_behind("two")

        with (
            self.failing("two", error=lambda: OperationalError("disk full")),
            mock.patch("time.sleep"),
        ):
            outcome = self.deploy()

        self.assertEqual((len(self.migrated), outcome.failed), (1, {"two": "OperationalError: disk full"}))


class AloneTests(FleetCase):
    def test_a_second_deploy_waits_and_gives_up_in_the_end(self) -> None:
        fall_behind("two")
        with (
            locks.held(deploying.LOCK),
            mock.patch.object(locks, "WAIT_SECONDS", 1),
            self.assertRaises(locks.StillHeld),
        ):
            self.deploy()

        self.assertEqual(self.said, ["waiting for another deploy to end"])
        self.assertEqual(schemas.drifted(), ["two"])
        self.assertEqual(self.deploy().migrated, ("two",))

    def test_a_lock_is_free_when_its_holder_failed(self) -> None:
        with self.assertRaises(ZeroDivisionError), locks.held("x"):
            raise ZeroDivisionError

        with locks.held("x", seconds=1):
            pass
