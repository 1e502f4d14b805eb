"""A small job and its answers, for the tests of the evaluator."""

from decimal import Decimal
from uuid import UUID

from interviews.services.evaluation.types import Answer, CompetencyText, Thresholds

THRESHOLDS = Thresholds(hire=Decimal(70), maybe=Decimal(45), coverage_floor=Decimal("0.60"))

BREAD = CompetencyText(
    key="dough",
    name="Dough and fermentation",
    definition="Judges dough by temperature, time and touch, and corrects it before it is lost.",
    anchors=(
        "Follows the recipe and the clock. Does not look at the dough.",
        "",
        "Checks temperature and rise, and shortens or lengthens the fermentation when told to.",
        "",
        "Sets water temperature by flour and room, tests the dough during fermentation, keeps a record of each batch.",
    ),
    dimension="technical",
    weight=Decimal(3),
)
HYGIENE = CompetencyText(
    key="hygiene",
    name="Hygiene and allergens",
    definition="Keeps allergens apart and surfaces clean, and can show it.",
    anchors=(
        "Relies on others to clean. Does not name an allergen.",
        "Cleans when it is visible.",
        "Separates allergens and cleans by a plan.",
        "Keeps a log and swabs surfaces.",
        "Traces a contamination to its batch and changes the plan because of it.",
    ),
    dimension="technical",
    weight=Decimal(2),
)
GUESTS = CompetencyText(
    key="guests",
    name="Talking with guests",
    definition="Explains products and complaints in the guest's words.",
    anchors=(
        "Reads the label aloud.",
        "",
        "Explains what is in a product.",
        "",
        "Asks first, explains, and checks it was understood.",
    ),
    dimension="communication",
    weight=Decimal(1),
)
JOB = (BREAD, HYGIENE, GUESTS)
DOUGH_QUESTION = "How do you know when a dough has fermented enough?"
HYGIENE_QUESTION = "How do you keep allergens apart in the bakery?"

CONCRETE = (
    "I take the temperature of the flour and the room and set the water so that the dough comes out at 24 degrees. "
    "After 40 minutes I test it with a finger and write the rise of each batch in the record, because the rye flour "
    "changes from delivery to delivery. In March the dough stayed at 21 degrees, so I measured the water, found the "
    "heater was off and lengthened the fermentation by 25 minutes. Nothing was thrown away, and from then on I compare "
    "the record with the room thermometer before every shift."
)
VAGUE = (
    "I mostly just go by feel with the dough, it usually looks okay when it is ready. If something seems off with the "
    "fermentation someone else handled it, we didn't really check the temperature, it was fine."
)


def turn(number: int) -> UUID:
    """The id of the nth turn."""
    return UUID(int=number, version=4)


def answer(text: str, *keys: str, number: int = 1, question: str = DOUGH_QUESTION) -> Answer:
    """An answer to a question that was meant for `keys`."""
    return Answer(turn(number), question, text, keys)
