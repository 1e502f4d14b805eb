"""Why a resume is not read, and why a piece of it is hidden, in sentences for people."""

from django.utils.translation import gettext_lazy as _

REFUSALS = {
    "empty": _("The file is empty. Choose the resume again."),
    "too_large": _("The file is larger than 5 MB. Save it with smaller pictures, or without them."),
    "wrong_kind": _("This is %(what)s. Save the resume as PDF or DOCX and upload that."),
    "mislabelled": _(
        "The file's name ends in %(what)s, but its content is another kind. Save it again under the right name."
    ),
    "two_kinds": _("The file is two kinds of document at once. Save the resume as PDF again and upload that."),
    "encrypted": _("The file is protected with a password or against changes. Save it without protection."),
    "too_many_pages": _("The resume has more than 15 pages. Shorten it and upload it again."),
    "too_much_text": _("The resume holds more text than 15 pages do. Shorten it and upload it again."),
    "unpacks_too_large": _("The file unpacks to far more than a resume holds. Save it as PDF again and upload that."),
    "strange_archive": _(
        "The file is packed in a way that word processors do not use. Save it as PDF and upload that."
    ),
    "declarations": _("The file holds declarations that a DOCX must not have. Save it as PDF and upload that."),
    "macros": _("The document contains macros. Save it as DOCX without macros, or as PDF."),
    "malformed": _("The file is damaged and cannot be read. Open it, save it as PDF again and upload that."),
    "no_text": _(
        "No text can be read in the file: it is a scan or a picture. "
        "Save the resume from the program it was written in."
    ),
    "too_much_time": _("Reading the file took too long. Save it as a simpler PDF and upload that."),
    "too_much_memory": _("Reading the file needs too much memory. Save it as a simpler PDF and upload that."),
    "failed": _(
        "The file could not be read. Save it as PDF again and upload that; the rest of the application is kept."
    ),
}

KINDS = {
    "zip": _("a ZIP archive"),
    "rtf": _("an RTF document"),
    "png": _("a PNG picture"),
    "jpeg": _("a JPEG picture"),
    "gif": _("a GIF picture"),
    "riff": _("a WebP picture or a recording"),
    "tiff": _("a TIFF picture"),
    "postscript": _("a PostScript file"),
    "exe": _("a Windows program"),
    "elf": _("a Linux program"),
    "macho": _("a macOS program"),
    "program": _("a program"),
    "script": _("a script"),
    "gzip": _("a gzip archive"),
    "7z": _("a 7z archive"),
    "rar": _("a RAR archive"),
    "text": _("a text file"),
    "doc": _("an old Word document (.doc)"),
    "html": _("a web page"),
    "xml": _("an XML file"),
    "odt": _("an OpenDocument text (.odt)"),
    "epub": _("an e-book (EPUB)"),
    "spreadsheet": _("a spreadsheet"),
    "presentation": _("a presentation"),
    "pages": _("a Pages document"),
    "unknown": _("an unknown file"),
}

HIDDEN = {
    "same_colour": _("It has the colour of what is behind it."),
    "unclear": _(
        "It may be hidden: its colour is that of the page, and only a picture or shape behind it can show it. "
        "Look at the file."
    ),
    "tiny": _("It is too small to read."),
    "off_page": _("It lies outside what the page shows."),
    "covered": _("Something was drawn over it."),
    "invisible": _("It is written in a mode that draws nothing."),
    "transparent": _("It is transparent."),
    "hidden_layer": _("It is on a layer that is switched off."),
    "vanish": _("It is marked as hidden."),
    "deleted": _("It was deleted with changes tracked."),
    "field_code": _("It stands in a field's code, which is not shown."),
    "comment": _("It is a comment."),
    "zero_width": _("It is written in characters that have no width."),
}

IGNORED = {
    "javascript": _("Scripts"),
    "embedded_files": _("Embedded files"),
    "launch_actions": _("Actions that start programs"),
    "form_actions": _("Actions that send forms"),
    "media": _("Sound or film"),
    "xfa": _("A form that is a program (XFA)"),
    "active_content": _("Active controls"),
    "external_content": _("Content that would be fetched from elsewhere"),
}


class Refused(Exception):
    """The resume is not read; `str()` says what to do. `what` is a key of KINDS or a file's ending."""

    def __init__(self, reason: str, what: str = "") -> None:
        super().__init__(reason, what)
        self.reason = reason if reason in REFUSALS else "failed"
        self.what = what

    def __str__(self) -> str:
        return REFUSALS[self.reason] % {"what": KINDS.get(self.what, self.what)}
