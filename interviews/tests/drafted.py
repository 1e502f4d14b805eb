"""A small library and job descriptions, for the tests of drafting."""

from dataclasses import dataclass, field

LEVELS = (
    "{0}: leaves it to others and cannot say what was done.",
    "{0}: follows the steps that somebody else laid out.",
    "{0}: plans the steps, carries them out and checks what came of them.",
    "{0}: compares two ways with figures and explains why one was taken.",
    "{0}: shows months later that the change held, and what the team learned from it.",
)


@dataclass(frozen=True, slots=True)
class LibraryQuestion:
    text: str
    follow_ups: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LibraryCompetency:
    key: str
    name: str
    definition: str
    dimension: str
    questions: tuple[LibraryQuestion, ...]
    matches: tuple[str, ...]

    @property
    def anchors(self) -> tuple[str, ...]:
        return tuple(level.format(self.name) for level in LEVELS)


@dataclass(frozen=True, slots=True)
class Library:
    competencies: tuple[LibraryCompetency, ...]


FOLLOW_UPS = {
    "evidence": "What were the first steps, in order?",
    "ownership": "Which part of that was yours?",
    "result": "What came of it in the end?",
    "clarify": "What was unclear at the start?",
}


def entry(key: str, name: str, definition: str, dimension: str, matches: str, *questions: str) -> LibraryCompetency:
    """A competency; `matches` are its phrases, joined by commas."""
    asked = tuple(LibraryQuestion(text, FOLLOW_UPS) for text in questions)
    return LibraryCompetency(key, name, definition, dimension, asked, tuple(matches.split(", ")))


SAFETY = entry(
    *("safety", "Working safely", "Sees what could hurt people or damage goods and stops it in time.", "technical"),
    "safety, safe work*, hazard*, forklift*",
    "Tell me about a time you stopped work because something was not safe.",
    "Describe a risk that you noticed before others did.",
)
PLANNING = entry(
    *("planning", "Planning work", "Puts people and tasks in an order that holds when the day changes.", "technical"),
    "planning, schedul*, deadline*, prioriti*",
    "Tell me about the busiest week that you have planned.",
    "Describe a plan that you had to change in the middle.",
)
CAUSES = entry(
    *("causes", "Finding causes", "Looks for why an error came back, and takes the cause away.", "technical"),
    "root cause*, error*, troubleshoot*, problem solving",
    "Describe an error that kept coming back until you dealt with it.",
    "How did you find the cause of the last fault you worked on?",
)
COACHING = entry(
    *("coaching", "Coaching others", "Helps colleagues to do their work better, one by one.", "communication"),
    "coach*, train* new, lead a team, team of",
    "Tell me about a time you had to correct how someone worked.",
    "How did you teach the last person whom you showed your work?",
)
WRITING = entry(
    *("writing", "Writing plainly", "Writes so that the reader knows what to do.", "communication"),
    "reports, documentation, written communication",
    "Describe a text of yours that you had to shorten by half.",
    "Tell me about a note of yours that was misunderstood.",
)
CUSTOMERS = entry(
    *(
        "customers",
        "Serving customers",
        "Finds out what customers need and keeps promises.",
        "communication",
    ),
    "customer*, client*, complaint*",
    "Tell me about a conversation with a customer who was angry.",
    "Describe a promise to a customer that was hard to keep.",
)
OWNERSHIP = entry(
    *("ownership", "Owning outcomes", "Takes responsibility for results, poor ones too.", "values"),
    "ownership, responsib*, accountab*",
    "Tell me about a result that you were not content with.",
    "Describe a mistake of yours that others noticed.",
)
HONESTY = entry(
    *("honesty", "Being honest", "Says what went wrong before being asked.", "values"),
    "honest*, integrity, transparen*",
    "Tell me about a time you had to say that you were wrong.",
    "Describe bad news that you gave early.",
)
LIBRARY = Library((SAFETY, PLANNING, CAUSES, COACHING, WRITING, CUSTOMERS, OWNERSHIP, HONESTY))

SUPERVISOR = """Job title: Warehouse Shift Supervisor

You lead a team of twelve order pickers on our night shift in Rotterdam. You make sure that the work is safe: you report
every hazard, train new colleagues on the forklifts, and keep the safety book. You take part in planning: with the day
shift you schedule the loading of eight trucks, and you deal with picking errors at their root cause.

You take responsibility for the numbers of your shift and write short reports for the customer. You bring a forklift
licence and some years in a warehouse; all else we teach you."""

SUPPORT = """Customer Support Specialist
You answer customers of our clinics by phone and mail. You work through complaints, explain delays to a customer in
plain words, and keep the documentation of each case. You set priorities on busy days. We pay for training."""

DUTCH = (
    "Je geeft leiding aan een team van twaalf orderpickers in onze nachtdienst. Je zorgt dat het werk veilig is en je "
    "meldt elk gevaar. Je plant met de dagdienst het laden van acht vrachtwagens en je lost fouten op bij de bron."
)
