"""What models have said instead of a rating, and what must not come of it: name -> the text of an answer.

REFUSED break the schema: the whole evaluation is provisional. HARMLESS come through it: no level comes of them.
"""

import json
from typing import Any

from interviews.tests.rated import CONCRETE, DOUGH_QUESTION

FIRST = CONCRETE.partition(". ")[0]
SOUND: dict[str, Any] = {
    "quotes": [{"answer": "A1", "text": FIRST}],
    "counter_evidence": [],
    "not_covered": "",
    "rationale": "It is concrete.",
    "level": 5,
    "confidence": 0.9,
}
TEXT = json.dumps(SOUND)


def changed(**fields: Any) -> str:
    return json.dumps(SOUND | fields)


def raw(name: str, value: str) -> str:
    """The sound object with this JSON in place of a field's value."""
    return TEXT.replace(f'"{name}": {json.dumps(SOUND[name])}', f'"{name}": {value}')


def lacking(name: str) -> str:
    return json.dumps({key: value for key, value in SOUND.items() if key != name})


def quoting(*quotes: Any) -> str:
    return changed(quotes=list(quotes))


def quote(text: Any, answer: Any = "A1", **more: Any) -> str:
    return quoting({"answer": answer, "text": text} | more)


REFUSED = {
    # no object
    "prose": "I would say that this is a four.",
    "prose around it": f"Here is my rating:\n{TEXT}\nI hope that helps.",
    "a number": "5",
    "a text": '"5"',
    "null": "null",
    "true": "true",
    "a list of it": f"[{TEXT}]",
    "twice": TEXT + TEXT,
    "two lines": f"{TEXT}\n{TEXT}",
    "half": TEXT[: len(TEXT) // 2],
    "without its end": TEXT[:-1],
    "one bracket more": TEXT + "}",
    "single quotation marks": str(SOUND).replace("None", "null"),
    "python": str(SOUND),
    "a comment": TEXT.replace("{", "{ // my rating\n", 1),
    "a trailing comma": TEXT[:-1] + ",}",
    "xml": "<rating><level>5</level></rating>",
    "yaml": "level: 5\nconfidence: 0.9",
    "markdown": "**Level:** 5\n**Confidence:** 0.9",
    "a fence that is open": f"```json\n{TEXT}",
    "two fences": f"```json\n{TEXT}\n```\n```json\n{TEXT}\n```",
    "wrapped": json.dumps({"rating": SOUND}),
    "as a text": json.dumps(TEXT),
    "an empty object": "{}",
    "a schema": json.dumps({"type": "object", "properties": {"level": {"type": "integer"}}}),
    "deep": "[" * 5000 + "]" * 5000,
    # keys
    **{f"no {name}": lacking(name) for name in SOUND},
    "unknown key": changed(hire=True),
    "recommendation": changed(recommendation="hire"),
    "the level twice": TEXT[:-1] + ', "level": 1}',
    "level in capitals": TEXT.replace('"level"', '"Level"'),
    "a key with a zero-width space": TEXT.replace('"level"', '"lev\u200bel"'),
    "proto": changed(__proto__={"level": 5}),
    # level
    **{
        f"level {value}": raw("level", value)
        for value in (
            *("0", "6", "9", "-1", "100", "3.5", '"5"', '"five"', '"5/5"', "true", "false", "[5]", '{"value": 5}'),
            *("NaN", "Infinity", "-Infinity", "1e400", "1" + "0" * 400, "0x5", "05", "+5", '""', "5e9"),
        )
    },
    # confidence
    **{
        f"confidence {value}": raw("confidence", value)
        for value in (
            *("2", "-0.1", "90", '"0.9"', '"high"', "null", "true", "NaN", "Infinity", "-Infinity", "1e400"),
            *("9" * 400, "[0.9]", "1.0000001", "-1e-9", "0,9"),
        )
    },
    # quotes
    "quotes null": changed(quotes=None),
    "quotes a text": changed(quotes=FIRST),
    "quotes an object": changed(quotes={"A1": FIRST}),
    "a quote that is a text": quoting(FIRST),
    "a quote that is null": quoting(None),
    "a quote without its answer": quoting({"text": FIRST}),
    "a quote without text": quoting({"answer": "A1"}),
    "a quote of a number": quote(5),
    "an answer of a number": quote(FIRST, 1),
    "a quote with offsets": quote(FIRST, start=0, end=20),
    "a quote with a level": quote(FIRST, level=5),
    "nine quotes": quoting(*[{"answer": "A1", "text": FIRST}] * 9),
    "a quote of 2,001 characters": quote("x" * 2001),
    "a quote with NUL": quote(FIRST + "\0"),
    "a quote with half a pair": quote(FIRST + "\ud800"),
    "counter-evidence null": changed(counter_evidence=None),
    "counter-evidence a text": changed(counter_evidence="None."),
    "counter-evidence with a key more": changed(counter_evidence=[{"answer": "A1", "text": FIRST, "weight": 1}]),
    # texts
    "rationale null": changed(rationale=None),
    "rationale a list": changed(rationale=["It is concrete."]),
    "a rationale of 1,001 characters": changed(rationale="x" * 1001),
    "a rationale with NUL": changed(rationale="a\0b"),
    "not covered null": changed(not_covered=None),
    "not covered false": changed(not_covered=False),
    "not covered too long": changed(not_covered="x" * 601),
}

HARMLESS = {
    "no quote": changed(quotes=[]),
    "an invented quote": quote("I doubled the revenue of the whole company alone"),
    "an empty quote": quote(""),
    "white space": quote("   \n\t  "),
    "one word": quote("temperature"),
    "three letters": quote("the"),
    "the question of the interviewer": quote(DOUGH_QUESTION),
    "the scale": quote("Sets water temperature by flour and room, tests the dough during fermentation"),
    "its own rules": quote("You rate what a candidate said in a job interview against one behavioural scale"),
    "a word changed": quote(FIRST.replace("temperature", "colour")),
    "a word more": quote(FIRST.replace("water", "warm water")),
    "a word less": quote(FIRST.replace(" flour and the", "")),
    "words in another order": quote(" ".join(reversed(FIRST.split()))),
    "a gap": quote(FIRST[:30] + " ... " + FIRST[60:]),
    "a gap in one character": quote(FIRST[:30] + "…" + FIRST[60:]),
    "two sentences glued": quote(FIRST[:40] + " and nothing was thrown away"),
    "half a word": quote(FIRST[2:-3]),
    "another figure": quote("In March the dough stayed at 24 degrees"),
    "a translation": quote("Ich messe die Temperatur des Mehls und des Raumes"),
    "a paraphrase": quote("The candidate takes the temperature of flour and room"),
    "letters that look alike": quote(FIRST.replace("a", "\u0430")),
    "JSON of the data block": quote(json.dumps({"id": "A1", "answer": FIRST})),
    "the mark": quote("ANSWERS and then the mark of the block"),
    "a quote of an answer that is not there": quote("I lead a team of fifty people in three countries", "A7"),
    "level null with quotes": changed(level=None),
    "level null and sure": changed(level=None, confidence=1, quotes=[]),
}
