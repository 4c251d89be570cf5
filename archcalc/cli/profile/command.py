"""The command, its options in the order of --help."""

from archcalc.analysis.profile.config import LATENCY_CALLS, MIN_RUN_TIME, Config, Mode, Precision
from archcalc.cli.options import InputOption, OutputOption, SetOption, SpecDirOption, read_settings, read_shape
from archcalc.cli.profile.options import (
    BatchOption,
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
    ProfileFormat,
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
    preset: PresetOption = None,
    in_process: InProcessOption = False,
    compare: CompareOption = None,
    input_shape: InputOption = None,
    set_: SetOption = None,
    spec_dir: SpecDirOption = None,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """How fast the real model is: images a second, latency, training steps, memory, and how much of the device's peak.

    Example: archcalc profile torchvision --device cpu --batch 8 --mode both

    On several GPUs: torchrun --nproc-per-node 4 -m archcalc profile torchvision --mode train
    """
    import os

    from archcalc.analysis.profile.ranks import place
    from archcalc.cli.profile.answering import answer, expect_writable, plainly
    from archcalc.cli.profile.asking import expect_free, graphs, make_sure, spoken_by_the_first, way
    from archcalc.cli.profile.records import hold_against
    from archcalc.errors import ArchError

    ours = place(os.environ)
    with spoken_by_the_first(ours):
        expect_writable(form, output, compare is not None)
        if compare:
            if specs:
                raise ArchError("--compare measures nothing: leave out the networks")
            hold_against(compare, plainly(form), output)
            return
        if ours and form is ProfileFormat.TF:
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
            },
        )
        asked = Config(
            spec="",
            settings=read_settings(set_),
            input_shape=read_shape(input_shape),
            device=device,
            precision=precision,
            channels_last=channels_last,
            threads=threads,
            mode=mode or Mode.INFER,
            detail=detail,
            layers=layers,
            compile=compile_,
            min_run_time=MIN_RUN_TIME if min_run_time is None else min_run_time,
            latency_calls=LATENCY_CALLS if calls is None else calls,
            preset=preset,
        )
        asked = make_sure(asked, batch, ours)
        answer(asked, graphs(asked, specs, spec_dir), way(in_process, ours), ours, form, output)
