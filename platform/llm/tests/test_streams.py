"""A streamed answer is read as strictly as a whole one, however its bytes are cut."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm import answers
from llm.answers import BadAnswer, Usage
from llm.streams import MOST_CHARACTERS, Reader


def chunk(content: str | None = None, finish: str | None = None, **more: object) -> bytes:
    delta = {} if content is None else {"content": content}
    return _event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more})


def _event(body: object) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"


USAGE = {"prompt_tokens": 90, "completion_tokens": 12, "prompt_tokens_details": {"cached_tokens": 64}}
WORDS = ['{"text": "Vie', "len Dank für ", 'die Antwort.", "probe": null}']
GOOD = b"".join([
    chunk(""), *(chunk(word) for word in WORDS), chunk(finish="stop"), _event({"choices": [], "usage": USAGE}),
    b"data: [DONE]\n\n",
])  # fmt: skip


def heard(*parts: bytes) -> list[str]:
    """Every text that was heard, the last one whole.

    :raises BadAnswer: as the reader does.
    """
    texts: list[str] = []
    reader = Reader(texts.append)
    for part in parts:
        reader.feed(part)
    assert reader.end().text == texts[-1]
    return texts


def test_the_text_is_heard_as_it_grows() -> None:
    assert heard(GOOD) == ["".join(WORDS[:count]) for count in (2, 3)]  # not at every letter


@given(st.lists(st.integers(1, len(GOOD) - 1), max_size=30))
def test_it_does_not_matter_where_the_bytes_are_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(set(cuts)), len(GOOD)]
    parts = [GOOD[start:end] for start, end in pairwise(edges)]

    assert heard(*parts)[-1] == "".join(WORDS)


def test_usage_and_reason_come_with_the_answer() -> None:
    reader = Reader(lambda _: None)
    reader.feed(GOOD)

    answer = reader.end()

    assert (answer.usage, answer.finish_reason) == (Usage(tokens_in=90, cached=64, tokens_out=12), "stop")


def test_line_ends_comments_and_unknown_fields_do_not_matter() -> None:
    odd = b": keep-alive\r\n\r\nevent: x\r\nid: 1\r\n" + GOOD.replace(b"\n", b"\r\n") + b": bye\n\n"

    assert heard(odd)[-1] == "".join(WORDS)


def test_words_after_the_end_are_not_heard() -> None:
    assert heard(chunk("One."), chunk(finish="stop"), chunk(" Two."))[-1] == "One."


def test_a_server_that_does_not_stream_is_heard_at_once() -> None:
    body = {"choices": [{"message": {"content": "All of it."}, "finish_reason": "stop"}], "usage": USAGE}
    reader = Reader(lambda _: None)
    for byte in json.dumps(body).encode():
        reader.feed(bytes([byte]))

    assert reader.end() == answers.Answer("All of it.", Usage(90, 64, 12), "stop")


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ([], "empty"),
        ([b"  \n"], "empty"),
        ([b"<html>busy</html>"], "not_json"),
        ([chunk("cut off")], "truncated"),
        ([chunk("cut off"), chunk(finish="stop")[:-9]], "truncated"),
        ([chunk("too long"), chunk(finish="length")], "truncated"),
        ([chunk("no"), chunk(finish="content_filter")], "filtered"),
        ([chunk("tools"), chunk(finish="tool_calls")], "wrong_shape"),
        ([chunk("  "), chunk(finish="stop")], "empty"),
        ([b"data: {broken\n\n"], "not_json"),
        ([b"data: [1]\n\n"], "wrong_shape"),
        ([b'data: {"choices": 5}\n\n'], "wrong_shape"),
        ([b'data: {"choices": [5]}\n\n'], "wrong_shape"),
        ([b'data: {"choices": [{"delta": {"content": "\xff"}}]}\n\n'], "bad_encoding"),
        ([b'data: {"error": {"message": "overloaded"}}\n\n'], "server_error"),
        ([b"data: " + b"[" * 100_000 + b"\n\n"], "not_json"),
        ([chunk("x" * 10_000)] * 3, "too_large"),
        ([b'{"choices": []}'], "wrong_shape"),
    ],
)
def test_what_is_no_whole_answer_is_refused_by_its_kind(parts: list[bytes], kind: str) -> None:
    with pytest.raises(BadAnswer) as refused:
        heard(*parts)

    assert refused.value.kind == kind


def test_more_than_any_answer_holds_is_not_even_heard() -> None:
    texts: list[str] = []
    reader = Reader(texts.append)

    with pytest.raises(BadAnswer):
        for _ in range(1000):
            reader.feed(chunk("y" * 999))

    assert max(map(len, texts)) <= MOST_CHARACTERS


@given(st.text(max_size=200), st.integers(0, 400))
def test_an_object_that_arrives_is_known_up_to_its_last_letter(text: str, cut: int) -> None:
    whole = json.dumps({"text": text, "probe": None}, ensure_ascii=False)

    found = answers.growing(whole[:cut])

    assert text.startswith(found.get("text", "")) if cut < len(whole) else found == {"text": text, "probe": None}


def test_prose_around_the_object_is_left_out() -> None:
    assert answers.growing('```json\n{"text": "Thank yo') == {"text": "Thank yo"}
    assert answers.growing("no object") == {}
    assert answers.growing("[1]") == {}
