"""A DOCX's visible text is what a word processor shows on its pages; the rest comes apart, with the reason."""

import pytest

from interviews.tests.resume_docx import SPACES, cell, docx, p, run, styles, table, text_box
from interviews.tests.resumes_read import BREAD, TRAP, hidden, read, seen

WHITE = '<w:color w:val="FFFFFF"/>'
DARK = '<w:shd w:val="clear" w:fill="1F2A44"/>'
FILL = '<a:solidFill><a:srgbClr val="1F2A44"/></a:solidFill>'
HONEST = p("Jane Doe") + p(BREAD)
SEEN = ["Jane Doe", BREAD]


def style(name: str, inner: str, kind: str = "paragraph", more: str = "") -> str:
    return f'<w:style w:type="{kind}" w:styleId="{name}" {more}>{inner}</w:style>'


def fields(code: str, result: str) -> str:
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    return mark.format("begin") + code + mark.format("separate") + run(result) + mark.format("end")


HONEST_BODIES = {
    "grey": (p(run(TRAP, '<w:color w:val="999999"/>')), {}),
    "a footnote's size": (p(run(TRAP, '<w:sz w:val="13"/>')), {}),
    "superscript": (p(run(TRAP, '<w:vertAlign w:val="superscript"/>')), {}),
    "white on a shaded run": (p(run(TRAP, WHITE + DARK)), {}),
    "white on a highlighted run": (p(run(TRAP, f'{WHITE}<w:highlight w:val="darkBlue"/>')), {}),
    "white on a shaded paragraph": (p(run(TRAP, WHITE), properties=DARK), {}),
    "white on a shaded cell": (table(cell(TRAP, DARK, WHITE)), {}),
    "white on a shaded table": (table(cell(TRAP, "", WHITE), properties=DARK), {}),
    "white in a dark first row": (
        table(cell(TRAP), properties='<w:tblStyle w:val="Dark"/><w:tblLook w:val="0020"/>'),
        {
            "styles": styles(
                style(
                    "Dark",
                    '<w:tblStylePr w:type="firstRow"><w:rPr><w:color w:val="FFFFFF"/></w:rPr>'
                    f"<w:tcPr>{DARK}</w:tcPr></w:tblStylePr>",
                    "table",
                )
            )
        },
    ),
    "white in a dark text box": (text_box(p(run(TRAP, WHITE)), fill=FILL), {}),
    "not hidden by its own word": (
        p(run(TRAP, '<w:rStyle w:val="Gone"/><w:vanish w:val="0"/>')),
        {"styles": styles(style("Gone", "<w:rPr><w:vanish/></w:rPr>", "character"))},
    ),
    "automatic colour over a white style": (
        p(run(TRAP, '<w:rStyle w:val="White"/><w:color w:val="auto"/>')),
        {"styles": styles(style("White", f"<w:rPr>{WHITE}</w:rPr>", "character"))},
    ),
    "inserted with changes tracked": (f"<w:p><w:ins>{run(TRAP)}</w:ins></w:p>", {}),
    "a link": (f'<w:p><w:hyperlink r:id="x">{run(TRAP)}</w:hyperlink></w:p>', {}),
    "a field's result": (f"<w:p>{fields('<w:r><w:instrText>PAGE</w:instrText></w:r>', TRAP)}</w:p>", {}),
    "a content control": (f"<w:sdt><w:sdtContent>{p(TRAP)}</w:sdtContent></w:sdt>", {}),
    "red": (p(run(TRAP, '<w:color w:val="FF0000"/>')), {}),
}


@pytest.mark.parametrize("what", HONEST_BODIES)
def test_honest_text_is_not_taken_for_hidden(what: str) -> None:
    body, parts = HONEST_BODIES[what]
    content = docx(HONEST, body, parts=parts)

    assert hidden(content) == []
    assert seen(content) == [*SEEN, TRAP]


