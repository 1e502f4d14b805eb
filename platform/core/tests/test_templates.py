import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Engine
from django.template.loader import get_template, render_to_string
from django_cotton.compiler_regex import CottonCompiler

FOLDER = Path(settings.ROOT) / "templates"
NAMES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.*"))
HOSTILE = """x" onmouseover="alert(1)"><script>alert(1)</script>'"""


def render(source: str, **context: Any) -> str:
    return Engine.get_default().from_string(source).render(Context(context))


@pytest.mark.parametrize("name", NAMES)
def test_every_template_compiles(name: str) -> None:
    assert callable(get_template(name).render)


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "405", "413", "429", "500", "503"])
def test_error_pages_need_no_request_tenant_or_database(name: str) -> None:
    page = render_to_string(f"{name}.html")

    assert page.count("<h1") == 1
    assert f"Error {name[:3]}" in page


@pytest.mark.parametrize(
    "source",
    [
        '<c-button title="{{ name }}">{{ name }}</c-button>',
        '<c-badge>{{ name }}</c-badge><c-notice title="{{ name }}">{{ name }}</c-notice>',
        '<c-message id="m-1" role="candidate" text="{{ name }}" />',
        '<c-message id="m-1" role="interviewer" :text="name" />',
        '<c-composer value="{{ name }}" error="{{ name }}" label="{{ name }}" :limit="8000" />',
        '<c-person name="{{ name }}" note="{{ name }}" initials="{{ name }}" href="/x" />',
        '<c-quote id="q-1" text="{{ name }}" />',
        '<c-copy-field id="link" label="{{ name }}" value="{{ name }}" />',
        '<c-page-header title="{{ name }}" note="{{ name }}" />',
    ],
)
def test_what_people_write_is_escaped_in_every_component(source: str) -> None:
    page = render(_compiled(source), name=HOSTILE)

    assert "<script" not in page
    assert not re.search(r"<[^>]*\sonmouseover=[\"']", page)
    assert "&lt;script&gt;" in page


def test_a_reviewer_who_has_not_rated_sees_nothing_of_the_proposal_whatever_the_view_passes() -> None:
    segments = [{"text": "I fixed it.", "marked": True, "quote_id": "q-1-0"}]
    context = {
        "review_submitted": False,
        "turns": [{"number": 1, "kind": "core", "question": "What happened?", "segments": segments}],
        "evaluation": {
            "status": "ready",
            "overall": 91,
            "recommendation": "hire",
            "recommendation_label": "HIRE-LABEL",
        },
    }

    pages = [render_to_string(f"interviews/portal/{name}.html", context) for name in ("_ai_panel", "_transcript")]

    assert "Locked until your review is in" in pages[0]
    assert "HIRE-LABEL" not in pages[0] and "91" not in pages[0]
    assert "I fixed it." in pages[1]
    assert "<mark" not in pages[1] and "q-1-0" not in pages[1]


def test_our_modules_import_nothing_so_that_hashed_file_names_hold() -> None:
    modules = sorted((Path(settings.ROOT) / "static/js").glob("*.js"))

    assert modules
    for module in modules:
        assert not re.search(r"^\s*import\b|\bimport\(", module.read_text(), re.MULTILINE), module.name


def _compiled(source: str) -> str:
    """Return the source with <c-...> tags as cotton's loader would hand them to Django."""
    compiled: str = CottonCompiler().process(source)
    return compiled
