"""archcalc sweep"""

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from archcalc.cli.options import AS_FITS, OneSpec, Reading, SetOption, SpecDirOption, Writing, read_columns
from archcalc.cli.progress import ProgressLine
from archcalc.errors import ArchError

if TYPE_CHECKING:
    from archcalc.analysis.sweep.run import Progress

_OFTEN: Final = 0.2
"""Seconds between two words on how far it is."""

VaryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--vary",
        metavar="NAME=VALUES",
        help="A param, or a field of a layer, and its values: w=8..128:8, conv2.kernel_size=3,5,7; may be repeated.",
    ),
]
InputOption = Annotated[
    list[str] | None,
    typer.Option("--input", metavar="VALUES", help="Inputs: sides as in 96,128..224:32, or shapes as in 3x96x128."),
]
BatchOption = Annotated[
    str | None,
    typer.Option("--batch", metavar="VALUES", help="Count MACs, FLOPs and activations for so many examples."),
]
SpaceOption = Annotated[
    Path | None,
    typer.Option("--space", metavar="FILE", help="A YAML file with what is varied, for large spaces."),
]
ConstraintOption = Annotated[
    list[str] | None,
    typer.Option(
        "--constraint", metavar="COND", help="Leave out variants that do not meet it: 'w2 == 2 * w1'; may be repeated."
    ),
]
SampleOption = Annotated[
    float | None, typer.Option("--sample", metavar="N", help="Draw N variants, in place of all: 1e6.")
]
SamplingOption = Annotated[
    Literal["uniform", "latin"] | None,
    typer.Option("--sampling", help="How they are drawn: each for itself, or as a Latin hypercube, by scipy."),
]
SeedOption = Annotated[int | None, typer.Option("--seed", metavar="S", help="What the draw starts from. Default: 0.")]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where", metavar="COND", help="Keep variants for which it holds: 'params < 5e6 and macs < 300M'; repeatable."
    ),
]
TopOption = Annotated[int | None, typer.Option("--top", min=1, metavar="N", help="Keep the first N by a column.")]
ByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="COLUMN", help="With --top: the smallest of it, or of -COLUMN the largest."),
]
ParetoOption = Annotated[
    str | None,
    typer.Option(
        "--pareto",
        metavar="COLUMNS",
        help="Keep those that no other is better than in two or three columns; -COLUMN is better the larger.",
    ),
]
ColumnsOption = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="LIST",
        help="params, buffers, macs, flops, activations, units, and of a layer conv5.macs or conv5.height.",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Write Parquet files to a folder, or go on with those that are there."),
]
ShardOption = Annotated[
    str | None, typer.Option("--shard", metavar="I/N", help="With --out: only every N-th file, from the I-th on.")
]
JobsOption = Annotated[int, typer.Option("--jobs", min=1, metavar="N", help="How many processes compute.")]
ExecutorOption = Annotated[
    Literal["processes", "dask", "ray"],
    typer.Option("--executor", help="Who computes: processes of this machine, or Dask or Ray on those of a cluster."),
]
AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="ADDRESS",
        help="The cluster: tcp://host:8786, a scheduler file, or host:6379 of Ray. Default: DASK_SCHEDULER_ADDRESS or "
        "RAY_ADDRESS, else one of --jobs processes here.",
    ),
]
MeasureOption = Annotated[
    Literal["front", "all"] | None,
    typer.Option("--measure", help="Measure what --top or --pareto keep, or all rows, by torch, as archcalc profile."),
]
DeviceOption = Annotated[
    str | None, typer.Option("--device", metavar="DEVICE", help="With --measure: auto, cpu, cuda, cuda:1 or mps.")
]
QuickOption = Annotated[bool, typer.Option("--quick", help="With --measure: shorter series, as archcalc profile.")]
SecondsOption = Annotated[
    float | None,
    typer.Option(
        "--measure-seconds",
        metavar="S",
        help="With --measure: end after so many seconds; with --out, the same command goes on.",
    ),
]


