"""Interviews that nobody can rate: abstention or a person, never a number, with a model and without one."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import monotonic
from typing import Any

import pytest
from django.test import override_settings

from core import tenancy
from interviews.services.evaluation import evaluate, readable
from interviews.services.evaluation.types import Answer, CompetencyText, EvaluationContext, Result
from interviews.tests.rated import BREAD, CONCRETE, JOB, THRESHOLDS, VAGUE, answer
from interviews.tests.scripted import INTERVIEW, Asked, found, saying
from llm.policy import TenantPolicy

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

GERMAN = (
    "Ich messe die Temperatur von Mehl und Raum und stelle das Wasser so ein, dass der Teig mit 24 Grad herauskommt. "
    "Nach 40 Minuten prüfe ich ihn mit dem Finger und schreibe alles auf."
)
FRENCH = "Je mesure la température de la farine et de la pièce, puis je règle l'eau pour que la pâte sorte à 24 degrés."
SPANISH = "Mido la temperatura de la harina y del cuarto y ajusto el agua para que la masa salga a veinticuatro grados."
JAPANESE = "小麦粉と部屋の温度を測り、生地が二十四度になるように水を調整します。四十分後に指で確かめて記録します。"
DUTCH = "Ik was in de bakkerij en we have het deeg gemeten, so is het is goed."
DANISH = "Jeg måler temperaturen på melet og rommet og justerer vannet så deigen blir riktig."
PORTUGUESE = "Eu migrei a tabela em quatro passos e medi cada consulta para que ninguém tivesse de esperar."
KEYBOARD = "asdf jkl qwer tyui zxcv bnm asdf hjkl poiu ytre wq asdf jkl qwer tyui"
NOISE = " ".join("".join(random.Random(n).choices("bcdfghklmnprstvz", k=7)) for n in range(80))
LONG = " ".join([CONCRETE] * 400)  # some 30,000 words


@pytest.fixture(autouse=True)
def in_alpha() -> Iterator[None]:
    with tenancy.enter("alpha"):
        yield


def five(asked: Asked) -> dict[str, Any]:
    """A model that gives the best level to everything it is asked about."""
    return found(asked, 5)


def rated(
    answers: list[Answer], *, by_model: bool, language: str = "en", job: tuple[CompetencyText, ...] = JOB
) -> Result:
    with saying(five) if by_model else override_settings(LLM_ENV={}):
        return evaluate(
            competencies=job,
            answers=answers,
            thresholds=THRESHOLDS,
            policy=TenantPolicy(schema="alpha"),
            context=EvaluationContext(interview_id=INTERVIEW, known=(), language=language),
        )


def levels(result: Result) -> list[int | None]:
    return [rating.level for rating in result.ratings]


both = pytest.mark.parametrize("by_model", [True, False], ids=["model", "basic"])


@both
@pytest.mark.parametrize("text", [GERMAN, FRENCH, SPANISH, DUTCH, DANISH, PORTUGUESE, JAPANESE, KEYBOARD, NOISE])
def test_garbage_and_another_language_are_a_persons_to_rate(text: str, by_model: bool) -> None:
    result = rated([answer(text, "dough", "hygiene", "guests")], by_model=by_model)

    assert levels(result) == [None, None, None]
    assert [rating.quotes for rating in result.ratings] == [(), (), ()]
    assert (result.scores.overall, result.scores.recommendation) == (None, "")


@both
def test_what_is_said_in_english_is_rated_beside_it(by_model: bool) -> None:
    result = rated([answer(CONCRETE, "dough"), answer(GERMAN, "hygiene", number=2)], by_model=by_model)

    assert levels(result) == [5, None, None]
    assert [rating.withheld for rating in result.ratings] == ["", "language", ""]
    assert (result.scores.overall, result.scores.reason) == (None, "withheld")


@both
@pytest.mark.parametrize("text", ["fine", "Yes.", "no", "?", "n/a", "...", "👍", "idk", "Good", "5"])
def test_one_word_is_no_evidence(text: str, by_model: bool) -> None:
    result = rated([answer(text, "dough", "hygiene", "guests")], by_model=by_model)

    assert levels(result) == [None, None, None]
    assert (result.scores.overall, result.strengths, result.weaknesses) == (None, (), ())


@both
def test_an_answer_of_thirty_thousand_words_is_a_persons_to_rate(by_model: bool, show: Callable[[str], None]) -> None:
    started = monotonic()

    result = rated([answer(LONG, "dough", "hygiene", "guests")], by_model=by_model)

    show(f"{len(LONG.split())} words, {'model' if by_model else 'basic'}: {monotonic() - started:.2f} s")
    assert levels(result) == [None, None, None]
    assert {rating.withheld for rating in result.ratings} == {"length"}


@both
@pytest.mark.parametrize("answers", [[], [answer("", "dough")], [answer("  \n ", "dough", "hygiene", "guests")]])
def test_an_unanswered_interview_is_no_evidence(answers: list[Answer], by_model: bool) -> None:
    result = rated(answers, by_model=by_model)

    assert levels(result) == [None, None, None]
    assert (result.scores.overall, result.scores.reason) == (None, "under_floor")


@both
@pytest.mark.parametrize("anchors", [("",) * 5, ("Guesses.", "", "", "", ""), ("", "", "Checks.", "", ""), (" ",) * 5])
def test_a_scale_without_anchors_is_not_rated(anchors: Any, by_model: bool) -> None:
    result = rated([answer(CONCRETE, "dough")], by_model=by_model, job=(replace(BREAD, anchors=anchors),))

    [rating] = result.ratings
    assert (rating.level, rating.not_covered) == (None, "The scale has no anchors to rate by.")


def test_the_basic_evaluator_reads_no_language_but_its_own() -> None:
    result = rated([answer(GERMAN, "dough"), answer(VAGUE, "hygiene", number=2)], by_model=False, language="de")

    assert [rating.withheld for rating in result.ratings] == ["language", "language", ""]


def test_a_model_reads_the_language_of_the_interview() -> None:
    result = rated([answer(GERMAN, "dough")], by_model=True, language="de-AT")

    assert levels(result) == [5, None, None]


def test_where_no_question_was_meant_for_anything_all_is_a_persons() -> None:
    sorted_ = readable.sort(JOB, [answer(GERMAN * 4), answer(CONCRETE, number=2)], "en", mapped=False)

    assert sorted_.withheld == dict.fromkeys(("dough", "hygiene", "guests"), "language")


def test_a_note_in_another_language_does_not_take_a_sound_answer_along() -> None:
    sorted_ = readable.sort(JOB, [answer(CONCRETE, "dough"), answer(GERMAN, "dough", number=2)], "en", mapped=True)

    assert (sorted_.withheld, [one.text for one in sorted_.answers]) == ({}, [CONCRETE])


@pytest.mark.parametrize("language", ["EN", "en_US", "en-GB"])
def test_a_language_is_known_by_its_first_part(language: str) -> None:
    assert readable.sort(JOB, [answer(GERMAN, "dough")], language, mapped=True).withheld == {"dough": "language"}
    assert readable.sort(JOB, [answer(CONCRETE, "dough")], language, mapped=True).withheld == {}


def test_last_words_in_another_language_withhold_nothing() -> None:
    sorted_ = readable.sort(JOB, [answer(CONCRETE, "dough"), answer(GERMAN, number=2)], "en", mapped=True)

    assert (sorted_.withheld, len(sorted_.answers)) == ({}, 1)


@pytest.mark.parametrize(
    "text",
    [
        CONCRETE,
        VAGUE,
        "Me and him done the dough like, it were too warm so we put it in the cold room and writ it down after.",
        "First Terraform, then Kubernetes, then Helm charts, Prometheus, Grafana, Loki; I deploy it with Argo CD now.",
        "Measured flour temperature, adjusted water, tested dough every ten minutes, logged results, reduced waste.",
        "Terraform, Kubernetes, Helm, ArgoCD, Prometheus, Grafana, Loki, Vault, Consul, Packer, Ansible, Jenkins",
        "Every day check temperature flour, water. Dough cold, make longer fermentation. Write book. Tell colleague.",
        "- water temp\n- flour temp\n- dough log\n- batch record\n- rye vs wheat",
        "df = pd.read_csv('x.csv'); df.groupby('a').agg({'b': 'sum'}).reset_index(); df.plot()",
        "I is checking temperature every day, then I am telling to my colleague what is the problem with the flour.",
    ],
)
def test_honest_english_is_read(text: str) -> None:
    assert readable.sort(JOB, [answer(text, "dough")], "en", mapped=True).withheld == {}
