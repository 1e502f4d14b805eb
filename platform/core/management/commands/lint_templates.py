"""Check templates and stylesheet sources against the house rules."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.template_lint import Finding, lint_css, lint_html, lint_text

STYLES = "assets/css"
MADE_BY_BUILD = "basecoat-style.css"


class Command(BaseCommand):
    help = "Print every template line that breaks a house rule, with the reason; exit 1 if there is one."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--root", type=Path, default=settings.ROOT, help="the project's folder")

    def handle(self, *args: Any, root: Path, **options: Any) -> None:
        findings = [*_templates(root / "templates"), *_styles(root / STYLES)]
        for finding in findings:
            self.stdout.write(str(finding))
        if findings:
            raise CommandError(f"{len(findings)} lines break a rule.")
        self.stdout.write("Templates keep the rules.")


def _templates(folder: Path) -> list[Finding]:
    texts = {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*.*"))}
    components = {_tag_name(name): text for name, text in texts.items() if name.startswith("cotton/")}
    findings: list[Finding] = []
    for name, text in texts.items():
        if name.endswith(".html"):
            findings += lint_html(name, text, components)
        elif name.endswith(".txt"):
            findings += lint_text(name, text)
    return findings


def _tag_name(name: str) -> str:
    """Return how pages call a component: cotton/page_header.html is <c-page-header>."""
    return "c-" + name.removeprefix("cotton/").removesuffix(".html").replace("/", ".").replace("_", "-")


def _styles(folder: Path) -> list[Finding]:
    sources = [path for path in sorted(folder.glob("*.css")) if path.name != MADE_BY_BUILD]
    return [finding for path in sources for finding in lint_css(path.name, path.read_text())]
