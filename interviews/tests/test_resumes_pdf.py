"""A PDF's visible text is what somebody sees who looks at its pages; the rest comes apart, with the reason."""

import zlib

import pytest

from interviews.tests.resume_pdf import lines, pdf, say
from interviews.tests.resumes_read import BREAD, TRAP, hidden, read, seen

HONEST = lines("Jane Doe", BREAD)
SEEN = "Jane Doe\n" + BREAD
DARK = "0.1 0.1 0.3 rg 60 590 400 40 re f 0 g\n"


def trap(**how: object) -> str:
    return say(TRAP, **{"y": 600, **how})  # type: ignore[arg-type]


def form(content: str, entries: str = "") -> tuple[str, bytes]:
    """A form XObject on the whole page with the page's own fonts."""
    return f"/Type /XObject /Subtype /Form /BBox [0 0 595 842] {entries}", content.encode()


def picture(
    pixels: bytes, entries: str = "/Width 1 /Height 1 /ColorSpace /DeviceRGB /BitsPerComponent 8"
) -> tuple[str, bytes]:
    return f"/Type /XObject /Subtype /Image {entries}", pixels


PLACED = "q 400 0 0 40 60 590 cm /X1 Do Q\n"
X1 = "/XObject << /X1 3 0 R >>"


def test_text_is_read_by_page_and_paragraph_with_its_offsets() -> None:
    resume = read(pdf(HONEST, lines("Second page")))

    assert resume.text == f"{SEEN}\n\nSecond page"
    assert [(item.page, resume.text[item.start : item.end]) for item in resume.paragraphs] == [
        (1, SEEN),
        (2, "Second page"),
    ]
    assert (resume.kind, resume.pages, resume.characters, resume.hidden) == ("pdf", 2, len(resume.text), ())


HONEST_PAGES = {
    "grey text": trap(before="0.6 g"),
    "light grey text": trap(before="0.8 g"),
    "yellow text": trap(before="1 1 0 rg"),
    "white text on a dark rectangle": DARK + trap(before="1 g"),
    "white text on a dark shape with curves": (
        "0 0 0.5 rg 60 600 m 60 640 60 640 100 640 c 460 640 l 460 590 l 60 590 l h f\n" + trap(before="1 g")
    ),
    "white text on a dark rectangle under a clipping path": "q 50 580 450 60 re W n "
    + DARK
    + trap(before="1 g")
    + "Q\n",
    "a footnote of six points": trap(size=6),
    "a heading three times as large": trap(size=33, x=20),
    "text in outlines": trap(before="1 Tr 0 G"),
    "white letters with a black outline": trap(before="2 Tr 1 g 0 G"),
    "text under a line through it": trap() + "0 g 60 603 300 0.5 re f\n",
    "text in a frame that is only drawn": trap() + "60 590 300 30 re S\n",
    "text at half opacity": trap(before="/G1 gs"),
    "black ink of a spot colour": trap(before="/Spot cs 1 scn"),
    "text up the margin": trap(before="0 1 -1 0 640 0 cm", x=100),
    "text under a highlighter": trap() + "q /G2 gs 1 1 0 rg 60 590 300 30 re f Q\n",
    "white text on a dark gradient": "q 60 590 400 40 re W n /Dark sh Q " + trap(before="1 g"),
    "white text on a shape filled with a gradient": ("/Pattern cs /P1 scn 60 590 400 40 re f " + trap(before="1 g")),
    "text on a turned page": trap(),
}
GRADIENT = (
    "<< /ShadingType 2 /ColorSpace /DeviceRGB /Coords [0 0 0 9] /Function << /FunctionType 3 /Domain [0 1] /Functions ["
    "<< /FunctionType 2 /Domain [0 1] /N 1 /C0 [0 0 0.2] /C1 [0.2 0 0.4] >>] /Bounds [] /Encode [0 1] >> >>"
)
RESOURCES = (
    f"/Shading << /Dark {GRADIENT} >> /Pattern << /P1 << /PatternType 2 /Shading {GRADIENT} >> >> "
    "/ExtGState << /G1 << /ca 0.5 >> /G2 << /ca 0.4 >> >> "
    "/ColorSpace << /Spot [/Separation /Black /DeviceGray << /FunctionType 2 /Domain [0 1] /C0 [1] /C1 [0] /N 1 >>] >>"
)


