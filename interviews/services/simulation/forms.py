"""What a candidate without JavaScript can do on a page: its forms and their fields."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class Form:
    """A form that posts. `fields` holds what is sent unless changed; `boxes` are check boxes that are not ticked."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def offers(self, name: str) -> bool:
        """Whether the form has a field or a button of this name."""
        return name in self.fields or name in self.boxes or any(name == button for button, _ in self.buttons)


def parse(html: str) -> list[Form]:
    """The posting forms of a page, in their order."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.forms


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(action=given.get("action", ""))
            if given.get("method", "").lower() == "post":
                self.forms.append(self._form)
        elif self._form is not None and "disabled" not in given and given.get("name"):
            self._field(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._textarea:
            self._form.fields[self._textarea] += data

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, kind = given["name"], given.get("type", "").lower()
        if tag == "textarea":
            self._textarea = name
            form.fields[name] = ""
        elif tag == "button" or kind in ("submit", "image"):
            form.buttons.append((name, given.get("value", "")))
        elif tag == "input" and kind in ("checkbox", "radio") and "checked" not in given:
            form.boxes[name] = given.get("value", "on")
        elif tag == "input":
            form.fields[name] = given.get("value", "on" if kind == "checkbox" else "")
