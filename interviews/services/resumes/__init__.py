"""Reading resumes: PDF and DOCX from strangers, in a process of its own. What is seen and what is hidden come apart."""

from interviews.services.resumes.reading import read
from interviews.services.resumes.refusals import Refused
from interviews.services.resumes.sandboxed.bounds import MAX_BYTES
from interviews.services.resumes.types import Hidden, Paragraph, Resume

__all__ = ["MAX_BYTES", "Hidden", "Paragraph", "Refused", "Resume", "read"]