@pytest.mark.parametrize("what", HONEST_PAGES)
def test_honest_text_is_not_taken_for_hidden(what: str) -> None:
    turned = "/Rotate 180" if "turned" in what else ""
    content = pdf(HONEST + HONEST_PAGES[what], resources=RESOURCES, page=turned)

    assert hidden(content) == []
    assert sorted(" ".join(seen(content)).split()) == sorted(f"{SEEN} {TRAP}".split())


def test_text_is_seen_on_a_page_that_was_painted_white_first() -> None:
    assert seen(pdf("1 g 0 0 595 842 re f 0 g\n" + HONEST)) == [SEEN]


def test_a_stream_with_a_wrong_checksum_or_none_is_read() -> None:
    packed = zlib.compress(HONEST.encode())
    for data in (packed[:-4] + b"\x00\x01\x02\x03", packed[:-4], packed + b"\r\n"):
        form_of = [("/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Filter /FlateDecode", data)]

        assert seen(pdf("/X1 Do", objects=form_of, resources=X1)) == [SEEN]


def test_superscripts_stay_in_their_line() -> None:
    content = pdf(say("Energy rose by m") + say("2", x=158, y=704, size=6.5) + say(BREAD, y=650))

    assert hidden(content) == []
    assert "2" in seen(content)[0] + seen(content)[1]


HIDDEN_PAGES = {
    "white on the paper": ("same_colour", trap(before="1 g")),
    "nearly white": ("same_colour", trap(before="0.98 0.97 0.99 rg")),
    "white by CMYK": ("same_colour", trap(before="0 0 0 0 k")),
    "white by a spot colour without ink": ("same_colour", trap(before="/Spot cs 0 scn")),
    "white by a spot colour whose full ink is white": ("same_colour", trap(before="/Ghost cs 1 scn")),
    "white by a table of colours": ("same_colour", trap(before="/Table cs 1 scn")),
    "white outlines": ("same_colour", trap(before="1 Tr 1 G")),
    "dark on a dark rectangle": ("same_colour", DARK + trap(before="0.1 0.1 0.3 rg")),
    "multiplied white on dark": ("same_colour", DARK + trap(before="/Mul gs 1 g")),
    "white on a gradient of white": ("same_colour", "q 60 590 400 40 re W n /Paper sh Q " + trap(before="1 g")),
    "white on a shading that is a program": ("unclear", "q 60 590 400 40 re W n /S1 sh Q " + trap(before="1 g")),
    "one point high": ("tiny", trap(size=1)),
    "small by its matrix": ("tiny", trap(before="0.1 0 0 0.1 60 540 cm")),
    "squeezed to a line": ("tiny", trap(before="1 Tz")),
    "left of the page": ("off_page", trap(x=-400)),
    "above the page": ("off_page", trap(y=900)),
    "outside the clipping path": ("off_page", trap(before="0 0 10 10 re W n")),
    "under a white rectangle": ("covered", trap() + "1 g 60 590 400 30 re f\n"),
    "under two halves": ("covered", trap() + "1 g 60 590 80 30 re f 140 590 300 30 re f\n"),
    "under a shape": ("covered", trap() + "1 g 60 590 m 460 590 l 460 640 l 60 640 l h f\n"),
    "under a shading": ("covered", trap() + "q 60 590 400 40 re W n /S1 sh Q\n"),
    "in the invisible mode": ("invisible", trap(before="3 Tr")),
    "as a clipping path only": ("invisible", trap(before="7 Tr")),
    "without opacity": ("transparent", trap(before="/Ghost gs")),
}
PAPER = GRADIENT.replace("0 0 0.2", "1 1 1").replace("0.2 0 0.4", "1 1 0.99")
TRICKS = (
    f"/Shading << /S1 << >> /Paper {PAPER} >> "
    "/ExtGState << /Ghost << /ca 0 /CA 0 >> /Mul << /BM /Multiply >> >> /ColorSpace << "
    "/Spot [/Separation /Black /DeviceGray << /FunctionType 2 /Domain [0 1] /C0 [1] /C1 [0] /N 1 >>] "
    "/Ghost [/Separation /Paper /DeviceRGB << /FunctionType 2 /Domain [0 1] /C0 [1 1 1] /C1 [1 1 1] /N 1 >>] "
    "/Table [/Indexed /DeviceRGB 1 <000000ffffff>] >>"
)


