"""What a mail says, from its templates."""

from typing import Any

from django.template.loader import render_to_string


def write(template: str, context: dict[str, Any]) -> tuple[str, str]:
    """The subject, on one line, from `<template>_subject.txt`, and the text from `<template>.txt`."""
    subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
    return subject, render_to_string(f"{template}.txt", context)
