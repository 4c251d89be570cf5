"""The process in which one configuration is measured: graph and configuration pickled in, lines of JSON out.

A line is `{"measuring": ...}`, or at the end `{"found": ...}` or `{"fault": ..., "missing": ...}`.
"""

import json
import os
import pickle
import sys
import threading
from typing import Any

from archcalc.errors import ArchError, MissingError, first_line


def main() -> None:
    """Read what to measure from standard input, and answer on what standard output was; all else goes to error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(**line: Any) -> None:
        print(json.dumps(line), file=answers, flush=True)

    try:
        from archcalc.pytorch.profile.run import measure

        graph, config = pickle.load(sys.stdin.buffer)
        threading.Thread(target=_end_with_who_asked, daemon=True).start()
        tell(found=measure(graph, config, lambda words: tell(measuring=words)))
    except ArchError as error:
        tell(fault=str(error), missing=isinstance(error, MissingError))
    except Exception as error:
        told = f"{type(error).__name__}: {first_line(error)}"
        tell(fault=f"the measurement failed: {told} (--in-process shows where)", missing=False)


def _end_with_who_asked() -> None:
    """End when standard input does, which is when the process that asked is gone, or the device would not be free."""
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