def sweep(
    spec: OneSpec,
    vary: VaryOption = None,
    inputs: InputOption = None,
    batch: BatchOption = None,
    space: SpaceOption = None,
    constraint: ConstraintOption = None,
    sample: SampleOption = None,
    sampling: SamplingOption = None,
    seed: SeedOption = None,
    where: WhereOption = None,
    top: TopOption = None,
    by: ByOption = None,
    pareto: ParetoOption = None,
    columns: ColumnsOption = None,
    out: OutOption = None,
    shard: ShardOption = None,
    jobs: JobsOption = 1,
    executor: ExecutorOption = "processes",
    address: AddressOption = None,
    measure: MeasureOption = None,
    device: DeviceOption = None,
    quick: QuickOption = False,
    measure_seconds: SecondsOption = None,
    set_: SetOption = None,
    spec_dir: SpecDirOption = None,
    writing: Writing = AS_FITS,
) -> None:
    """Compute many variants of a network at once, exactly: which are legal, which fit a budget, which are the best.

    Example: archcalc sweep torchvision --vary conv1.out_channels=32..128:8 --input 96..224:32 --top 5 --by macs
    """
    from dataclasses import replace

    from archcalc.analysis.sweep.file import SpaceFile, read_space_file
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import write_answer

    if shard and not out:
        raise ArchError("--shard goes with --out: each machine writes its files to the same folder")
    for option, value in (("--device", device), ("--quick", quick), ("--measure-seconds", measure_seconds)):
        if value and not measure:
            raise ArchError(f"{option} goes with --measure: front, or all")
    network = Networks(Reading(None, set_, spec_dir)).one(spec)
    given = read_space_file(space) if space else SpaceFile()
    answer = network.sweep(
        {**given.vary, **dict(_read_vary(vary or ()))},
        inputs=",".join(inputs) if inputs else given.input,
        batch=batch or given.batch,
        constraints=(*given.constraints, *(constraint or ())),
        sample=sample if sample is not None else given.sample,
        sampling=sampling or given.sampling or "uniform",
        seed=seed if seed is not None else given.seed or 0,
        columns=read_columns(columns) or ("params", "macs", "activations"),
        where=where or (),
        top=top,
        by=by,
        pareto=[word.strip() for word in pareto.split(",")] if pareto else (),
        jobs=jobs,
        executor=executor,
        address=address,
    )
    with ProgressLine.on_terminal() as line:
        answer = replace(answer, report=_reporting(line))
        to, part = str(out or ""), shard or "1/1"
        if measure:
            found = answer.measure(
                measure,
                to,
                shard=part,
                device=device or "auto",
                is_quick=quick,
                seconds=measure_seconds,
                report=_reporting_measured(line),
            )
        else:
            found = answer.write(to, shard=part) if out else answer.found
    from archcalc.render.sweep import answer as rendered

    write_answer(rendered(found), writing)


def _read_vary(pairs: Any) -> Iterator[tuple[str, str]]:
    """Read `w=8..128:8`. Raises ArchError."""
    seen = set()
    for pair in pairs:
        name, sign, values = map(str.strip, pair.partition("="))
        if not (name and sign and values):
            raise ArchError(f"--vary: '{pair}' does not say what is varied over which values: write w=8..128:8")
        if name in seen:
            raise ArchError(f"--vary: {name} is given twice: put all its values in one list")
        seen.add(name)
        yield name, values


def _reporting(line: ProgressLine) -> "Callable[[Progress], None]":
    """Return what says on a line how far a sweep is, how fast, and how long it still takes, a few times a second."""
    started = last = monotonic()

    def report(progress: "Progress") -> None:
        nonlocal last
        now = monotonic()
        if now - last < _OFTEN:
            return
        last, taken = now, now - started
        left = taken / progress.chunks_done * (progress.chunks - progress.chunks_done)
        rate = progress.variants_done / taken
        line.show(f"{progress.variants_done:,} variants, {rate:,.0f} a second, {_time(left)} left")

    return report


def _reporting_measured(line: ProgressLine) -> Callable[[int, int], None]:
    """Return what says on a line how many variants are measured, and how long the others still take."""
    started = monotonic()

    def report(done: int, of: int) -> None:
        left = (monotonic() - started) / done * (of - done)
        line.show(f"{done:,} of {of:,} measured, {_time(left)} left")

    return report


def _time(seconds: float) -> str:
    """
    >>> _time(59.6), _time(3700)
    ('1:00', '1:01:40')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
