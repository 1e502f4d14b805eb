"""A DOCX: its parts read in order, judged by their looks, and put into paragraphs."""

import posixpath
import sys
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from lxml import etree

from . import bounds, colours, docx_names, docx_shapes, result
from .archive import Archive
from .docx_names import RELATIONS, TYPES, R, W
from .docx_story import SMALLEST, Paragraph, Place, Story
from .docx_styles import Styles
from .refusal import Refusal

SHARE_OF_USUAL = 1 / 3
LETTER = (612.0, 792.0)
DEEP = 6000  # the XML itself is at most 256 deep; each level takes a few calls


@dataclass(frozen=True)
class Link:
    kind: str
    target: str
    outside: bool


def read(content: bytes) -> dict[str, object]:
    """The resume as plain data (see `result`).

    :raises Refusal: if it is no DOCX, hostile, too long or without text.
    """
    sys.setrecursionlimit(DEEP)
    archive = Archive(content)
    main = _main_part(archive)
    document = Document(archive, main)
    story = document.story()
    if story.page > bounds.MAX_PAGES:
        raise Refusal("too_many_pages")
    found = result.Found("docx", story.page)
    _judge_sizes(story.paragraphs)
    for paragraph in story.paragraphs:
        found.add(paragraph.page, "".join(piece.text for piece in paragraph.pieces if not piece.reason))
        for reason, pieces in groupby(paragraph.pieces, key=lambda piece: piece.reason):
            if reason:
                found.hide(paragraph.page, reason, "".join(piece.text for piece in pieces))
    found.ignored = document.ignored()
    found.unreadable = sum(p.text.count("\ufffd") for p in found.paragraphs)
    return found.plain()


