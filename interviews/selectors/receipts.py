"""What a candidate takes away: the receipt of what was submitted, and their own answers."""

import json
from typing import Any

from django.db.models import Q

from core import tenancy
from interviews.models import Interview, Turn

FORMAT = "candor-receipt-1"
SUBMITTED = Q(answer__isnull=False) | Q(status=Turn.Status.SKIPPED)
RECIPE = (
    'Take the value of "submitted". Write it as JSON with no white space between its parts, with no character escaped'
    " that need not be, in UTF-8. Its SHA-256, in hexadecimal digits, is the fingerprint.",
    "With Python, in the folder of this file: python3 -c \"import hashlib,json; d=json.load(open('receipt.json',"
    "encoding='utf-8')); print(hashlib.sha256(json.dumps(d['submitted'],ensure_ascii=False,"
    "separators=(',',':')).encode()).hexdigest())\"",
    "With a browser's console, where d is this file's content: JSON.stringify(d.submitted) is the text to hash.",
)


def submitted(interview: Interview) -> list[Any]:
    """[the interview's id, [[number, question, answer or null when it was skipped], ...]], in the order of asking."""
    turns = interview.turns.filter(SUBMITTED).order_by("number")
    return [str(interview.pk), [[turn.number, turn.shown, turn.answer] for turn in turns]]


def canonical(interview: Interview) -> str:
    """`submitted` as the one JSON text of it: no white space, nothing escaped that need not be."""
    return json.dumps(submitted(interview), ensure_ascii=False, separators=(",", ":"))


def receipt_file(interview: Interview) -> str:
    """The receipt to download: the fingerprint, what it was made of, and how to make it again."""
    content = {
        "format": FORMAT,
        "company": tenancy.current().name,
        "role": interview.application.job.title,
        "submitted_at": interview.completed_at.isoformat() if interview.completed_at else None,
        "algorithm": "SHA-256",
        "fingerprint": interview.receipt_hash,
        "recipe": RECIPE,
        "submitted": submitted(interview),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def answers(interview: Interview) -> list[dict[str, Any]]:
    """Every question that was asked with its answer, in their order; the last words have no question."""
    return [
        {
            "question": turn.shown,
            "text": turn.answer,
            "answered_at": turn.answered_at,
            "follow_up": turn.kind == Turn.Kind.PROBE,
            "skipped": turn.status == Turn.Status.SKIPPED,
        }
        for turn in interview.turns.order_by("number")
    ]