GONE = styles(
    style("Base", "<w:rPr><w:vanish/></w:rPr>"),
    style("Gone", '<w:basedOn w:val="Base"/>'),
    style("Pale", f"<w:rPr>{WHITE}</w:rPr>", "character"),
)
OFF = '<wp:positionH relativeFrom="page"><wp:posOffset>-9000000</wp:posOffset></wp:positionH>'
COMMENTS = f'<w:comments {SPACES}><w:comment w:id="0">{p(TRAP)}</w:comment></w:comments>'
HIDDEN_BODIES = {
    "vanish": ("vanish", p(run(TRAP, "<w:vanish/>")), {}),
    "web hidden": ("vanish", p(run(TRAP, "<w:webHidden/>")), {}),
    "vanish by a style's base": ("vanish", p(run(TRAP), properties='<w:pStyle w:val="Gone"/>'), {"styles": GONE}),
    "white": ("same_colour", p(run(TRAP, WHITE)), {}),
    "nearly white": ("same_colour", p(run(TRAP, '<w:color w:val="FDFCFE"/>')), {}),
    "white by a style": ("same_colour", p(run(TRAP, '<w:rStyle w:val="Pale"/>')), {"styles": GONE}),
    "white by the theme": ("same_colour", p(run(TRAP, '<w:color w:val="000000" w:themeColor="background1"/>')), {}),
    "dark on dark": ("same_colour", p(run(TRAP, '<w:color w:val="1F2A44"/>' + DARK)), {}),
    "dark in a dark cell": ("same_colour", table(cell(TRAP, DARK, '<w:color w:val="1F2A44"/>')), {}),
    "half a point": ("tiny", p(run(TRAP, '<w:sz w:val="1"/>')), {}),
    "squeezed": ("tiny", p(run(TRAP, '<w:w w:val="1"/>')), {}),
    "lines of no height": ("tiny", p(run(TRAP), properties='<w:spacing w:line="1" w:lineRule="exact"/>'), {}),
    "a row of no height": (
        "tiny",
        table(f'<w:tr><w:trPr><w:trHeight w:val="1" w:hRule="exact"/></w:trPr>{cell(TRAP)}</w:tr>'),
        {},
    ),
    "a hidden row": ("vanish", table(f"<w:tr><w:trPr><w:hidden/></w:trPr>{cell(TRAP)}</w:tr>"), {}),
    "pushed out of the page": ("off_page", p(run(TRAP), properties='<w:ind w:left="31000"/>'), {}),
    "a text box off the page": ("off_page", text_box(p(TRAP), position=OFF), {}),
    "a text box of no size": ("tiny", text_box(p(TRAP), size=(1, 1)), {}),
    "white in a text box": ("same_colour", text_box(p(run(TRAP, WHITE)), fill=FILL.replace("1F2A44", "FFFFFF")), {}),
    "transparent": (
        "transparent",
        p(run(TRAP, '<w14:textFill><w14:solidFill><w14:srgbClr w14:val="000000"><w14:alpha w14:val="100000"/>'
              "</w14:srgbClr></w14:solidFill></w14:textFill>")),
        {},
    ),
    "deleted": ("deleted", f'<w:p><w:del><w:r><w:delText>{TRAP}</w:delText></w:r></w:del></w:p>', {}),
    "a field's code": ("field_code", f"<w:p>{fields(run(TRAP), ' ')}</w:p>", {}),
    "a comment": ("comment", "", {"comments": COMMENTS}),
    "a note that nothing refers to": (
        "off_page",
        "",
        {"footnotes": f'<w:footnotes {SPACES}><w:footnote w:id="7">{p(TRAP)}</w:footnote></w:footnotes>'},
    ),
    "tag characters": ("zero_width", p("I see" + "".join(chr(0xE0000 + ord(c)) for c in TRAP)), {}),
}  # fmt: skip


@pytest.mark.parametrize("what", HIDDEN_BODIES)
def test_text_that_nobody_sees_comes_apart_with_its_reason(what: str) -> None:
    reason, body, parts = HIDDEN_BODIES[what]
    content = docx(HONEST, body, parts=parts)

    assert hidden(content) == [(reason, TRAP)]
    assert seen(content) == SEEN + (["I see"] if what == "tag characters" else [])


