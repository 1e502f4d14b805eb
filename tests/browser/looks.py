"""A page as it looks: narrow and wide, light and dark, examined by axe in each."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page, expect

from tests.browser.watch import Watch

Scheme = Literal["light", "dark"]

AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
PHONE, DESK = (390, 844), (1440, 900)
SIZES = (PHONE, DESK)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
RUN_AXE = """
(tags) => axe.run({ runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] })
  .then((found) => found.violations.map(({ id, nodes }) => `${id} ${nodes[0].html}`))
"""
# A button that has only just begun to change its colours has the contrast of neither scheme.
STILL = """
() => {
  const still = new CSSStyleSheet();
  still.replaceSync("* { transition: none !important }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
}
"""
# What runs already ends at once.
END_TRANSITIONS = "() => document.getAnimations().forEach((one) => one instanceof CSSTransition && one.finish())"
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Tables scroll sideways where they must; none of ours must.
SIDEWAYS = """
() => [...document.querySelectorAll("[role=region][tabindex]")]
  .filter((one) => one.scrollWidth > one.clientWidth)
  .map((one) => `${one.ariaLabel} scrolls sideways, ${one.scrollWidth} px in ${one.clientWidth}`)
"""


def change(page: Page, size: tuple[int, int], scheme: Scheme) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme)
    page.evaluate(END_TRANSITIONS)


@dataclass(slots=True)
class Looks:
    """Every page looked at, and what is wrong with it: violations of WCAG 2.2 AA, pixels that lie outside."""

    pages: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def at(self, page: Page, heading: str, note: str = "") -> None:
        """Look at the page with this heading once it is there, and leave it as it was."""
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        before: Any = page.viewport_size
        name = f"{heading} ({note})" if note else heading
        self.pages.append(name)
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(AXE.read_text(encoding="utf-8"))
            page.evaluate(STILL)
        for scheme in SCHEMES:
            for size in SIZES:
                change(page, size, scheme)
                self._examine(page, f"{name}, {size[0]} px, {scheme}")
        change(page, (before["width"], before["height"]), "light")

    def _examine(self, page: Page, where: str) -> None:
        self.wrong += [f"{where}: {violation}" for violation in page.evaluate(RUN_AXE, list(TAGS))]
        self.wrong += [f"{where}: {table}" for table in page.evaluate(SIDEWAYS)]
        outside = page.evaluate(OVERFLOW)
        if outside > 0:
            self.wrong.append(f"{where}: {outside} px wider than the screen")


def nothing_is_wrong(looks: Looks, watch: Watch, refused: list[int]) -> bool:
    assert looks.wrong == []
    assert (watch.errors, watch.violations) == ([], [])
    assert watch.refused == refused
    return True
