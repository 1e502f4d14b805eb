"""Prometheus metrics, true across processes when PROMETHEUS_MULTIPROC_DIR is set."""

import os

from prometheus_client import REGISTRY as DEFAULT_REGISTRY
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

requests = Counter("candor_requests", "Requests answered", ["tenant", "route", "method", "status"])
request_seconds = Histogram("candor_request_seconds", "Time to answer a request", ["route"])
slow_bodies = Counter("candor_slow_bodies", "Requests refused because their body took too long")
tasks = Counter("candor_tasks", "Tasks finished", ["task", "outcome"])
task_seconds = Histogram("candor_task_seconds", "Time of a task", ["task"], buckets=(0.05, 0.2, 1, 3, 8, 15, 40))
duplicate_deliveries = Counter("candor_duplicate_deliveries", "Deliveries of work that was claimed or done", ["task"])
sweeps = Counter("candor_sweeps", "Sweeps of the due table")
swept = Counter("candor_swept", "Hints sent again by the sweeper", ["kind"])
ratelimit_unavailable = Counter("candor_ratelimit_unavailable", "Acts allowed because Redis was away")
interviews = Counter("candor_interviews", "Interviews by what happened", ["tenant", "event"])
turns = Counter("candor_turns", "Turns by outcome and mode", ["tenant", "outcome", "mode"])
evaluations = Counter("candor_evaluations", "Evaluations by outcome and mode", ["tenant", "outcome", "mode"])
live_connections = Gauge("candor_live_connections", "Event streams that are open", multiprocess_mode="livesum")
live_events = Counter("candor_live_events", "Events of turns by what became of them", ["outcome"])
due_backlog = Gauge("candor_due_backlog", "Rows that are due after a sweep", multiprocess_mode="mostrecent")


def exposition() -> bytes:
    """The text format, summed over the live processes where they share a folder."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not folder:
        return generate_latest(DEFAULT_REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
