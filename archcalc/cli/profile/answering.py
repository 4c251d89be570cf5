"""What is measured, kept as soon as it is there, and shown: all of it, or what there is when it is broken off."""

import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from archcalc.analysis.profile.config import Config
from archcalc.analysis.profile.ranks import Place
from archcalc.analysis.profile.record import record
from archcalc.cli.options import Writing
from archcalc.cli.output import chosen, complain, say, write, write_answer
from archcalc.cli.profile.measuring import Measure, Progress
from archcalc.cli.profile.records import keep
from archcalc.errors import ArchError, MissingError
from archcalc.graph import Graph
from archcalc.render.answer import Answer
from archcalc.render.envelope import results, stamped
from archcalc.render.profile import profile_sheets, tensorflow_lines

Records = Sequence[dict[str, Any]]


def expect_writable(writing: Writing, lines: bool, is_comparison: bool) -> None:
    """Raise ArchError before anything is measured, if the answer could not be written."""
    output = writing.output
    if lines:
        if is_comparison:
            raise ArchError("--compare has no --format tf")
    else:
        chosen(writing)
    if output is None:
        return
    if not output.parent.is_dir():
        raise ArchError(f"--output: {output} cannot be written: there is no folder {output.parent}")
    if output.is_dir() or not os.access(output.parent, os.W_OK):
        raise ArchError(f"--output: {output} cannot be written: {'it is a folder' if output.is_dir() else 'denied'}")


def answer(
    asked: Config,
    graphs: Sequence[tuple[str, Graph]],
    measure: Measure,
    ours: Place | None,
    writing: Writing,
    lines: bool,
) -> None:
    """Measure each network and write what was found, or its `lines`; a record is written as soon as it is there."""
    records: list[dict[str, Any]] = []
    are_the_answer = not lines and is_of_records(writing)
    try:
        for one in _records(asked, graphs, measure, ours):
            records.append(one)
            if are_the_answer:
                _show(records, writing, lines)
            else:
                keep(one)
    except KeyboardInterrupt:
        if _speaks(ours):
            say(f"stopped: {len(records)} of {len(graphs)} measured")
        raise
    finally:
        if records and not are_the_answer:
            _show(records, writing, lines)


def is_of_records(writing: Writing) -> bool:
    """Whether the file that is asked for holds the records themselves."""
    return writing.output is not None and chosen(writing) == "json"


def _records(
    asked: Config, graphs: Sequence[tuple[str, Graph]], measure: Measure, ours: Place | None
) -> Iterator[dict[str, Any]]:
    """A record of each network, as it is measured. One that cannot be keeps no other from it, and raises in the end."""
    last: ArchError | None = None
    progress = Progress(len(graphs), sys.stderr.isatty() and _speaks(ours))
    for number, (word, graph) in enumerate(graphs, start=1):
        config = asked._replace(spec=word)
        try:
            found = measure(graph, config, progress.report(number, graph.spec.name))
        except ArchError as error:
            if isinstance(error, MissingError) or ours:  # other ranks would wait for ever
                raise
            if last:
                complain(last)
            last, found = _named(error, graph.spec.name), {}
        finally:
            progress.end()
        if found:
            yield record(graph, config, found)
    if last:
        raise last


def _speaks(ours: Place | None) -> bool:
    """Whether this process is alone, or the first of several, and so speaks for all."""
    return ours is None or ours.is_first


def _named(error: ArchError, name: str) -> ArchError:
    """The error with the name of the network that it is of."""
    return error if str(error).startswith((f"{name}:", f"{name} ")) else ArchError(f"{name}: {error}")


def _show(records: Records, writing: Writing, lines: bool) -> None:
    if lines:
        write(tensorflow_lines(records), writing.output)
    else:
        write_answer(Answer(profile_sheets(records), lambda: results([stamped(one) for one in records])), writing)
