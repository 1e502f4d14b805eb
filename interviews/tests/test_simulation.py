"""Simulated candidates: reading data sets, walking through the pages, counting what came of it."""

import gzip
import json
from pathlib import Path
from uuid import UUID

import pytest

from interviews.services.simulation import client, dataset, forms, report, run
from interviews.services.simulation.browser import Browser, Unreachable, WrongTurn
from interviews.tests.simulated_site import INTERVIEW_ID, TOKEN, Site, serve

LINE = {
    "interview": "welder-1",
    "role": "welder",
    "personality": "calm",
    "levels": {"seams": "low"},
    "turns": [{"role": "interviewer", "message": "How?"}, {"role": "applicant", "message": " Slowly.\r\nTwice. "}],
}
RUBRICS = {"welder": {"seams": {"low": "Guesses.", "medium": "Measures.", "high": "Explains."}}}


def _dataset(folder: Path, *lines: str) -> Path:
    path = folder / "set.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_it_reads_the_applicants_messages_as_they_will_be_stored(tmp_path: Path) -> None:
    path = _dataset(tmp_path, json.dumps(LINE), "")

    assert dataset.read(path) == (dataset.SimulatedInterview("welder-1", "welder", ("Slowly.\nTwice.",)),)


def test_it_reads_a_packed_file_in_the_same_way(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(LINE).encode()))

    assert dataset.read(path)[0].answers == ("Slowly.\nTwice.",)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON (Expecting property name enclosed in double quotes at character 2)."),
        ("[]", "an object is expected."),
        (json.dumps(LINE | {"turns": 3}), "'turns' must be a list."),
        (json.dumps(LINE | {"turns": [{"role": "robot", "message": "x"}]}), "a turn needs the role"),
        (json.dumps(LINE | {"turns": [{"role": "applicant", "message": " "}]}), "'message' must be a text."),
        (json.dumps(LINE | {"turns": [{"role": "interviewer", "message": "x"}]}), "no message of an applicant."),
        (json.dumps({key: value for key, value in LINE.items() if key != "role"}), "'role' must be a text."),
    ],
)
def test_a_bad_line_is_named_with_its_number_and_the_reason(tmp_path: Path, line: str, reason: str) -> None:
    path = _dataset(tmp_path, json.dumps(LINE), line)

    with pytest.raises(dataset.BadDataset) as caught:
        dataset.read(path)

    assert str(caught.value).startswith(f"{path}, line 2: {reason}")


