"""archcalc sweep"""

import sys

from archcalc.cli.options import AS_FITS, OneSpec, Reading, SetOption, SpecDirOption, Writing, read_columns
from archcalc.cli.progress import ProgressLine
from archcalc.cli.sweep.asking import read_inputs, read_vary
from archcalc.cli.sweep.options import (
    AddressOption,
    BatchOption,
    ByOption,
    ColumnsOption,
    ConstraintOption,
    DeviceModelOption,
    DeviceOption,
    DtypeOption,
    ExecutorOption,
    InputOption,
    JobsOption,
    MeasureOption,
    OptimizerOption,
    OutOption,
    ParetoOption,
    PrecisionOption,
    QuickOption,
    SampleOption,
    SamplingOption,
    SecondsOption,
    SeedOption,
    ShardOption,
    SpaceOption,
    TopOption,
    VaryOption,
    WhereOption,
)
from archcalc.cli.sweep.reporting import reporting, reporting_measured, say_what_is_missing
from archcalc.errors import ArchError


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
    dtype: DtypeOption = None,
    optimizer: OptimizerOption = None,
    device_model: DeviceModelOption = None,
    precision: PrecisionOption = None,
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
    from archcalc.cli.output import chosen, write_answer, write_lines

    if shard and not out:
        raise ArchError("--shard goes with --out: each machine writes its files to the same folder")
    for option, value in (("--device", device), ("--quick", quick), ("--measure-seconds", measure_seconds)):
        if value and not measure:
            raise ArchError(f"{option} goes with --measure: front, or all")
    network = Networks(Reading(None, set_, spec_dir)).one(spec)
    given = read_space_file(space) if space else SpaceFile()
    answer = network.sweep(
        {**given.vary, **read_vary(vary or ())},
        inputs=read_inputs(inputs) if inputs else given.input,
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
        dtype=dtype,
        optimizer=optimizer,
        device_model=device_model,
        precision=precision,
        jobs=jobs,
        executor=executor,
        address=address,
    )
    form = chosen(writing)
    with ProgressLine.on_terminal() as line:
        if (
            measure or out or writing.output or not sys.stdout.isatty() or form != "jsonl"
        ):  # rows stand where the line is
            answer = replace(answer, report=reporting(line))
        if form == "jsonl" and not out and not measure:
            write_lines(answer.lines(say_what_is_missing), writing.output, form)
            return
        to, part = str(out or ""), shard or "1/1"
        if measure:
            found = answer.measure(
                measure,
                to,
                shard=part,
                device=device or "auto",
                is_quick=quick,
                seconds=measure_seconds,
                report=reporting_measured(line),
            )
        else:
            found = answer.write(to, shard=part) if out else answer.found
    from archcalc.render.sweep import answer as rendered

    write_answer(rendered(found), writing)
    if form in ("csv", "jsonl"):
        say_what_is_missing(found)
