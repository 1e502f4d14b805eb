"""The tenant's tables."""

from interviews.models.candidates import Application, Candidate, CandidateRequest
from interviews.models.evaluations import CompetencyRating, Evaluation, Finding, Quote
from interviews.models.interviews import Interview, Invitation
from interviews.models.jobs import Competency, Job, JobVersion, Question
from interviews.models.mail import Mail
from interviews.models.reviews import Decision, Review, ReviewRating
from interviews.models.turns import QuestionFlag, Turn

__all__ = [
    "Application",
    "Candidate",
    "CandidateRequest",
    "Competency",
    "CompetencyRating",
    "Decision",
    "Evaluation",
    "Finding",
    "Interview",
    "Invitation",
    "Job",
    "JobVersion",
    "Mail",
    "Question",
    "QuestionFlag",
    "Quote",
    "Review",
    "ReviewRating",
    "Turn",
]