def test_a_missing_an_empty_and_a_damaged_file_are_clear_errors(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.jsonl.gz"
    damaged.write_bytes(gzip.compress(b"x" * 2000)[:20])

    for path, reason in [
        (tmp_path / "none.jsonl", "there is no such file."),
        (_dataset(tmp_path), "no interviews in it."),
        (damaged, "cannot be read"),
    ]:
        with pytest.raises(dataset.BadDataset, match=reason):
            dataset.read(path)


def test_rubrics_are_needed_only_where_a_job_is_made(tmp_path: Path) -> None:
    path = _dataset(tmp_path, json.dumps(LINE))

    with pytest.raises(dataset.BadDataset, match=r"rubrics\.json: there is no such file"):
        dataset.load(path, with_rubrics=True)
    assert dataset.load(path, with_rubrics=False).rubrics == {}
    (tmp_path / "rubrics.json").write_text(json.dumps(RUBRICS))
    assert dataset.load(path, with_rubrics=True).rubrics == RUBRICS


def test_a_role_without_rubric_and_a_missing_anchor_are_named(tmp_path: Path) -> None:
    path = _dataset(tmp_path, json.dumps(LINE | {"role": "cook"}))
    (tmp_path / "rubrics.json").write_text(json.dumps(RUBRICS))

    with pytest.raises(dataset.BadDataset, match="no rubric for cook"):
        dataset.load(path, with_rubrics=True)
    (tmp_path / "rubrics.json").write_text(json.dumps({"cook": {"soup": {"low": "Salty.", "medium": "Fine."}}}))
    with pytest.raises(dataset.BadDataset, match="'soup' needs a text for each of low, medium, high"):
        dataset.load(path, with_rubrics=True)


def test_the_shipped_data_set_can_be_loaded_with_its_rubrics() -> None:
    shipped = Path(__file__).resolve().parents[1] / "data" / "simulated_candidates.jsonl"

    assert len(dataset.load(shipped, with_rubrics=True).interviews) == 14


def test_a_form_is_read_with_its_hidden_fields_boxes_and_buttons() -> None:
    html = """
      <form action="/search"><input name="q"></form>
      <form method="POST" action="../answer/">
        <input type="hidden" name="csrfmiddlewaretoken" value="a&amp;b">
        <input type="hidden" name="idempotency_key" value="k">
        <input type="checkbox" name="agreed"><input type="checkbox" name="kept" value="1" checked>
        <textarea name="answer">half &lt;typed</textarea><input name="off" disabled>
        <button name="choice" value="accept">Agree</button>
      </form>"""

    (form,) = forms.parse(html)

    assert form.action == "../answer/"
    assert form.fields == {"csrfmiddlewaretoken": "a&b", "idempotency_key": "k", "kept": "1", "answer": "half <typed"}
    assert form.boxes == {"agreed": "on"}
    assert form.buttons == [("choice", "accept")]
    assert form.offers("answer") and form.offers("agreed") and form.offers("choice") and not form.offers("off")


def test_a_candidate_goes_from_the_link_to_the_submitted_interview() -> None:
    site = Site(questions=3)

    with serve(site) as url:
        played = client.play(
            Browser(url, host=site.host), link=f"/i/{TOKEN}", answers=["One.", "Two.", "Three.", "Four."]
        )

    assert played.error == ""
    assert played.interview_id == UUID(INTERVIEW_ID)
    assert site.answers == played.sent == played.acknowledged == ["One.", "Two.", "Three."]
    assert (played.submitted, site.submitted, played.unsent, played.retries) == (True, True, 1, 0)
    assert [exchange.model_ms for exchange in played.exchanges] == [40.0, 40.0, 40.0]
    assert site.consents == [{"choice": "accept", "ai_evaluation": "on"}]
    assert site.hosts == {site.host}


def test_it_says_so_when_there_is_nothing_left_to_say() -> None:
    site = Site(questions=3)

    with serve(site) as url:
        played = client.play(Browser(url, host=site.host), link=f"/i/{TOKEN}", answers=["One."])

    assert site.answers == ["One.", "I have nothing to add.", "I have nothing to add."]
    assert (played.submitted, played.unsent) == (True, 0)


def test_a_lost_connection_is_answered_with_the_same_key_and_stored_once() -> None:
    site = Site(questions=2, drop_after_storing=1, busy=2)

    with serve(site) as url:
        played = client.play(Browser(url, host=site.host), link=f"/i/{TOKEN}", answers=["One.", "Two."])

    assert (played.error, played.submitted) == ("", True)
    assert site.answers == ["One.", "Two."]
    assert site.posts == 5  # two answers, one repeated after the lost connection, two that were told to wait
    assert played.retries == 3


def test_a_failed_reply_is_asked_for_again_through_the_page() -> None:
    site = Site(questions=1, failures=1)

    with serve(site) as url:
        played = client.play(Browser(url, host=site.host), link=f"/i/{TOKEN}", answers=["One."])

    assert (played.error, played.submitted, site.retried) == ("", True, 1)


def test_a_refused_answer_ends_the_candidate_and_is_not_acknowledged() -> None:
    site = Site(questions=2, refuse="Two.")

    with serve(site) as url:
        played = client.play(Browser(url, host=site.host), link=f"/i/{TOKEN}", answers=["One.", "Two.", "Three."])

    assert played.error == "Refused: An answer was refused with 409: No question is open."
    assert (played.sent, played.acknowledged) == (["One.", "Two."], ["One."])
    assert (played.submitted, played.unsent) == (False, 1)


def test_a_dead_link_is_an_error_without_its_secret() -> None:
    site = Site(questions=1)

    with serve(site) as url:
        played = client.play(Browser(url, host=site.host), link="/i/wrong-secret", answers=["One."])

    assert played.error == "Refused: Status 404."
    assert (played.interview_id, site.answers) == (None, [])


def test_a_server_that_stays_away_ends_the_patience_without_naming_the_secret() -> None:
    browser = Browser("http://127.0.0.1:9", host="acme.example", patience=0.2)

    with pytest.raises(Unreachable, match=r"^GET /i/…: ConnectionRefusedError"):
        browser.get("/i/secret")


def test_a_redirect_to_another_site_is_not_followed() -> None:
    site = Site(questions=1, leads_away=True)

    with serve(site) as url, pytest.raises(WrongTurn, match=r"leads away to elsewhere\.example"):
        Browser(url, host=site.host).get(f"/i/{TOKEN}")


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://127.0.0.1", "http://"])
def test_an_address_without_scheme_or_host_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        Browser(url, host="acme.example")


@pytest.mark.parametrize(
    ("sent", "retries", "words"),
    [(1, 1, "1 answer, 1 request repeated"), (2, 0, "2 answers"), (0, 3, "0 answers, 3 requests repeated")],
)
def test_one_and_many_are_told_apart(sent: int, retries: int, words: str) -> None:
    exchanges = [client.Exchange(UUID(INTERVIEW_ID), "Yes.", turn_ms=5.0, model_ms=0.0)] * sent
    played = client.Played(interview_id=UUID(INTERVIEW_ID), exchanges=exchanges, retries=retries)

    assert run.line_of(1, 9, played) == f"1/9 {INTERVIEW_ID}: {words}"


def test_percentiles_are_nearest_ranks_and_absent_without_values() -> None:
    assert report.percentiles([float(value) for value in range(1, 101)]) == report.Percentiles(50, 95)
    assert report.percentiles([7.4]) == report.Percentiles(7, 7)
    assert report.percentiles([]) == report.Percentiles(None, None)


def test_the_report_is_one_line_with_exactly_the_agreed_keys() -> None:
    exchange = client.Exchange(UUID(int=1), "One.", 500.0, 420.0)
    played = [client.Played(exchanges=[exchange], unsent=2), client.Played(error="Refused: Status 404.")]

    line = report.build(played, report.Verified(completed=1, lost=0, doubled=0)).as_json()

    assert json.loads(line) == {
        "interviews": 2,
        "completed": 1,
        "turns": 1,
        "unsent": 2,
        "lost": 0,
        "doubled": 0,
        "errors": 1,
        "turn_ms": {"p50": 500, "p95": 500},
        "platform_ms": {"p50": 80, "p95": 80},
    }
    assert "\n" not in line
