"""The process that measures one request: it reads a graph and a request, pickled, and prints lines of `messages`."""

import os
import pickle
import sys
import threading

from archcalc.analysis.profile.messages import Failure, Message, Progress, line
from archcalc.errors import ArchError, MissingError, first_line


def main() -> None:
    """Print messages to what standard output was; whatever else is printed goes to standard error."""
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(message: Message) -> None:
        print(line(message), file=messages, flush=True)

    try:
        from archcalc.pytorch.profile.run import measure

        graph, request = pickle.load(sys.stdin.buffer)
        threading.Thread(target=_end_with_the_caller, daemon=True).start()
        send(measure(graph, request, lambda words: send(Progress(words))))
    except ArchError as error:
        send(Failure(str(error), isinstance(error, MissingError)))
    except Exception as error:
        reason = f"{type(error).__name__}: {first_line(error)}"
        send(Failure(f"the measurement failed: {reason} (--in-process shows where)", is_missing=False))


def _end_with_the_caller() -> None:
    """End when standard input does: the process that asked is gone, and the device must not stay in use."""
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
