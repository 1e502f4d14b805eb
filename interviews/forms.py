"""Forms: they check shape; services check meaning."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from interviews.models import Application, Contest, Decision, Job, QuestionFlag, ReturnAssumptions
from interviews.models.returns import LEAST_MINUTES, LEAST_USD, MOST_MINUTES, MOST_USD
from interviews.services.jobs import LONGEST_WAIT_HOURS


class ConsentForm(forms.Form):
    ai_evaluation = forms.BooleanField(label=_("An AI may interview me and prepare an evaluation for a person."))
    keep_for_other_roles = forms.BooleanField(label=_("Keep my interview for other roles."), required=False)


class AdjustmentForm(forms.Form):
    TIME = {"time_125": Decimal("1.25"), "time_150": Decimal("1.5"), "time_200": Decimal(2), "untimed": Decimal(0)}

    adjustments = forms.MultipleChoiceField(
        label=_("What would help you?"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("time_125", _("A quarter more time")),
            ("time_150", _("Half as much time again")),
            ("time_200", _("Twice the time")),
            ("untimed", _("No time limit")),
            ("questions_ahead", _("The questions in advance")),
            ("breaks", _("Breaks")),
            ("person", _("An interview with a person")),
            ("other", _("Something else")),
        ],
    )
    details = forms.CharField(
        label=_("Anything we should know"), required=False, max_length=2000, widget=forms.Textarea
    )

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if not cleaned.get("adjustments") and not cleaned.get("details"):
            raise forms.ValidationError(_("Choose what would help you, or write it down."))
        return cleaned

    @property
    def time_factor(self) -> Decimal | None:
        """The most generous time that was asked for; 0 is untimed."""
        asked = [self.TIME[name] for name in self.cleaned_data["adjustments"] if name in self.TIME]
        return Decimal(0) if Decimal(0) in asked else max(asked, default=None)

    @property
    def breaks(self) -> bool:
        return "breaks" in self.cleaned_data["adjustments"]

    @property
    def detail(self) -> str:
        """What was asked for, in words, as the tenant's people read it."""
        chosen = dict(self.fields["adjustments"].choices)  # type: ignore[attr-defined]
        lines = [str(chosen[name]) for name in self.cleaned_data["adjustments"]]
        return "\n".join([*lines, self.cleaned_data["details"]]).strip()


class ReviewAndSubmitForm(forms.Form):
    closing = forms.CharField(
        label=_("Anything you would like to add?"), required=False, max_length=8000, widget=forms.Textarea
    )


class FlagForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("What is wrong with it?"), choices=QuestionFlag.Reason.choices, widget=forms.RadioSelect
    )
    words = forms.CharField(label=_("In your words"), required=False, max_length=2000, widget=forms.Textarea)


class AskForm(forms.Form):
    words = forms.CharField(label=_("What should they know?"), required=False, max_length=2000, widget=forms.Textarea)


class ContestForm(forms.Form):
    """One of the questions that were answered, by its turn, and why it should not count."""

    turn = forms.TypedChoiceField(label=_("Question"), coerce=UUID)
    reason = forms.ChoiceField(
        label=_("Why should it not count?"), choices=Contest.Reason.choices, widget=forms.RadioSelect
    )
    words = forms.CharField(label=_("In your words"), max_length=2000, widget=forms.Textarea)

    def __init__(self, *args: Any, questions: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["turn"].choices = [("", _("Choose a question")), *questions]  # type: ignore[attr-defined]


class RulingForm(forms.Form):
    """What comes of a contest."""

    upheld = forms.TypedChoiceField(
        label=_("Your ruling"),
        coerce=lambda value: value == "yes",
        choices=[("yes", _("Uphold: the answer does not count")), ("no", _("Decline: the answer counts"))],
        widget=forms.RadioSelect,
    )
    ruling = forms.CharField(
        label=_("Reason"),
        help_text=_("The candidate reads it. Write nothing about results in it."),
        max_length=2000,
        widget=forms.Textarea,
    )


class LetterForm(forms.Form):
    """`seen` names the letter that was looked at."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)


class RatingForm(forms.Form):
    stars = forms.TypedChoiceField(
        label=_("From 1 (bad) to 5 (very good)"), coerce=int, choices=[(n, str(n)) for n in range(1, 6)]
    )


class InviteForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"))
    days_valid = forms.IntegerField(label=_("Days valid"), min_value=1, max_value=90, initial=14)


class AssignForm(forms.Form):
    """One person by id; `choices` are shown, and the service says who can be assigned."""

    user = forms.UUIDField(label=_("Person"))

    def __init__(self, *args: Any, choices: Sequence[dict[str, Any]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = [("", _("Choose a person")), *((person["id"], person["name"]) for person in choices)]
        self.fields["user"].choices = shown  # type: ignore[attr-defined]


class JobSettingsForm(forms.Form):
    """`follows` is the number of the version that was shown."""

    WAIT = {"min_value": _("Use 0 hours or more."), "max_value": _("Use %(limit_value)s hours or fewer.")}

    words_every_reply = forms.BooleanField(label=_("A model words every reply"), required=False)
    evaluation_waits_hours = forms.IntegerField(
        label=_("Hours an evaluation may wait"),
        help_text=_("Then it can run in a provider's batch, at about half the price. With 0 it runs at once."),
        min_value=0,
        max_value=LONGEST_WAIT_HOURS,
        error_messages=WAIT,
    )
    follows = forms.IntegerField(widget=forms.HiddenInput)


class DecisionForm(forms.Form):
    outcome = forms.ChoiceField(label=_("Decision"), choices=Decision.Outcome.choices)
    reason_code = forms.ChoiceField(label=_("Reason"), choices=[("", _("Choose a reason")), *Decision.Reason.choices])
    reason_text = forms.CharField(label=_("In your words"), max_length=2000, widget=forms.Textarea)
    seen = forms.UUIDField(required=False, widget=forms.HiddenInput)
    result = forms.UUIDField(required=False, widget=forms.HiddenInput)  # that the page shows: the page fills it in

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        outcome, reason = data.get("outcome"), data.get("reason_code")
        if outcome and reason and reason not in Decision.FITTING[outcome]:
            self.add_error("reason_code", _("This reason does not fit the decision. Choose another one."))
        return data


class CandidateFilterForm(forms.Form):
    job = forms.ModelChoiceField(
        Job.objects.none(), label=_("Job"), required=False, to_field_name="slug", empty_label=_("All jobs")
    )
    stage = forms.ChoiceField(
        label=_("Stage"), choices=[("", _("All stages")), *Application.Stage.choices], required=False
    )

    def __init__(self, *args: Any, jobs: QuerySet[Job], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["job"].queryset = jobs.order_by("title")  # type: ignore[attr-defined]


class AssumptionsForm(forms.Form):
    """What an interview by a person would take and cost."""

    usd_an_hour = forms.DecimalField(
        label=_("Interviewer's cost per hour, in dollars"),
        help_text=_("Including all employer costs."),
        min_value=LEAST_USD,
        max_value=MOST_USD,
        decimal_places=2,
    )
    interview_minutes = forms.IntegerField(
        label=_("Minutes per interview"),
        help_text=_("Including preparation and notes."),
        min_value=LEAST_MINUTES,
        max_value=MOST_MINUTES,
    )

    @classmethod
    def of(cls, said: ReturnAssumptions | None) -> "AssumptionsForm":
        """With what was said before."""
        if said is None:
            return cls()
        return cls(initial={"usd_an_hour": said.usd_an_hour, "interview_minutes": said.interview_minutes})
