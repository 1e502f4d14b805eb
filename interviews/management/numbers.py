"""Numbers of the commands' arguments."""

import argparse


def positive(text: str) -> int:
    """A whole number above 0.

    :raises argparse.ArgumentTypeError: for anything else.
    """
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number above 0 is expected.")
    return int(text)