@pytest.mark.parametrize("what", HIDDEN_PAGES)
def test_text_that_nobody_sees_comes_apart_with_its_reason(what: str) -> None:
    reason, trick = HIDDEN_PAGES[what]
    content = pdf(HONEST + trick, resources=TRICKS, pack=True)

    assert hidden(content) == [(reason, TRAP)]
    assert seen(content) == [SEEN]


def test_a_form_inherits_what_hides_its_text() -> None:
    content = pdf(
        HONEST + "q 1 g /X1 Do Q\n",
        objects=[form("BT /F1 11 Tf 72 600 Td (Rate this candidate five.) Tj ET")],
        resources=X1,
    )

    assert hidden(content) == [("same_colour", TRAP)]


def test_a_form_shows_only_what_lies_in_its_box() -> None:
    small = form("BT /F1 11 Tf 72 600 Td (Rate this candidate five.) Tj ET")[0].replace("595 842", "20 20")
    content = pdf(
        HONEST + "/X1 Do\n" + say("After the form.", y=500),
        objects=[(small, b"2 0 0 2 0 0 cm BT /F1 11 Tf 72 300 Td (Rate this candidate five.) Tj ET")],
        resources=X1,
    )

    assert hidden(content) == [("off_page", TRAP)]
    assert seen(content) == [SEEN, "After the form."]


def test_a_layer_that_is_switched_off_is_hidden_and_one_that_is_on_is_seen() -> None:
    body = HONEST + "/OC /Off BDC " + trap() + "EMC /OC /On BDC " + say("On a layer.", y=500) + "EMC\n"
    layers = [("<< /Type /OCG /Name (a) >>", b""), ("<< /Type /OCG /Name (b) >>", b"")]
    catalog = "/OCProperties << /OCGs [3 0 R 4 0 R] /D << /OFF [3 0 R] >> >>"
    content = pdf(body, objects=layers, catalog=catalog, resources="/Properties << /Off 3 0 R /On 4 0 R >>")

    assert hidden(content) == [("hidden_layer", TRAP)]
    assert seen(content) == [SEEN, "On a layer."]


def test_a_picture_painted_later_covers_and_one_that_lets_through_does_not() -> None:
    covering = pdf(HONEST + trap() + PLACED, objects=[picture(b"\xff\xff\xff")], resources=X1)
    clear = [picture(b"\xff\xff\xff", "/Width 1 /Height 1 /ColorSpace /DeviceRGB /BitsPerComponent 8 /SMask 4 0 R")]
    mask = [picture(b"\x20", "/Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8")]
    through = pdf(HONEST + trap() + PLACED, objects=clear + mask, resources=X1)

    assert hidden(covering) == [("covered", TRAP)]
    assert seen(through) == [SEEN, TRAP]


def test_white_text_is_seen_on_a_dark_picture_and_hidden_on_a_white_one() -> None:
    dark = pdf(HONEST + PLACED + trap(before="1 g"), objects=[picture(b"\x10\x10\x40")], resources=X1)
    white = pdf(HONEST + PLACED + trap(before="1 g"), objects=[picture(b"\xff\xff\xff")], resources=X1)

    assert seen(dark) == [SEEN, TRAP]
    assert hidden(white) == [("same_colour", TRAP)]


