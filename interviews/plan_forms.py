"""The form of a plan that somebody works on: its head, a row for each competency, a row for each question."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from interviews.models import Competency
from interviews.services.competency_library import library
from interviews.services.interviewer import topics
from interviews.services.interviewer.types import KINDS
from interviews.services.jobs import LONGEST_WAIT_HOURS, CompetencyPlan, JobPlan, QuestionPlan
from interviews.services.plan_drafts.rows import LONGEST_KEY, MOST_COMPETENCIES, MOST_QUESTIONS

LEVELS = range(1, 6)
LONGEST_INTRO, LONGEST_SENTENCES, LONGEST_QUESTION, LONGEST_FOLLOW_UP = 2000, 600, 1500, 300
MOST_PROBES, MOST_PROBES_INTERVIEW = 3, 20
# The buttons that stand at a row, with as many rows as there can be.
AT_A_ROW = {
    "remove_competency": MOST_COMPETENCIES,
    "remove_question": MOST_QUESTIONS,
    "earlier_question": MOST_QUESTIONS,
}
Data = Mapping[str, Any]


class Unreadable(ValueError):
    """The form came in a shape that no page sends."""


class Words(forms.CharField):
    """Text without the line ends of browsers."""

    def __init__(self, most: int, **kwargs: Any) -> None:
        super().__init__(max_length=most, required=False, widget=forms.Textarea, **kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text


class HeadForm(forms.Form):
    """What a plan says as a whole; `revision` is the save that was shown."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    title = forms.CharField(label=_("Title"), max_length=160, required=False)
    location = forms.CharField(label=_("Location"), max_length=120, required=False)
    intro = Words(LONGEST_INTRO, label=_("Intro"), help_text=_("What candidates read before the first question."))
    minutes = forms.IntegerField(label=_("Minutes"), min_value=5, max_value=240)
    max_probes = forms.IntegerField(label=_("Follow-ups a question"), min_value=0, max_value=MOST_PROBES)
    max_probes_interview = forms.IntegerField(
        label=_("Follow-ups in all"), min_value=0, max_value=MOST_PROBES_INTERVIEW
    )
    jurisdiction = forms.ChoiceField(
        label=_("Jurisdiction"),
        required=False,
        help_text=_("Whose rules say which private matters are forbidden."),
    )
    threshold_hire = forms.DecimalField(
        label=_("Hire from"), min_value=0, max_value=100, max_digits=4, decimal_places=1
    )
    threshold_maybe = forms.DecimalField(
        label=_("Maybe from"), min_value=0, max_value=100, max_digits=4, decimal_places=1
    )
    coverage_percent = forms.IntegerField(
        label=_("Evidence needed, in percent"),
        min_value=0,
        max_value=100,
        help_text=_("Of the weight; with less there is no overall score."),
    )
    words_every_reply = forms.BooleanField(label=_("A model words every reply"), required=False)
    evaluation_waits_hours = forms.IntegerField(
        label=_("Hours an evaluation may wait"), min_value=0, max_value=LONGEST_WAIT_HOURS
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("None: all private matters")), *sorted(topics.jurisdictions().items())]
        self.fields["jurisdiction"].choices = choices  # type: ignore[attr-defined]


