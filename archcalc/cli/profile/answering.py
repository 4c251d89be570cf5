"""The networks, measured one after the other: each record is kept at once, all that there are are shown at the end."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from archcalc.analysis.profile.budget import Budget
from archcalc.analysis.profile.ranks import Place
from archcalc.analysis.profile.record import Record
from archcalc.analysis.profile.recording import record
from archcalc.analysis.profile.request import Request
from archcalc.analysis.profile.results import MeasuredPeak
from archcalc.cli.endings import expect_ending
from archcalc.cli.options import Writing
from archcalc.cli.output import chosen, complain, expect_place, say, write, write_answer
from archcalc.cli.profile.records import keep
from archcalc.cli.profile.runner import Report, Run
from archcalc.cli.progress import ProgressLine
from archcalc.errors import ArchError, MissingError, listing
from archcalc.graph import Graph
from archcalc.render import profile as render


def expect_writable(writing: Writing, as_lines: bool, is_comparison: bool) -> None:
    """Raise ArchError before anything is measured, if the answer could not be written."""
    output = writing.output
    if as_lines:
        if is_comparison:
            raise ArchError("--format tf does not go with --compare")
        expect_ending(output, [".txt"])
    else:
        chosen(writing)
    if output is not None:
        expect_place("--output", output)


def answer(
    request: Request,
    graphs: Sequence[tuple[str, Graph]],
    run: Run,
    place: Place | None,
    writing: Writing,
    as_lines: bool,
    budget: Budget | None,
) -> None:
    """Measure each network and write the answer; each record is kept as soon as it is there.

    Where the answer itself is a file of records, it is written again with each.
    """
    records: list[Record] = []
    are_the_answer = not as_lines and is_of_records(writing)
    try:
        for one in _records(request, graphs, run, place, budget):
            records.append(one)
            if are_the_answer:
                _show(records, writing, as_lines)
            else:
                keep(one)
    except KeyboardInterrupt:
        if _speaks(place):
            say(f"stopped: {len(records)} of {len(graphs)} measured")
        raise
    finally:
        if records and not are_the_answer:
            _show(records, writing, as_lines)


def is_of_records(writing: Writing) -> bool:
    """Return whether the output file is to hold the records themselves."""
    return writing.output is not None and chosen(writing) == "json"


def _records(
    request: Request, graphs: Sequence[tuple[str, Graph]], run: Run, place: Place | None, budget: Budget | None
) -> Iterator[Record]:
    """Yield a record of each network. One that cannot be measured does not stop the others; it raises at the end."""
    last: ArchError | None = None
    peaks: MeasuredPeak | None = None
    progress = ProgressLine(sys.stderr.isatty() and _speaks(place))
    for number, (word, graph) in enumerate(graphs, start=1):
        asked = replace(request, spec=word)
        if budget:
            asked = _share_of(budget, asked, [graph.spec.name for _, graph in graphs[number - 1 :]])
        try:
            found = run(graph, asked, _reporting(progress, f"{number}/{len(graphs)} {graph.spec.name}"), peaks)
        except ArchError as error:
            if isinstance(error, MissingError) or place:  # other ranks would wait for ever
                raise
            if last:
                complain(last)
            last, found = _named(error, graph.spec.name), None
        finally:
            progress.end()
        if found:
            peaks = found.measured_peak
            yield record(graph, asked, found)
    if last:
        raise last


def _reporting(progress: ProgressLine, whose: str) -> Report:
    return lambda words: progress.show(f"{whose}: {words}")


def _share_of(budget: Budget, request: Request, left: Sequence[str]) -> Request:
    """Return the request of the next network. Raises ArchError with those that are left, if the budget is spent."""
    shortened = budget.share(request)
    if shortened is None:
        raise ArchError(f"--budget: the {budget.seconds:g} seconds are over, and {listing(left, 'and')} not measured")
    return shortened


def _speaks(place: Place | None) -> bool:
    """Return whether this process writes messages: it is alone, or the first rank."""
    return place is None or place.is_first


def _named(error: ArchError, name: str) -> ArchError:
    """Return the error with the name of its network."""
    return error if str(error).startswith((f"{name}:", f"{name} ")) else ArchError(f"{name}: {error}")


def _show(records: Sequence[Record], writing: Writing, as_lines: bool) -> None:
    if as_lines:
        write(render.tensorflow_lines(records), writing.output, "plain")
        return
    write_answer(render.answer(records), writing)
