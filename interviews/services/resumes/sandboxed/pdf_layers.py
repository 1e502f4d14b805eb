"""Optional content: which layers of a PDF are not shown when it is opened."""

from typing import Any

from pdfminer.pdftypes import PDFObjRef, dict_value, list_value, resolve1


class Layers:
    """The default configuration of a document's layers."""

    def __init__(self, catalog: dict[str, Any]) -> None:
        properties = dict_value(catalog.get("OCProperties")) if "OCProperties" in catalog else {}
        default = dict_value(properties.get("D")) if "D" in properties else {}
        self._off = _ids(default.get("OFF"))
        if getattr(resolve1(default.get("BaseState")), "name", "") == "OFF":
            self._off |= _ids(properties.get("OCGs")) - _ids(default.get("ON"))

    def are_off(self, content: Any) -> bool:
        """Whether this group (or membership of groups) hides what belongs to it."""
        if content is None or not self._off:
            return False
        if isinstance(content, PDFObjRef) and content.objid in self._off:
            return True
        given = resolve1(content)
        if not isinstance(given, dict) or "OCGs" not in given:
            return False
        return self._membership_is_off(given)

    def _membership_is_off(self, given: dict[str, Any]) -> bool:
        groups = given["OCGs"] if isinstance(resolve1(given["OCGs"]), list) else [given["OCGs"]]
        states = [item.objid not in self._off for item in list_value(groups) if isinstance(item, PDFObjRef)]
        policy = getattr(resolve1(given.get("P")), "name", "AnyOn")
        shown = {"AllOn": all(states), "AnyOff": not all(states), "AllOff": not any(states)}.get(policy, any(states))
        return bool(states) and not shown


def _ids(groups: Any) -> set[int]:
    return {item.objid for item in list_value(groups) if isinstance(item, PDFObjRef)} if groups is not None else set()