def _judge_sizes(paragraphs: list[Paragraph]) -> None:
    """Tiny is also what has less than a third of the size that most of the text has."""
    pieces = [
        piece for paragraph in paragraphs for piece in paragraph.pieces if not piece.reason and piece.text.strip()
    ]
    sizes = [piece.points for piece in pieces for _ in range(max(1, len(piece.text) // 10))]
    smallest = max(SMALLEST, median(sizes) * SHARE_OF_USUAL if sizes else 0.0)
    for piece in pieces:
        if piece.points < smallest:
            piece.reason = "tiny"


class Document:
    """The parts of the package around its main one."""

    def __init__(self, archive: Archive, main: str) -> None:
        self.archive, self.main = archive, main
        root = _parsed(archive, main)
        body = root.find(f"{W}body") if root is not None else None
        if root is None or body is None:
            raise Refusal("malformed")
        self.root, self.body = root, body
        self.links = _links(archive, main)
        self.styles = Styles(self._linked("styles"), self._linked("theme"))
        self.settings = self._linked("settings")

    def story(self) -> Story:
        """Everything that is read of it: headers, body, notes, footers, then what no page shows."""
        rendered = next(self.body.iter(f"{W}lastRenderedPageBreak"), None) is not None
        story = Story(self.styles, self._page_size(), rendered=rendered)
        heads, feet, unused = self._edges()
        parts = [self.body, *(part for part, _ in heads + feet)]
        story.floats = any(docx_shapes.may_lie_behind(part, self.styles) for part in parts)
        paper = Place(paper=self._paper())
        for part, shown in heads:
            story.blocks(part, paper if shown else unused)
        story.blocks(self.body, paper)
        pages = story.page
        self._notes(story, paper)
        for part, shown in feet:
            story.blocks(part, paper if shown else unused)
        comments = self._linked("comments")
        if comments is not None:
            story.blocks(comments, Place(hidden="comment"))
        story.page = pages
        return story

    def ignored(self) -> list[str]:
        """What it carries beside its text; none of it is opened or fetched."""
        found = set()
        names = self.archive.names
        if any("/embeddings/" in name for name in names):
            found.add("embedded_files")
        if any("/activeX/" in name for name in names):
            found.add("active_content")
        rels = [name for name in names if name.endswith(".rels")][:50]
        links = [link for name in rels for link in _links_in(self.archive, name)]
        if any(link.outside and link.kind != "hyperlink" for link in links):
            found.add("external_content")
        if any(link.kind == "aFChunk" for link in links):
            found.add("embedded_files")
        return sorted(found)

    def _linked(self, kind: str) -> etree._Element | None:
        link = next((link for link in self.links.values() if link.kind == kind and not link.outside), None)
        return _parsed(self.archive, link.target) if link is not None else None

    def _edges(self) -> tuple[list[tuple[etree._Element, bool]], list[tuple[etree._Element, bool]], Place]:
        """Headers and footers that a section names, and whether any of its pages shows them."""
        heads: dict[str, tuple[etree._Element, bool]] = {}
        feet: dict[str, tuple[etree._Element, bool]] = {}
        even = self.settings is not None and self.settings.find(f"{W}evenAndOddHeaders") is not None
        for section in self.body.iter(f"{W}sectPr"):
            first = section.find(f"{W}titlePg") is not None
            for into, name in ((heads, "headerReference"), (feet, "footerReference")):
                for reference in section.iterchildren(f"{W}{name}"):
                    link = self.links.get(reference.get(f"{R}id") or "")
                    part = _parsed(self.archive, link.target) if link is not None and not link.outside else None
                    shown = {"first": first, "even": even}.get(reference.get(f"{W}type") or "", True)
                    if link is not None and part is not None:
                        into[link.target] = (part, shown or into.get(link.target, (part, False))[1])
        return list(heads.values()), list(feet.values()), Place(hidden="off_page")

    def _notes(self, story: Story, paper: Place) -> None:
        for kind, mark in (("footnotes", "footnoteReference"), ("endnotes", "endnoteReference")):
            part = self._linked(kind)
            named = {item.get(f"{W}id") for item in self.body.iter(f"{W}{mark}")}
            for note in part if part is not None else ():
                if note.get(f"{W}type") in (None, "normal"):
                    story.blocks(note, paper if note.get(f"{W}id") in named else Place(hidden="off_page"))

    def _paper(self) -> colours.Rgb:
        """The page's colour, which is shown only where the settings say so."""
        ground = self.root.find(f"{W}background")
        shown = self.settings is not None and self.settings.find(f"{W}displayBackgroundShape") is not None
        colour = colours.of_hex(ground.get(f"{W}color") or "") if ground is not None and shown else None
        return colour or colours.WHITE

    def _page_size(self) -> tuple[float, float]:
        size = next(self.body.iter(f"{W}pgSz"), None)
        try:
            return (float(size.get(f"{W}w")) / 20, float(size.get(f"{W}h")) / 20) if size is not None else LETTER
        except (TypeError, ValueError):
            return LETTER


def _main_part(archive: Archive) -> str:
    """:raises Refusal: if the package has no text, or one that runs macros."""
    links = _links_in(archive, "_rels/.rels")
    main = next((link.target for link in links if link.kind == "officeDocument" and not link.outside), "")
    types = archive.xml("[Content_Types].xml")
    kinds = (
        {item.get("PartName"): item.get("ContentType") or "" for item in types.iter(f"{TYPES}Override")}
        if types is not None
        else {}
    )
    if any("macroEnabled" in kind or "vbaProject" in kind for kind in kinds.values()):
        raise Refusal("macros")
    if not main or main not in archive.names:
        raise Refusal("malformed")
    return main


def _parsed(archive: Archive, name: str) -> etree._Element | None:
    root = archive.xml(name)
    if root is not None and root.nsmap.get(root.prefix) in docx_names.STRICT:
        return _plain_names(root)
    return root


def _plain_names(root: etree._Element) -> etree._Element:
    """The ISO variant of the format under the usual names."""
    for item in root.iter(etree.Element):
        space, _, name = item.tag.rpartition("}")
        item.tag = f"{{{docx_names.STRICT.get(space[1:], space[1:])}}}{name}" if space else name
        for key, value in list(item.attrib.items()):
            space, _, name = key.rpartition("}")
            if space and space[1:] in docx_names.STRICT:
                del item.attrib[key]
                item.set(f"{{{docx_names.STRICT[space[1:]]}}}{name}", value)
    return root


def _links(archive: Archive, part: str) -> dict[str, Link]:
    folder, name = posixpath.split(part)
    rels = posixpath.join(folder, "_rels", f"{name}.rels")
    root = archive.xml(rels)
    return {item.get("Id") or "": _link(item, folder) for item in _relations(root)}


def _links_in(archive: Archive, rels: str) -> list[Link]:
    folder = posixpath.dirname(posixpath.dirname(rels))
    return [_link(item, folder) for item in _relations(archive.xml(rels))]


def _relations(root: etree._Element | None) -> list[etree._Element]:
    return list(root.iterchildren(f"{RELATIONS}Relationship")) if root is not None else []


def _link(item: etree._Element, folder: str) -> Link:
    target = item.get("Target") or ""
    outside = item.get("TargetMode") == "External"
    inside = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
    return Link((item.get("Type") or "").rpartition("/")[2], target if outside else inside, outside)
