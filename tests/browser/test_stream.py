"""The interviewer's words as they are written: on a slow line, through a reload, a lost line and two tabs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.candor import TENANT, Candor
from tests.browser.conftest import Contexts
from tests.browser.looks import DESK, PHONE, Looks
from tests.browser.people import JOB_TITLE, Candidate, Recruiter, answers
from tests.browser.watch import Watch
from tests.model_process import mock_model
from tests.stack import Stack, stack

pytestmark = pytest.mark.prove

FIRST, SECOND = "Thank you, that is noted.", "The next question follows."
REPLIES = f"SELECT count(*) FROM {TENANT}.interviews_turn WHERE interview_id = %s AND status = 'replied'"
TURNS = f"SELECT count(*) FROM {TENANT}.interviews_turn WHERE interview_id = %s"
# A published version is frozen; here each turn is to wait for the model, also where a template would do.
EVERY_REPLY = f"""
    SET session_replication_role = replica; UPDATE {TENANT}.interviews_jobversion SET words_every_reply = true"""
SLOW_LINE = {"offline": False, "latency": 400, "downloadThroughput": 20_000, "uploadThroughput": 10_000}


@pytest.fixture(scope="module")
def streaming() -> Iterator[Stack]:
    """A Candor whose model takes four seconds and says something on the way."""
    with (
        mock_model("--latency", "4-4", "--seed", "1") as model,
        stack("stream", "seed_demo", OPENAI_BASE_URL=model.base_url, LLM_MODEL="mock") as running,
    ):
        with running.superuser() as owner:
            owner.execute(EVERY_REPLY.encode())
        yield running


@pytest.fixture
def site(streaming: Stack) -> Candor:
    return Candor.of(streaming)


@pytest.fixture
def talking(contexts: Contexts, site: Candor) -> Candidate:
    """A candidate in the room with their first question."""
    person = Recruiter(contexts(DESK).new_page(), site)
    person.sign_in()
    link = person.invite("Noor Haddad")
    candidate = Candidate(contexts(PHONE).new_page(), site)
    candidate.begin(link)
    return candidate


def words(page: Page) -> Locator:
    """What the interviewer has written so far."""
    return page.locator("#live-message [data-words]")


def send(candidate: Candidate) -> str:
    """Send an answer without waiting for the reply; returns its turn."""
    key = candidate.key()
    candidate.box.fill(answers(0)[0])
    candidate.press("Send answer")
    return key


def assert_said_once(candidate: Candidate, site: Candor) -> None:
    """The reply is there as one message, the passing one is gone, and nothing was doubled."""
    log = candidate.page.locator("#messages")
    expect(log).to_contain_text(f"{FIRST} {SECOND}")
    expect(words(candidate.page)).to_have_count(0)
    assert log.inner_text().count(FIRST) == 1
    assert log.locator("> [id^=m-]").count() == 3  # the first question, the answer, the reply with the next question
    assert site.value(REPLIES, candidate.interview_id) == 1
    assert site.value(TURNS, candidate.interview_id) == 2


def test_sentences_come_while_the_model_still_writes_on_a_slow_line(
    talking: Candidate, site: Candor, watch: Watch
) -> None:
    line = talking.page.context.new_cdp_session(talking.page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW_LINE)

    key = send(talking)

    expect(words(talking.page)).to_have_text(FIRST, use_inner_text=True)
    assert site.value(REPLIES, talking.interview_id) == 0
    talking.wait_for_what_follows(key)
    assert_said_once(talking, site)
    assert (watch.errors, watch.violations, watch.refused) == ([], [], [])


def test_the_room_is_in_order_while_the_interviewer_writes(talking: Candidate, watch: Watch) -> None:
    looks = Looks()
    send(talking)
    expect(words(talking.page)).to_contain_text(FIRST)

    looks.at(talking.page, JOB_TITLE, "writing")

    assert looks.wrong == []
    assert (watch.errors, watch.violations) == ([], [])


def test_a_reload_in_the_middle_brings_the_words_back_and_the_rest(
    talking: Candidate, site: Candor, watch: Watch
) -> None:
    key = send(talking)
    expect(words(talking.page)).to_contain_text(FIRST)

    talking.page.reload()

    expect(words(talking.page)).to_contain_text(FIRST)
    assert site.value(REPLIES, talking.interview_id) == 0
    talking.wait_for_what_follows(key)
    assert_said_once(talking, site)
    assert watch.errors == []


def test_a_line_that_is_lost_in_the_middle_and_comes_back_loses_and_doubles_nothing(
    talking: Candidate, site: Candor
) -> None:
    key = send(talking)
    expect(words(talking.page)).to_contain_text(FIRST)

    talking.page.context.set_offline(True)
    talking.page.wait_for_timeout(1500)
    talking.page.context.set_offline(False)

    talking.wait_for_what_follows(key)
    assert_said_once(talking, site)


def test_an_answer_that_is_sent_while_the_line_is_down_arrives_once_when_it_is_back(
    talking: Candidate, site: Candor
) -> None:
    talking.page.context.set_offline(True)
    key = send(talking)
    expect(talking.page.locator("#waiting")).to_be_visible()
    assert site.value(REPLIES, talking.interview_id) == 0

    talking.page.context.set_offline(False)

    talking.wait_for_what_follows(key)
    assert_said_once(talking, site)


def test_two_tabs_hear_the_same_words_and_both_go_on(talking: Candidate, site: Candor, watch: Watch) -> None:
    second = Candidate(talking.page.context.new_page(), site)
    second.page.goto(talking.room)
    expect(second.box).to_be_visible()

    key = send(talking)

    expect(words(second.page)).to_contain_text(FIRST)
    for tab in (talking, second):
        tab.wait_for_what_follows(key)
        assert_said_once(tab, site)
    assert talking.key() == second.key()
    assert watch.errors == []


def test_a_web_process_that_stops_ends_its_streams_at_once(talking: Candidate, streaming: Stack) -> None:
    web = psutil.Process(streaming.pids()["web"])
    wait_for_a_stream(web)
    began = time.monotonic()

    os.kill(web.pid, 15)
    web.wait(10)
    seconds = time.monotonic() - began
    streaming.restart_web()

    assert seconds < 3  # it would wait five seconds for what does not end
    talking.page.reload()
    key = send(talking)
    talking.wait_for_what_follows(key)


def wait_for_a_stream(web: psutil.Process) -> None:
    end = time.monotonic() + 5
    while not [one for one in web.net_connections("tcp") if one.status == psutil.CONN_ESTABLISHED]:
        assert time.monotonic() < end
        time.sleep(0.05)
