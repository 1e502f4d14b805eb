"""Names of what the remarks speak of, as people read them."""

from django.utils.translation import gettext as _

from interviews.services.interviewer import topics


def topic_name(topic: str) -> str:
    """A private matter of illegal_topics.json."""
    return {
        "age": _("age"),
        "family": _("family"),
        "health": _("health"),
        "religion": _("religion"),
        "origin": _("origin"),
        "gender": _("gender"),
        "politics": _("politics"),
        "unions": _("union membership"),
        "pay": _("earlier pay"),
        "finances": _("private finances"),
        "record": _("criminal record"),
        "military": _("military service"),
    }.get(topic, topic)


def forbidden_by(jurisdiction: str) -> str:
    """Whose rules forbid a matter."""
    known = topics.jurisdictions().get(jurisdiction)
    if known is None:
        return _("at least one jurisdiction forbids it, and this plan names none")
    return _("the rules of this jurisdiction forbid it: %s") % known