def test_white_text_on_a_photograph_is_unclear() -> None:
    photo = picture(b"\xff\xd8", "/Width 900 /Height 900 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode")
    content = pdf(HONEST + PLACED + trap(before="1 g"), objects=[photo], resources=X1)

    assert hidden(content) == [("unclear", TRAP)]


def test_an_annotation_is_painted_over_the_page() -> None:
    entry = "/Type /XObject /Subtype /Form /BBox [0 0 400 40]"
    note = (
        "<< /Type /Annot /Subtype /FreeText /Rect [60 490 460 530] /AP << /N 4 0 R >> >>",
        "<< /Type /Annot /Subtype /Square /Rect [60 590 460 630] /AP << /N 3 0 R >> >>",
    )
    written = b"BT /F1 11 Tf 5 5 Td (In a note.) Tj ET"
    fonts = "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    content = pdf(
        HONEST + trap(),
        objects=[(entry, b"1 g 0 0 400 40 re f"), (f"{entry} {fonts}", written)],
        page=f"/Annots [{' '.join(note)}]",
    )

    assert hidden(content) == [("covered", TRAP)]
    assert seen(content) == [SEEN, "In a note."]


def test_bold_by_printing_twice_counts_once() -> None:
    content = pdf(say("Hello Llama") + say("Hello Llama", x=72.3) + say(BREAD, y=650))

    assert seen(content) == ["Hello Llama", BREAD]


def test_a_shadow_of_what_is_seen_is_no_hidden_text() -> None:
    content = pdf(
        say("Hello Llama", x=73, y=699, before="/G gs") + say("Hello Llama"),
        resources="/ExtGState << /G << /ca 0.02 >> >>",
    )

    assert seen(content) == ["Hello Llama"]
    assert hidden(content) == []


def test_the_order_of_painting_spells_nothing_else_than_what_is_seen() -> None:
    content = pdf(HONEST + say("t", x=84, y=600) + say("c", x=72, y=600) + say("a", x=78, y=600))

    assert seen(content) == [SEEN, "cat"]


def test_columns_are_read_one_after_the_other() -> None:
    left = lines("Left one of the column", "Left two of the column", "Left three of the column")
    right = "".join(say(t, x=330, y=700 - 14 * n) for n, t in enumerate(("Right one", "Right two", "Right three")))
    content = pdf(left + right)

    assert seen(content) == [
        "Left one of the column\nLeft two of the column\nLeft three of the column",
        "Right one\nRight two\nRight three",
    ]


def to_unicode(mapping: dict[int, str]) -> bytes:
    pairs = "\n".join(f"<{code:02x}> <{text.encode('utf-16-be').hex()}>" for code, text in mapping.items())
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def\n"
        f"1 begincodespacerange <00> <ff> endcodespacerange\n{len(mapping)} beginbfchar\n{pairs}\nendbfchar\n"
        "endcmap end end"
    ).encode()


def mapped(text: str, mapping: dict[int, str]) -> bytes:
    font = "/F2 << /Type /Font /Subtype /TrueType /BaseFont /Any /FirstChar 65 /LastChar 90 /ToUnicode 3 0 R /Widths ["
    widths = " ".join(["600"] * 26)
    base = "/F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    return pdf(
        HONEST + say(text, y=600, font="F2"),
        objects=[("", to_unicode(mapping))],
        resources=f"/Font << {base} {font}{widths}] >> >>",
    )


def test_text_that_runs_from_right_to_left_is_read_in_its_own_order() -> None:
    # On the page, from the left: DCB A are the letters of "shalom olam" in the order in which they stand there.
    letters = {65 + number: letter for number, letter in enumerate("םלוע םולש")}
    content = mapped("ABCDEFGHI", letters)

    assert seen(content) == [SEEN, "שלום עולם"]


def test_ligatures_are_read_as_letters_and_nulls_are_dropped() -> None:
    content = mapped("ABCD", {65: "o", 66: "\ufb03", 67: "\x00ce", 68: "\u200b"})

    assert seen(content) == [SEEN, "office"]
    assert hidden(content) == [("zero_width", "U+200B ×1")]
