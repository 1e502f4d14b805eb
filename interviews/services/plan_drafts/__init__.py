"""Plans that somebody works on: begun, saved, drafted from a description, discarded, published by a person."""

from interviews.services.plan_drafts.checking import LinterObjects
from interviews.services.plan_drafts.listing import jobs_page
from interviews.services.plan_drafts.publishing import publish, restore
from interviews.services.plan_drafts.saving import (
    NothingMatched,
    Opened,
    StaleDraft,
    describe,
    discard,
    open_draft,
    save,
    start,
    start_next,
)
from interviews.services.plan_drafts.working import Drafted

__all__ = [
    "Drafted",
    "LinterObjects",
    "NothingMatched",
    "Opened",
    "StaleDraft",
    "describe",
    "discard",
    "jobs_page",
    "open_draft",
    "publish",
    "restore",
    "save",
    "start",
    "start_next",
]
