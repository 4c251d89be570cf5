"""The process that measures one request: it reads a graph and a request, pickled, and prints lines of `messages`."""

from typing import Any

from archcalc.analysis.messages import Progress
from archcalc.analysis.profile.results import Results
from archcalc.errors import ArchError, first_line
from archcalc.pytorch.serving import Send, serve


def main() -> None:
    """Measure what the process that started this one asks for."""
    serve(_measure, _failed)


def _measure(request: Any, send: Send) -> Results:
    from archcalc.pytorch.profile.run import measure

    graph, asked = request
    return measure(graph, asked, lambda words: send(Progress(words)))


def _failed(_: Any, error: BaseException) -> ArchError:
    reason = f"{type(error).__name__}: {first_line(error)}"
    return ArchError(f"the measurement failed: {reason} (--in-process shows where)")


if __name__ == "__main__":
    main()
