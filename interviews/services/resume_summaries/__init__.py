"""Summaries of resumes: owed with an upload, made by a worker, stored once for a text and a version of a job.

They are places of the visible text for a person to look at. Nothing that rates, ranks, recommends or decides
reads them.
"""

from interviews.services.resume_summaries.working import NothingToAsk, ask_again, can_ask, owe, retry, run, stop

__all__ = ["NothingToAsk", "ask_again", "can_ask", "owe", "retry", "run", "stop"]
