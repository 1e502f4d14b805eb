"""The process that sets one document: an order as JSON comes in, a line of JSON and the PDF go out.

It is run by its path, alone (`python -I`): nothing of Candor is imported here.
"""

import contextlib
import json
import re
import resource
import sys

import typst

CPU_SECONDS = 8
MOST_UNKNOWN = 100  # distinct clusters; beyond them the document is refused
UNKNOWN = re.compile(r'the text `"(.+?)"` could not be displayed')
ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}")


def main() -> None:
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    order = json.load(sys.stdin)
    pdf, replaced = with_known_letters(order)
    sys.stdout.buffer.write(json.dumps({"replaced": replaced}).encode() + b"\n" + pdf)


def with_known_letters(order: dict) -> tuple[bytes, list[str]]:
    """PDF/UA-1 refuses a letter that no font has: each is replaced, and told."""
    replaced: list[str] = []
    data = json.dumps(order["data"], ensure_ascii=False)
    while True:
        try:
            return compiled(order, data), replaced
        except typst.TypstError as error:
            found = UNKNOWN.search(str(error))
            letters = ESCAPE.sub(lambda match: chr(int(match[1], 16)), found[1]) if found else ""
            if not letters or letters not in data or len(replaced) == MOST_UNKNOWN:
                raise
            data = data.replace(letters, "?")
            replaced.append(letters)


def compiled(order: dict, data: str) -> bytes:
    return typst.compile(
        order["template"],
        font_paths=[order["fonts"]],
        ignore_system_fonts=True,
        sys_inputs={"data": data},
        pdf_standards=["ua-1"],
        timestamp=order["at"],
    )


if __name__ == "__main__":
    main()