def test_white_text_where_a_dark_shape_floats_is_unclear() -> None:
    content = docx(HONEST, text_box(p("Aside"), fill=FILL), p(run(TRAP, WHITE)))

    assert hidden(content) == [("unclear", TRAP)]


def test_only_a_part_of_a_paragraph_is_taken_out() -> None:
    content = docx(p("I baked ", run(TRAP, "<w:vanish/>"), "bread."))

    assert hidden(content) == [("vanish", TRAP)]
    assert seen(content) == ["I baked bread."]


def test_headers_notes_and_footers_are_read_where_a_page_shows_them() -> None:
    refs = (
        '<w:sectPr><w:headerReference w:type="default" r:id="header1"/>'
        '<w:headerReference w:type="even" r:id="header2"/>'
        '<w:footerReference w:type="default" r:id="footer1"/></w:sectPr>'
    )
    note = '<w:p><w:r><w:t>Noted.</w:t><w:footnoteReference w:id="2"/></w:r></w:p>'
    parts = {
        "header1": f"<w:hdr {SPACES}>{p('Head')}</w:hdr>",
        "header2": f"<w:hdr {SPACES}>{p(TRAP)}</w:hdr>",
        "footer1": f"<w:ftr {SPACES}>{p('Foot')}</w:ftr>",
        "footnotes": f'<w:footnotes {SPACES}><w:footnote w:id="2">{p("The note")}</w:footnote></w:footnotes>',
    }
    content = docx(HONEST, note, refs, parts=parts)

    assert seen(content) == ["Head", *SEEN, "Noted.", "The note", "Foot"]
    assert hidden(content) == [("off_page", TRAP)]


def test_tables_tabs_and_breaks_keep_words_apart() -> None:
    broken = "<w:p><w:r><w:t>2019</w:t><w:tab/><w:t>Baker</w:t><w:br/><w:t>Lyon</w:t></w:r></w:p>"
    content = docx(broken, table(cell("one") + cell("two")))

    assert seen(content) == ["2019\tBaker\nLyon", "one", "two"]


def test_pages_are_counted_by_the_marks_that_the_word_processor_left() -> None:
    broken = '<w:p><w:r><w:br w:type="page"/><w:t>Second</w:t></w:r></w:p>'
    resume = read(docx(HONEST, broken))

    assert (resume.kind, resume.pages) == ("docx", 2)
    assert [item.page for item in resume.paragraphs] == [1, 1, 1]


def test_writing_that_needs_joiners_and_flags_keeps_them() -> None:
    persian, family, flag = (
        "می\u200cخواهم",
        "\U0001f468\u200d\U0001f469",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    )
    content = docx(p(f"{persian} {family} {flag} co\u00adoperate"))

    assert seen(content) == [f"{persian} {family} {flag} cooperate"]
    assert hidden(content) == []


def test_characters_without_width_are_taken_out_and_counted() -> None:
    content = docx(p("I\u200b ba\u200b\u200bked\u2063 bread\ufe00\U000e0101"))

    assert seen(content) == ["I baked bread\ufe00"]
    assert hidden(content) == [("zero_width", "U+200B ×3, U+2063 ×1, U+E0101 ×1")]


def test_what_a_docx_carries_beside_its_text_is_named_and_never_fetched() -> None:
    outside = [
        f'<Relationship Id="{name}" Type="http://x/{kind}" Target="http://127.0.0.1:1/a.dotm" TargetMode="External"/>'
        for name, kind in (("rId8", "attachedTemplate"), ("rId9", "hyperlink"))
    ]
    resume = read(docx(HONEST, links=outside, parts={"embeddings/one": "<a/>"}))

    assert resume.ignored == ("embedded_files", "external_content")
    assert resume.text == "\n\n".join(SEEN)
