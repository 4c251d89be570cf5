"""The command archcalc profile, with its options in the order of --help."""

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.request import Mode, Request
from archcalc.cli.options import AS_SPECIFIED, OutputOption, Reading, Writing
from archcalc.cli.profile.options import (
    TENSORFLOW,
    BatchOption,
    BudgetOption,
    CallsOption,
    ChannelsLastOption,
    CompareOption,
    CompileOption,
    DetailOption,
    DeviceOption,
    FormatOption,
    InProcessOption,
    LayersOption,
    ModeOption,
    PrecisionOption,
    PresetOption,
    QuickOption,
    SpecsOption,
    ThreadsOption,
    TimeOption,
)


def profile(
    specs: SpecsOption = None,
    device: DeviceOption = "auto",
    mode: ModeOption = None,
    batch: BatchOption = None,
    precision: PrecisionOption = Precision.FP32,
    channels_last: ChannelsLastOption = False,
    threads: ThreadsOption = None,
    compile_: CompileOption = None,
    layers: LayersOption = None,
    detail: DetailOption = False,
    min_run_time: TimeOption = None,
    calls: CallsOption = None,
    quick: QuickOption = False,
    budget: BudgetOption = None,
    preset: PresetOption = None,
    in_process: InProcessOption = False,
    compare: CompareOption = None,
    reading: Reading = AS_SPECIFIED,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Measure how fast the PyTorch model is: images a second, latency, training, memory, share of the device's peak.

    Example: archcalc profile torchvision --device cpu --batch 8 --mode both

    On several GPUs: torchrun --nproc-per-node 4 -m archcalc profile torchvision --mode train
    """
    import os

    from archcalc.analysis.profile.budget import Budget, with_times
    from archcalc.analysis.profile.presets import completed, expect_free
    from archcalc.analysis.profile.ranks import place
    from archcalc.cli.profile.answering import answer, expect_writable
    from archcalc.cli.profile.asking import device_for, graphs, run_for, said_by_the_first
    from archcalc.cli.profile.records import compare_files
    from archcalc.errors import ArchError

    this_rank, as_lines = place(os.environ), form == TENSORFLOW
    writing = Writing(None if form == "tf" else form, output)
    with said_by_the_first(this_rank):
        expect_writable(writing, as_lines, compare is not None)
        if compare:
            if specs:
                raise ArchError("--compare measures nothing: leave out the networks")
            compare_files(compare, writing)
            return
        if this_rank and as_lines:
            raise ArchError("--format tf is for one device: leave it out under torchrun")
        expect_free(
            preset,
            {
                "--mode": mode,
                "--compile": compile_,
                "--layers": layers,
                "--detail": detail,
                "--min-run-time": min_run_time,
                "--calls": calls,
                "--quick": quick,
                "--budget": budget,
            },
        )
        if this_rank and budget is not None:
            raise ArchError("--budget is for one process: leave it out under torchrun")
        request = Request(
            spec="",
            settings=reading.settings,
            input_shape=reading.shape,
            device=device,
            precision=precision,
            channels_last=channels_last,
            threads=threads,
            mode=mode or Mode.INFER,
            detail=detail,
            layers=layers,
            compile=compile_,
            latency_calls=calls,
            preset=preset,
        )
        request = with_times(request, min_run_time, quick)
        networks = graphs(request, specs, reading)
        within = None if budget is None else Budget(budget, len(networks))
        request = completed(request, batch, lambda: device_for(request, this_rank))
        run = run_for(in_process, this_rank)
        answer(request, networks, run, this_rank, writing, as_lines, within)
