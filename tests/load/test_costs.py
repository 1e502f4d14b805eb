"""What the comparison of costs counts, over one shipped transcript."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.load import costs, prices, tape, transcripts
from tests.load.costs import NOTHING, How
from tests.load.prices import FRONTIER, ROUTED
from tests.load.transcripts import Transcript

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def transcript() -> Transcript:
    return transcripts.read(None, 1)[0]


def test_the_baseline_asks_for_every_answer_and_every_competency(transcript: Transcript) -> None:
    features = [call.feature for call in tape.of_baseline(transcript)]

    assert features.count(tape.TURN) == len(transcript.said)
    assert features.count(tape.RATING) == len(transcript.job.competencies)


def test_the_baseline_s_last_turn_holds_the_whole_history(transcript: Transcript) -> None:
    last = tape.of_baseline(transcript)[len(transcript.said) - 1]

    said = [message["content"] for message in last.body["messages"][1:]]
    assert said == [text for one in transcript.said for text in (one.question, one.answer)]


def test_nothing_saved_costs_what_the_frontier_model_asks(transcript: Transcript) -> None:
    spent = costs.computed([transcript], NOTHING)

    price = prices.of(FRONTIER)
    expected = price.cost_usd(tokens_in=spent.tokens_in, tokens_cached=0, tokens_out=spent.tokens_out)
    assert spent.usd == expected


def test_a_measure_left_out_costs_no_less(transcript: Transcript) -> None:
    everything = costs.computed([transcript], How()).usd

    for measure in ("routing", "cache", "templates", "batch"):
        assert costs.computed([transcript], replace(How(), **{measure: False})).usd >= everything * Decimal("0.99")


def test_a_batch_halves_the_ratings_and_nothing_else(transcript: Transcript) -> None:
    live, batched = (costs.computed([transcript], replace(How(), batch=batch)) for batch in (False, True))

    assert prices.of(ROUTED["complex"]).batch_factor == Decimal("0.5")
    assert float(batched.by_feature[tape.RATING]) == pytest.approx(float(live.by_feature[tape.RATING]) / 2, rel=0.01)
    assert float(batched.by_feature[tape.TURN]) == pytest.approx(float(live.by_feature[tape.TURN]), rel=0.01)