class CompetencyForm(forms.Form):
    key = forms.SlugField(max_length=LONGEST_KEY, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    dimension = forms.ChoiceField(label=_("Kind"), choices=Competency.Dimension.choices)
    weight = forms.DecimalField(label=_("Weight"), min_value=0, max_digits=5, decimal_places=3)
    definition = Words(LONGEST_SENTENCES, label=_("Definition"))
    anchor_1 = Words(LONGEST_SENTENCES, label=_("Level 1"))
    anchor_2 = Words(LONGEST_SENTENCES, label=_("Level 2"))
    anchor_3 = Words(LONGEST_SENTENCES, label=_("Level 3"))
    anchor_4 = Words(LONGEST_SENTENCES, label=_("Level 4"))
    anchor_5 = Words(LONGEST_SENTENCES, label=_("Level 5"))

    @property
    def anchors(self) -> list[forms.BoundField]:
        return [self[f"anchor_{level}"] for level in LEVELS]

    def plan(self) -> CompetencyPlan:
        data = self.cleaned_data
        one, two, three, four, five = (data[f"anchor_{level}"] for level in LEVELS)
        return CompetencyPlan(
            data["key"],
            data["name"],
            data["definition"],
            data["dimension"],
            data["weight"],
            (one, two, three, four, five),
        )


class QuestionForm(forms.Form):
    text = Words(LONGEST_QUESTION, label=_("Question"))
    about = forms.MultipleChoiceField(label=_("About"), required=False, widget=forms.CheckboxSelectMultiple)
    evidence = forms.CharField(label=_("For an example"), max_length=LONGEST_FOLLOW_UP, required=False)
    ownership = forms.CharField(label=_("For the own part"), max_length=LONGEST_FOLLOW_UP, required=False)
    result = forms.CharField(label=_("For the result"), max_length=LONGEST_FOLLOW_UP, required=False)
    clarify = forms.CharField(label=_("For what was meant"), max_length=LONGEST_FOLLOW_UP, required=False)

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["about"].choices = choices  # type: ignore[attr-defined]

    @property
    def follow_ups(self) -> list[forms.BoundField]:
        return [self[kind] for kind in KINDS]

    def plan(self) -> QuestionPlan:
        data = self.cleaned_data
        return QuestionPlan(data["text"], tuple(data["about"]), {kind: data[kind] for kind in KINDS if data[kind]})


class DescribeForm(forms.Form):
    """A job description to draft from; `revision` is the save that was shown."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    description = forms.CharField(
        label=_("Job description"),
        widget=forms.Textarea,
        help_text=_("In English, at least 20 words about the work."),
    )


class StartForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=160)


class DiscardForm(forms.Form):
    """The save that was shown."""

    revision = forms.IntegerField(min_value=1)


class PublishForm(forms.Form):
    """The save that was shown, and the number of the version that it was compared with (0: none)."""

    revision = forms.IntegerField(min_value=1)
    follows = forms.IntegerField(min_value=0, max_value=32767)


class RestoreForm(forms.Form):
    """The number of the version that is current on the page."""

    follows = forms.IntegerField(min_value=1, max_value=32767)


class AddForm(forms.Form):
    """What can be added to the scorecard; the service says whether it is."""

    from_library = forms.ChoiceField(label=_("From the library"), required=False)
    own_name = forms.CharField(label=_("Your own"), max_length=120, required=False)
    own_dimension = forms.ChoiceField(label=_("Kind"), choices=Competency.Dimension.choices, required=False)

    def __init__(self, *args: Any, taken: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        listed = [(one.key, one.name) for one in library().competencies if one.key not in taken]
        choices = [("", _("Choose a competency")), *sorted(listed, key=lambda one: one[1])]
        self.fields["from_library"].choices = choices  # type: ignore[attr-defined]


class PlanForms:
    """All forms of a plan's page, either of a plan or of what was sent."""

    def __init__(
        self, head: HeadForm, competencies: Sequence[CompetencyForm], questions: Sequence[QuestionForm]
    ) -> None:
        self.head, self.competencies, self.questions = head, list(competencies), list(questions)

    @classmethod
    def of_plan(cls, plan: JobPlan, revision: int) -> "PlanForms":
        head: dict[str, Any] = {name: getattr(plan, name) for name in HeadForm.base_fields if hasattr(plan, name)}
        head |= {name: shown(head[name]) for name in ("threshold_hire", "threshold_maybe")}
        head |= {"revision": revision, "coverage_percent": int(plan.coverage_floor * 100)}
        choices = [(one.key, one.name) for one in plan.competencies]
        return cls(
            HeadForm(initial=head),
            [_competency_form(place, one) for place, one in enumerate(plan.competencies)],
            [_question_form(place, one, choices) for place, one in enumerate(plan.questions)],
        )

    @classmethod
    def of_post(cls, data: Any) -> "PlanForms":
        """:raises Unreadable: if it says to have more rows than a plan takes, or no number of them."""
        many = _count(data, "competencies", MOST_COMPETENCIES)
        choices = [(data.get(f"c{place}-key", ""), data.get(f"c{place}-name", "")) for place in range(many)]
        asked = range(_count(data, "questions", MOST_QUESTIONS))
        return cls(
            HeadForm(data),
            [CompetencyForm(data, prefix=f"c{place}") for place in range(many)],
            [QuestionForm(data, prefix=f"q{place}", choices=choices) for place in asked],
        )

    @property
    def revision(self) -> int | None:
        """The save that the writer saw, where something was sent that names one."""
        sent: dict[str, Any] = getattr(self.head, "cleaned_data", {})
        return sent.get("revision")

    @property
    def refused(self) -> bool:
        """Whether something was sent that can't be taken."""
        return self.head.is_bound and not self.valid

    @property
    def valid(self) -> bool:
        found = [form.is_valid() for form in (self.head, *self.competencies, *self.questions)]  # each has its say
        return all(found)

    def plan(self) -> JobPlan:
        """What was sent; needs valid forms."""
        data = dict(self.head.cleaned_data)
        data.pop("revision")
        floor = Decimal(data.pop("coverage_percent")) / 100
        return JobPlan(
            slug="",
            competencies=tuple(form.plan() for form in self.competencies),
            questions=tuple(form.plan() for form in self.questions),
            coverage_floor=floor,
            **data,
        )


def pressed(data: Data) -> tuple[str, int]:
    """The button that was pressed, and the place of its row (from 0; 0 too where it stands at none).

    :raises Unreadable: if it should stand at a row and says at none that a plan can have.
    """
    do, _separator, place = str(data.get("do", "save")).partition("-")
    return do, _number(place, AT_A_ROW[do], do) if do in AT_A_ROW else 0


def shown(number: Decimal) -> str:
    """The number as people type it, without zeros at its end."""
    return f"{number.normalize():f}"


def _competency_form(place: int, one: CompetencyPlan) -> CompetencyForm:
    data: dict[str, Any] = {name: getattr(one, name) for name in ("key", "name", "definition", "dimension")}
    data |= {f"anchor_{level}": text for level, text in enumerate(one.anchors, 1)} | {"weight": shown(one.weight)}
    return CompetencyForm(initial=data, prefix=f"c{place}")


def _question_form(place: int, one: QuestionPlan, choices: Sequence[tuple[str, str]]) -> QuestionForm:
    data: dict[str, Any] = {"text": one.text, "about": list(one.competencies)} | dict(one.follow_ups)
    return QuestionForm(initial=data, prefix=f"q{place}", choices=choices)


def _count(data: Any, name: str, most: int) -> int:
    return _number(str(data.get(name, "")), most, name)


def _number(given: str, most: int, name: str) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < 4 and int(given) <= most):
        raise Unreadable(name)
    return int(given)
