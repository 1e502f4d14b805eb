"""Token counts against known ones of o200k_base, and texts that must not stop or stall it."""

import threading
import time

import pytest

from llm import tokens

# As OpenAI's own tiktoken counts them with o200k_base.
KNOWN = [
    ("", 0),
    ("hello world", 2),
    ("tiktoken is great!", 6),
    ("antidisestablishmentarianism", 6),
    ("2 + 2 = 4", 7),
    ("お誕生日おめでとう", 8),
]


@pytest.mark.parametrize(("text", "expected"), KNOWN)
def test_known_texts_have_their_known_counts(text: str, expected: int) -> None:
    assert tokens.count(text) == expected


def test_a_chat_costs_three_tokens_a_message_and_three_for_the_reply() -> None:
    messages = [{"role": "system", "content": "hello world"}, {"role": "user", "content": ""}]

    assert tokens.of_messages(messages) == 3 + (3 + 1 + 2) + (3 + 1 + 0)
    assert tokens.of_messages([]) == 3


def test_a_control_token_in_a_text_counts_as_the_text_it_is() -> None:
    assert tokens.count("<|endoftext|>") == 7


@pytest.mark.parametrize(
    "text", ["\ud800", "a\udfffb", "\udfff\ud800", "\x00\x01\x1b", "\x85\u2028\ufeff", "\ud83d\ude42"]
)
def test_odd_characters_are_counted_like_any_other(text: str) -> None:
    assert 0 < tokens.count(text) <= tokens.estimate(text) * 3
    assert tokens.count(text * 300) > 0


def test_half_a_pair_counts_as_the_character_that_takes_its_place() -> None:
    assert tokens.count("a\ud800b") == tokens.count("a\ufffdb")


def test_a_remembered_count_is_the_same_and_no_text_is_kept() -> None:
    text = "The candidate described a migration of nine services. " * 20
    first = tokens.count(text)

    assert tokens.count(text) == first == 9 * 20 + 1
    assert all(isinstance(name, bytes) and len(name) == 16 for name in tokens._counts._kept)


def test_remembered_counts_and_words_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "REMEMBERED", 3)
    monkeypatch.setattr(tokens, "REMEMBERED_WORDS", 50)

    for number in range(200):
        tokens.count(f"word{number:x} " * 60)

    assert len(tokens._counts._kept) == 3
    assert len(tokens._encoding()._cache) < 60


@pytest.mark.parametrize("row", ["名", "q", "=", " ", "\n", "_=", "=\x1c", "\n/", "=/", "e\u0301", " \u3000\n"])
def test_a_long_unbroken_text_does_not_stall(row: str) -> None:
    text = (row * 16_000)[:16_000]
    tokens.warm()
    began = time.thread_time()

    assert 0 < tokens.count(text) <= 16_000

    assert time.thread_time() - began < 0.5


def test_a_long_text_whose_words_are_short_is_exact_without_any_space() -> None:
    sentence = "我在上一家公司负责支付系统的重构工作，当时团队一共有六个人。"

    assert tokens.count(sentence * 8) == len(tokens._encoding().encode_ordinary(sentence * 8))


def test_a_cut_word_counts_little_more_and_never_less() -> None:
    word = "internationalisation" * 10
    exact = len(tokens._encoding().encode_ordinary(word))

    assert exact <= tokens.count(word) <= exact + 3 * (len(word) // tokens.LONGEST_WORD)


def test_an_estimate_is_above_the_count_in_prose() -> None:
    prose = [
        "I split the monolith along its tables and measured every step before the next one.",
        "Ik heb het systeem in losse diensten opgedeeld en elke stap gemeten voordat we verder gingen.",
        "我提出先在影子库里回放一周的真实流量，确认结果一致之后再切换。",
    ]

    for text in prose:
        assert tokens.count(text) < tokens.estimate(text) < 2 * tokens.count(text)


def test_many_threads_count_the_same() -> None:
    tokens._loaded.cache_clear()
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(tokens.count("hello world " * 50))) for _ in range(16)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert found == [101] * 16
