"""pdfminer's interpreter with the operators that it leaves out, because they can hide text."""

from typing import Any

from pdfminer.casting import safe_float
from pdfminer.pdfdevice import PDFDevice
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager, PDFTextState
from pdfminer.pdftypes import PDFObjRef, PDFStream, dict_value, list_value, resolve1, stream_value
from pdfminer.psparser import PSLiteral, literal_name
from pdfminer.utils import MATRIX_IDENTITY, Matrix, apply_matrix_rect

from . import pdf_colours, pdf_shapes
from .pdf_canvas import Canvas, Ink
from .pdf_layers import Layers
from .refusal import Refusal

DEEPEST = 12  # forms within forms
MOST_FORMS = 5000  # painted on all pages together


class Interpreter(PDFPageInterpreter):
    """Adds opacity, clipping, layers, shadings, inks, and what a form inherits from where it is painted."""

    graphicstate: Ink
    device: Canvas

    def __init__(self, rsrcmgr: PDFResourceManager, device: PDFDevice) -> None:
        super().__init__(rsrcmgr, device)
        self.layers = Layers({})
        self.inherited: tuple[PDFTextState, Ink] | None = None
        self.depth = 0
        self.forms = [0]
        self.clipping = False
        self.extras: dict[str, dict[Any, Any]] = {}

    def dup(self) -> "Interpreter":
        other = Interpreter(self.rsrcmgr, self.device)
        other.layers, other.forms, other.depth = self.layers, self.forms, self.depth + 1
        other.inherited = (self.textstate.copy(), self.graphicstate.copy())
        self.forms[0] += 1
        if other.depth > DEEPEST or self.forms[0] > MOST_FORMS:
            raise Refusal("too_much_time")
        return other

    def init_resources(self, resources: dict[object, object]) -> None:
        super().init_resources(resources)
        kinds = ("ExtGState", "ColorSpace", "Properties", "Pattern", "Shading")
        self.extras = {kind: dict_value((resources or {}).get(kind)) for kind in kinds}

    def init_state(self, ctm: Matrix) -> None:
        super().init_state(ctm)
        self.graphicstate = Ink()
        if self.inherited is not None:
            self.textstate, self.graphicstate = self.inherited

    def render_contents(self, resources: Any, streams: Any, ctm: Matrix = MATRIX_IDENTITY) -> None:
        if self.inherited is not None:
            form, ink = stream_value(streams[0]), self.inherited[1]
            box = [float(resolve1(value)) for value in list_value(form["BBox"])]
            ink.clip = pdf_shapes.meet(ink.clip, apply_matrix_rect(ctm, (box[0], box[1], box[2], box[3])))
            if "Group" in form:
                ink.group_alpha *= ink.fill_alpha
                ink.fill_alpha = ink.stroke_alpha = 1.0
        super().render_contents(resources, streams, ctm)

    def do_Do(self, xobjid_arg: Any) -> None:
        stream = resolve1(self.xobjmap.get(literal_name(xobjid_arg)))
        if not isinstance(stream, PDFStream):
            return
        off = self.layers.are_off(stream.get("OC"))
        self.device.off.append(off)
        open_pieces = len(self.device.off)
        if getattr(stream.get("Subtype"), "name", "") == "Image":
            self.device.paint_image(stream, self.graphicstate)
        else:
            super().do_Do(xobjid_arg)
        del self.device.off[open_pieces - 1 :]  # with what the form forgot to close
        self.device.set_ctm(self.ctm)  # a form leaves its own behind

    def do_EI(self, obj: Any) -> None:
        if isinstance(obj, PDFStream):
            self.device.paint_image(obj, self.graphicstate)

    def do_sh(self, name: object) -> None:
        self.device.paint_clip(self.graphicstate, self.extras["Shading"].get(literal_name(name)))

    def do_gs(self, name: Any) -> None:
        given = dict_value(self.extras["ExtGState"].get(literal_name(name)))
        ink = self.graphicstate
        ink.fill_alpha = _unit(given.get("ca"), ink.fill_alpha)
        ink.stroke_alpha = _unit(given.get("CA"), ink.stroke_alpha)
        if "SMask" in given:
            ink.masked = isinstance(resolve1(given["SMask"]), dict)
        if "BM" in given:
            mode = resolve1(given["BM"])
            mode = resolve1(mode[0]) if isinstance(mode, list) and mode else mode
            ink.blend = str(getattr(mode, "name", "Normal"))
        font = list_value(given.get("Font"))
        if len(font) == 2 and isinstance(font[0], PDFObjRef):
            self.textstate.font = self.rsrcmgr.get_font(font[0].objid, dict_value(font[0]))
            self.textstate.fontsize = safe_float(resolve1(font[1])) or self.textstate.fontsize

    # Clipping: the path that is painted or dropped next, taken by its box.

    def do_W(self) -> None:
        self.clipping = True

    def do_W_a(self) -> None:
        self.clipping = True

    def do_n(self) -> None:
        self._clip()
        super().do_n()

    def do_S(self) -> None:
        self._clip()
        super().do_S()

    def do_f(self) -> None:
        super().do_f() if not self.clipping else self._paint_and_clip(super().do_f)

    def do_F(self) -> None:
        self.do_f()

    def do_f_a(self) -> None:
        super().do_f_a() if not self.clipping else self._paint_and_clip(super().do_f_a)

    def do_B(self) -> None:
        super().do_B() if not self.clipping else self._paint_and_clip(super().do_B)

    def do_B_a(self) -> None:
        super().do_B_a() if not self.clipping else self._paint_and_clip(super().do_B_a)

    def _paint_and_clip(self, paint: Any) -> None:
        path = self.curpath
        paint()
        self.curpath = path
        self._clip()
        self.curpath = []

    def _clip(self) -> None:
        if not self.clipping:
            return
        self.clipping = False
        outlines = pdf_shapes.polygons(self.curpath, self.ctm)
        box = pdf_shapes.box_of(outlines) if outlines else (0.0, 0.0, -1.0, -1.0)
        self.graphicstate.clip = pdf_shapes.meet(self.graphicstate.clip, box)

    # Colours: any number of components, and spaces by their definition.

    def do_cs(self, name: Any) -> None:
        super().do_cs(name)
        self.graphicstate.nspec = resolve1(self.extras["ColorSpace"].get(literal_name(name)))
        self.graphicstate.ncolor = pdf_colours.initial(self.graphicstate.ncs)

    def do_CS(self, name: Any) -> None:
        super().do_CS(name)
        self.graphicstate.sspec = resolve1(self.extras["ColorSpace"].get(literal_name(name)))
        self.graphicstate.scolor = pdf_colours.initial(self.graphicstate.scs)

    def do_scn(self) -> None:
        self.graphicstate.ncolor = self._components(self.graphicstate.ncs.ncomponents)

    def do_SCN(self) -> None:
        self.graphicstate.scolor = self._components(self.graphicstate.scs.ncomponents)

    def _components(self, count: int) -> Any:
        """As many numbers as the space has, or the pattern."""
        values = self.pop(count)
        if values and isinstance(values[-1], PSLiteral):
            return pdf_colours.Pattern(self.extras["Pattern"].get(literal_name(values[-1])))
        numbers = tuple(safe_float(value) for value in values)
        return pdf_colours.Pattern(None) if None in numbers else numbers

    # Layers, which a reader of the file can switch off.

    def do_BMC(self, tag: Any) -> None:
        self.device.off.append(False)

    def do_BDC(self, tag: Any, props: Any) -> None:
        named = self.extras["Properties"].get(literal_name(props)) if isinstance(props, PSLiteral) else None
        self.device.off.append(getattr(tag, "name", "") == "OC" and self.layers.are_off(named))

    def do_EMC(self) -> None:
        if self.device.off:
            self.device.off.pop()


def _unit(value: Any, default: float) -> float:
    number = safe_float(resolve1(value)) if value is not None else None
    return default if number is None else min(1.0, max(0.0, number))
