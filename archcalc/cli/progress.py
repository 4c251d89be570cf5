"""A line of a terminal that says what is being done."""

import sys
from typing import Self


class ProgressLine:
    """A line of standard error that is written over and over, where that is a terminal; nothing elsewhere."""

    def __init__(self, is_shown: bool) -> None:
        self.is_shown = is_shown

    @classmethod
    def on_terminal(cls) -> Self:
        return cls(sys.stderr.isatty())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def show(self, words: str) -> None:
        """Write the line anew, cut where the terminal ends."""
        if self.is_shown:
            import shutil

            width = shutil.get_terminal_size().columns - 1
            print(f"\r{words[:width].ljust(width)}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Clear the line."""
        self.show("")
        if self.is_shown:
            print("\r", end="", file=sys.stderr, flush=True)
