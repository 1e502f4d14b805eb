"""Which queue a tenant's work goes to."""

from celery import current_app

from core import queues


def test_a_tenants_queue_is_one_of_64_that_the_worker_takes_from() -> None:
    chosen = {queues.by_tenant("turns")(f"tenant_{number}") for number in range(2000)}

    assert chosen == {f"turns.{number:02d}" for number in range(64)}
    assert chosen < {queue.name for queue in current_app.conf.task_queues}


def test_it_is_the_same_in_every_process_and_release() -> None:
    assert [queues.by_tenant("turns")(schema) for schema in ("acme", "globex")] == ["turns.62", "turns.58"]


def test_the_worker_takes_from_its_queues_in_turn() -> None:
    assert current_app.conf.broker_transport_options["queue_order_strategy"] == "round_robin"
