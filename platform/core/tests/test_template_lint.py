from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from core.template_lint import declared_names, lint_css, lint_html, lint_text

PHYSICAL = """
    ml-2 -ml-2 pr-4 md:pl-1 hover:md:mr-auto left-0 !right-2 text-left text-right border-l rounded-tr-lg float-left
    [&_td]:pl-2 [margin-left:1rem] group-hover:scroll-ml-4
"""
BUTTON = '<c-vars variant="primary" data-x="" :disabled="False" /><button {{ attrs }}>{{ slot }}</button>'


def rules(text: str, path: str = "pages/page.html", components: dict[str, str] | None = None) -> list[tuple[int, str]]:
    return [(finding.line, finding.rule) for finding in lint_html(path, text, components or {})]


def test_a_finding_names_file_line_rule_and_reason() -> None:
    (finding,) = lint_html("pages/page.html", "\n\n<p>Hello</p>", {})

    assert str(finding) == "pages/page.html:3: untranslated: 'Hello' stands outside of a translate tag"


@pytest.mark.parametrize(
    "text",
    [
        '<p class="ms-2 md:text-start [&_td]:px-4">{% translate "Hello" %}</p>',
        "<h1>{% blocktranslate count n=n %}One dog{% plural %}{{ n }} dogs{% endblocktranslate %}</h1>",
        '<a href="/jobs" aria-label="{% translate "All jobs" %}">{{ name }} · 5 &rarr;</a>',
        '<script type="module" src="{% static "js/room.js" %}" nonce="{{ nonce }}"></script>',
        "{# a note to the reader #}<!-- another -->{% comment %}and one more{% endcomment %}",
        '<a href="/jobs" hx-get="/jobs">{{ name }}</a>',
        '<p class="{% if left %}start-0{% else %}end-0{% endif %}">{{ text|linebreaksbr }}</p>',
        '<a href="{{ url }}" title="{% translate "a > b" %}"></a>',
    ],
)
def test_what_keeps_the_rules_is_left_alone(text: str) -> None:
    assert rules(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "\n<script>start()</script>",
        "\n<script nonce='{{ nonce }}'>start()</script>",
        '\n<button onclick="go()"></button>',
        '\n<button hx-on:click="go()"></button>',
        '\n<a href="javascript:go()"></a>',
    ],
)
def test_inline_scripts_are_found(text: str) -> None:
    assert rules(text) == [(2, "inline-script")]


@pytest.mark.parametrize("text", ["<style>p{margin:0}</style>", '<p style="margin:0"></p>', '<c-card :style="css" />'])
def test_inline_styles_are_found(text: str) -> None:
    assert rules(text) == [(1, "inline-style")]


@pytest.mark.parametrize(
    "name",
    PHYSICAL.split(),
)
def test_physical_directions_are_found_in_classes(name: str) -> None:
    assert rules(f'<p class="flex {name}"></p>') == [(1, "physical-css")]


def test_physical_directions_are_found_in_stylesheets() -> None:
    css = "/* margin-left */\np { margin-inline-start: 0; }\np { margin-left: 0; }\np { text-align: right; left: 0 }\n"

    findings = [(finding.line, finding.rule) for finding in lint_css("base.css", css)]

    assert findings == [(3, "physical-css"), (4, "physical-css"), (4, "physical-css")]


@pytest.mark.parametrize(
    "text",
    [
        "<p>Hello {{ name }}</p>",
        "<title>Jobs: {{ company }}</title>",
        "{{ count }} of {{ total }}",
        '<img src="/x" alt="A logo">',
        '<c-page-header title="Jobs" />',
        '<input placeholder="Your name">',
        "<p>Größe</p>",
    ],
)
def test_words_outside_of_translate_tags_are_found(text: str) -> None:
    assert rules(text) == [(1, "untranslated")]


def test_words_in_plain_text_mail_are_found_too() -> None:
    mail = '{% translate "Hello" %}\n\nOpen your interview:\n{{ link }}\n'

    assert [(finding.line, finding.rule) for finding in lint_text("mail.txt", mail)] == [(3, "untranslated")]


def test_hx_get_needs_an_address_that_works_without_javascript() -> None:
    assert rules('<a hx-get="/jobs">{{ name }}</a>') == [(1, "hx-get")]


def test_library_classes_are_for_components_alone() -> None:
    button = '<button class="flex btn"></button>'

    assert rules(button) == [(1, "library-class")]
    assert rules(button, path="cotton/button.html") == []


def test_unescaped_output_is_found() -> None:
    assert rules("{{ answer|safe }}") == [(1, "unescaped")]
    assert rules("{% autoescape off %}{{ answer }}{% endautoescape %}") == [(1, "unescaped")]


def test_a_dynamic_attribute_must_be_declared_by_a_component_that_prints_the_rest() -> None:
    components = {"c-button": BUTTON, "c-card": "<c-vars /><section>{{ slot }}</section>"}

    assert rules('<c-button :title="name" />', components=components) == [(1, "unescaped")]
    assert rules('<c-button :variant="name" :data-x="name" title="{{ name }}" />', components=components) == []
    assert rules('<c-card :title="name" />', components=components) == []


def test_declared_names_are_read_from_c_vars() -> None:
    assert declared_names(BUTTON) == {"variant", "data_x", "disabled"}
    assert declared_names("<p></p>") == set()


def test_our_own_templates_keep_the_rules() -> None:
    out = StringIO()

    call_command("lint_templates", stdout=out)

    assert out.getvalue() == "Templates keep the rules.\n"


def test_the_command_prints_what_it_finds_and_fails(tmp_path: Path) -> None:
    (tmp_path / "templates/cotton").mkdir(parents=True)
    (tmp_path / "templates/cotton/page_link.html").write_text("<c-vars href /><a {{ attrs }}></a>")
    (tmp_path / "templates/page.html").write_text('<p>\n<c-page-link :title="name" /></p>')
    out = StringIO()

    with pytest.raises(CommandError, match="1 lines break a rule"):
        call_command("lint_templates", root=tmp_path, stdout=out)

    assert out.getvalue() == ('page.html:2: unescaped: :title= reaches the page unescaped: write title="{{ ... }}"\n')
