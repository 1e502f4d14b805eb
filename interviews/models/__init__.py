"""The tenant's tables."""

from interviews.models.agreement import Consensus, ConsensusRating, ConsensusReview, Disagreement
from interviews.models.candidates import Application, Candidate, CandidateRequest
from interviews.models.evaluations import CompetencyRating, Evaluation, Finding, Quote
from interviews.models.feedback import Contest, FeedbackLetter, QuestionThumb
from interviews.models.interviews import Interview, InterviewAssignment, Invitation
from interviews.models.jobs import Competency, Job, JobAssignment, JobVersion, Question
from interviews.models.mail import Mail
from interviews.models.plans import PlanDraft
from interviews.models.quality import ModelFigures, Retest
from interviews.models.resumes import Resume, ResumeSummary
from interviews.models.returns import ReturnAssumptions
from interviews.models.reviews import Decision, Review, ReviewRating
from interviews.models.turned_away import TurnedAway
from interviews.models.turns import QuestionFlag, Turn

__all__ = [
    "Application",
    "Candidate",
    "CandidateRequest",
    "Competency",
    "CompetencyRating",
    "Consensus",
    "ConsensusRating",
    "ConsensusReview",
    "Contest",
    "Decision",
    "Disagreement",
    "Evaluation",
    "FeedbackLetter",
    "Finding",
    "Interview",
    "InterviewAssignment",
    "Invitation",
    "Job",
    "JobAssignment",
    "JobVersion",
    "Mail",
    "ModelFigures",
    "PlanDraft",
    "Question",
    "QuestionFlag",
    "QuestionThumb",
    "Quote",
    "Resume",
    "ResumeSummary",
    "Retest",
    "ReturnAssumptions",
    "Review",
    "ReviewRating",
    "Turn",
    "TurnedAway",
]
