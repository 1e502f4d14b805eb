"""The alert rules, their runbooks and the dashboard speak of what is really shown to Prometheus."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from prometheus_client import REGISTRY

from core import exposition, gauges
from core.testing import TenantTestCase

DEPLOY = Path(settings.ROOT) / "deploy"
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
OF_PROMETHEUS = {"up": {"job", "instance"}}
OPERATORS = {"and", "or", "unless"}


class WatchingTests(TenantTestCase):
    def test_every_alert_asks_for_series_that_exist_by_labels_that_they_have(self) -> None:
        for rule in rules():
            with self.subTest(rule["alert"]):
                self.assert_known(rule["expr"])

    def test_every_panel_asks_for_series_that_exist_by_labels_that_they_have(self) -> None:
        board = json.loads((DEPLOY / "grafana" / "candor.json").read_text())
        targets = [target for panel in board["panels"] for target in panel.get("targets", ())]

        self.assertGreater(len(targets), 30)
        for target in targets:
            with self.subTest(target["expr"]):
                self.assert_known(target["expr"])
                shown = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
                self.assertLessEqual(shown, set(grouped(target["expr"])))

    def test_a_metric_or_a_label_that_nobody_has_is_found(self) -> None:
        for expression in ("max(active_interview)", 'rate(candor_turns_total{phase="x"}[5m])', "max by (kind) (up)"):
            with self.subTest(expression), self.assertRaises(AssertionError):
                self.assert_known(expression)

    def test_every_alert_says_whom_it_wakes_and_what_to_do(self) -> None:
        headings = re.findall(r"(?m)^#+ (.+)$", (Path(settings.ROOT) / "docs" / "operations.md").read_text())
        anchors = {f"docs/operations.md#{heading.lower().replace(' ', '-')}" for heading in headings}

        for rule in rules():
            with self.subTest(rule["alert"]):
                self.assertIn(rule["labels"]["severity"], ("page", "notify"))
                self.assertGreater(len(rule["annotations"]["summary"]), 20)
                self.assertIn(rule["annotations"]["runbook"], anchors)
                self.assertRegex(rule["for"], r"^\d+m$")

    def test_every_alert_is_made_to_fire_in_its_unit_tests(self) -> None:
        tests = (DEPLOY / "alerts_test.yml").read_text()

        fired = set(re.findall(r'alertname="(\w+)"', tests))

        self.assertEqual(fired, {rule["alert"] for rule in rules()})

    def test_every_limit_in_seconds_is_the_edge_of_a_bucket(self) -> None:
        """Between two edges a quantile is a guess; at an edge the comparison is exact."""
        limits = {}
        for rule in rules():
            found = re.search(r"rate\((\w+)_bucket.* > ([\d.]+)$", rule["expr"].strip())
            if found:
                limits[rule["alert"]] = float(found[2])
                self.assertIn(float(found[2]), buckets(found[1]), rule["alert"])

        self.assertEqual(
            [limits[f"ReplySlowFor{whom}"] for whom in ("Half", "OneInTwenty", "OneInHundred")], [3.0, 8.0, 15.0]
        )

    def test_no_histogram_and_no_gauge_has_a_tenant(self) -> None:
        with_tenant = {name for name, labels in shown().items() if "tenant" in labels}

        self.assertEqual(with_tenant, {"interviews_total", "candor_turns_total", "candor_evaluations_total"})

    def test_the_exposition_has_the_names_that_others_rely_on(self) -> None:
        text = exposition.text().decode()

        for name, kind in {
            "interviews_total": "counter",
            "interview_errors_total": "counter",
            "ai_response_latency_seconds": "histogram",
            "llm_cost_dollars_daily": "gauge",
            "active_interviews": "gauge",
            "redis_queue_length": "gauge",
        }.items():
            self.assertIn(f"# TYPE {name} {kind}\n", text)

    def assert_known(self, expression: str) -> None:
        """Each series exists, and has the labels by which it is selected and grouped."""
        series, known = list(selected(expression)), shown() | OF_PROMETHEUS

        self.assertTrue(series, "no series in it")
        for name, labels in series:
            self.assertIn(name, known)
            self.assertLessEqual(labels, known[name], name)
        self.assertLessEqual(set(grouped(expression)), {"instance"}.union(*(known[name] for name, _ in series)))


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def selected(expression: str) -> Iterator[tuple[str, set[str]]]:
    """The series of an expression, and the labels by which each is selected."""
    for name, selector in re.findall(r"(\w+){([^}]*)}", expression):
        yield name, set(re.findall(r'(\w+)(?:=~|!~|!=|=)"', selector))
    bare = re.sub(r"{[^}]*}|\[[^]]*\]|\bby \([^)]*\)", "", expression)
    for name in re.findall(r"\b[a-z_]\w*\b(?!\s*\()", bare):
        if name not in OPERATORS:
            yield name, set()


def grouped(expression: str) -> Iterator[str]:
    for labels in re.findall(r"\bby \(([^)]*)\)", expression):
        yield from re.split(r",\s*", labels)


def shown() -> dict[str, set[str]]:
    """The name of each series -> its labels."""
    counted: Iterable[Any] = REGISTRY._collector_to_names
    metrics = [(metric._name, metric._type, metric._labelnames) for metric in counted if hasattr(metric, "_labelnames")]
    metrics += [(family.name, family.type, family._labelnames) for family in looked_up()]
    return {
        name + suffix: {*labels, "le"} if suffix == "_bucket" else set(labels)
        for name, kind, labels in metrics
        for suffix in SUFFIXES.get(kind, ())
    }


def looked_up() -> Iterator[Any]:
    for source in gauges._sources.values():
        yield from source._look()


def buckets(histogram: str) -> set[float]:
    every: Iterable[Any] = REGISTRY._collector_to_names
    return next(set(metric._upper_bounds) for metric in every if getattr(metric, "_name", "") == histogram)
