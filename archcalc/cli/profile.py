"""archcalc profile"""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from archcalc.analysis.profile.config import (
    LATENCY_CALLS,
    MIN_RUN_TIME,
    ON_ACCELERATOR,
    ON_CPU,
    Config,
    Mode,
    Precision,
)
from archcalc.cli.options import (
    InputOption,
    OutputOption,
    SetOption,
    SpecDirOption,
    read_settings,
    read_shape,
)
from archcalc.cli.profile_options import (
    BARE,
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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import torch

    from archcalc.analysis.profile.ranks import Place
    from archcalc.cli.measuring import Measure
    from archcalc.cli.options import Format
    from archcalc.graph import Graph

_ALEXNETS: Final = "alexnet_"


def profile(
    specs: SpecsOption = None,
    device: DeviceOption = "auto",
    mode: ModeOption = Mode.INFER,
    batch: BatchOption = None,
    precision: PrecisionOption = Precision.FP32,
    channels_last: ChannelsLastOption = False,
    threads: ThreadsOption = None,
    compile_: CompileOption = None,
    layers: LayersOption = False,
    detail: DetailOption = False,
    min_run_time: TimeOption = MIN_RUN_TIME,
    calls: CallsOption = LATENCY_CALLS,
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
    from archcalc.cli.records import hold_against
    from archcalc.errors import ArchError

    _expect_writable(form, output, compare is not None)
    if compare:
        hold_against(compare, _plainly(form), output)
        return
    asked = Config(
        spec="",
        settings=read_settings(set_),
        input_shape=read_shape(input_shape),
        device=device,
        precision=precision,
        channels_last=channels_last,
        threads=threads,
        batch=0 if batch is None else batch,
        mode=mode,
        detail=detail,
        layers=layers,
        compile=compile_,
        min_run_time=min_run_time,
        latency_calls=calls,
        preset=preset,
    )
    ours = place(os.environ)
    with _spoken_by_the_first(ours):
        if ours and form is ProfileFormat.TF:
            raise ArchError("--format tf is for one device: leave it out under torchrun")
        asked = _made_sure(asked, batch is None, ours)
        _answer(asked, _graphs(asked, specs, spec_dir), _way(in_process, ours), form, output)


@contextmanager
def _spoken_by_the_first(ours: "Place | None") -> "Iterator[None]":
    """Let one of several ranks alone say what is wrong with all."""
    from archcalc.errors import ArchError, MissingError

    try:
        yield
    except ArchError as error:
        if ours is None or ours.is_first:
            raise
        raise SystemExit(3 if isinstance(error, MissingError) else 2) from None


def _way(in_process: bool, ours: "Place | None") -> "Measure":
    """How to measure: in a process of its own, here, or with others."""
    from archcalc.cli import measuring

    if ours:
        return measuring.in_ranks(ours)
    return measuring.in_process if in_process else measuring.in_a_process


def _expect_writable(form: ProfileFormat | None, output: Path | None, is_comparison: bool) -> None:
    """Raise ArchError before anything is measured, if the answer could not be written."""
    import os

    from archcalc.cli.output import chosen
    from archcalc.errors import ArchError

    if form is ProfileFormat.TF:
        if is_comparison:
            raise ArchError("--compare has no --format tf")
    else:
        chosen(_plainly(form), output)
    if output is None:
        return
    if not output.parent.is_dir():
        raise ArchError(f"--output: {output} cannot be written: there is no folder {output.parent}")
    if output.is_dir() or not os.access(output.parent, os.W_OK):
        raise ArchError(f"--output: {output} cannot be written: {'it is a folder' if output.is_dir() else 'denied'}")


def _made_sure(asked: Config, batch_is_free: bool, ours: "Place | None") -> Config:
    """The configuration with the device that it means and a batch, or a message for what cannot be."""
    from archcalc.analysis.profile.config import check
    from archcalc.analysis.profile.presets import PRESETS
    from archcalc.analysis.profile.ranks import device_of
    from archcalc.errors import ArchError, MissingError, did_you_mean

    if asked.preset is not None and asked.preset not in PRESETS:
        hint = did_you_mean(asked.preset, PRESETS)
        raise ArchError(f"there is no preset '{asked.preset}'{hint} (there are {', '.join(PRESETS)})")
    if asked.compile is not None and asked.compile not in BARE["--compile"][1]:
        raise ArchError(f"--compile: '{asked.compile}' is no mode; write one of {', '.join(BARE['--compile'][1])}")
    try:
        from archcalc.pytorch.profile.device import resolve
    except ImportError as error:
        raise MissingError(f"profile needs torch ({error}): pip install 'archcalc[torch]'") from error
    device = resolve(asked.device)
    if ours is not None:
        kind = device.type if asked.device == "auto" else asked.device
        device = _its_own(resolve, device_of(asked._replace(device=kind), ours), ours)
    if asked.preset:
        asked = asked._replace(mode=Mode.BOTH)
    if batch_is_free:
        default = ON_CPU if device.type == "cpu" else ON_ACCELERATOR
        asked = asked._replace(batch=PRESETS[asked.preset].batch if asked.preset else default)
    asked = asked._replace(device=str(device))
    check(asked)
    return asked


def _its_own(resolve: "Callable[[str], torch.device]", name: str, ours: "Place") -> "torch.device":
    """The device of a rank; where there is none, this rank says so itself, as the first has no such fault."""
    from archcalc.cli.output import say
    from archcalc.errors import MissingError

    try:
        return resolve(name)
    except MissingError as error:
        if not ours.is_first:
            say(f"rank {ours.rank}: {error}")
        raise


def _graphs(asked: Config, specs: list[str] | None, spec_dir: str | None) -> list[tuple[str, "Graph"]]:
    """The networks that are named; the preset's, or every AlexNet, if none is."""
    from archcalc.analysis.profile.presets import PRESETS
    from archcalc.graph import link
    from archcalc.spec.catalogue import Catalogue

    catalogue = Catalogue(spec_dir)
    if not specs:
        alexnets = [stem for stem in catalogue.files() if stem.startswith(_ALEXNETS)]
        specs = [PRESETS[asked.preset].spec] if asked.preset else alexnets
    return [(word, link(catalogue.load(word, asked.settings, asked.input_shape))) for word in specs]


def _answer(
    asked: Config,
    graphs: "Sequence[tuple[str, Graph]]",
    measure: "Measure",
    form: ProfileFormat | None,
    output: Path | None,
) -> None:
    """Measure, keep each record as soon as it is there, and show all, or what there is when that is broken off."""
    from archcalc.cli.records import keep

    records: list[dict[str, Any]] = []
    is_record = _is_record(form, output)
    try:
        for record in _records(asked, graphs, measure):
            records.append(record)
            if is_record:
                _show(records, asked, form, output)
            else:
                keep(record)
    finally:
        if records and not is_record:
            _show(records, asked, form, output)


def _is_record(form: ProfileFormat | None, output: Path | None) -> bool:
    """Whether the file that is asked for holds the records themselves."""
    if output is None:
        return False
    return form is ProfileFormat.JSON or (form is None and output.suffix.lower() == ".json")


def _records(asked: Config, graphs: "Sequence[tuple[str, Graph]]", measure: "Measure") -> "Iterator[dict[str, Any]]":
    """A record of each network, as it is measured. One that cannot be keeps no other from it, and raises in the end."""
    import os
    import sys

    from archcalc.analysis.profile.record import record
    from archcalc.cli.measuring import Progress
    from archcalc.cli.output import complain
    from archcalc.errors import ArchError, MissingError

    last: ArchError | None = None
    progress = Progress(len(graphs), sys.stderr.isatty() and os.environ.get("RANK", "0") == "0")
    for place, (word, graph) in enumerate(graphs, start=1):
        config = asked._replace(spec=word)
        try:
            found = measure(graph, config, progress.report(place, graph.spec.name))
        except ArchError as error:
            if isinstance(error, MissingError) or "RANK" in os.environ:  # other ranks would wait for ever
                raise
            if last:
                complain(last)
            last, found = error, {}
        finally:
            progress.end()
        if found:
            yield record(graph, config, found)
    if last:
        raise last


def _show(records: "Sequence[dict[str, Any]]", asked: Config, form: ProfileFormat | None, output: Path | None) -> None:
    from archcalc.analysis.profile.presets import PRESETS
    from archcalc.cli.output import answer, write
    from archcalc.render.data import results, stamped
    from archcalc.render.profile import preset_sheet, profile_sheets, tensorflow_lines

    if form is ProfileFormat.TF:
        write(tensorflow_lines(records), output)
        return
    sheets = profile_sheets(records)
    if asked.preset:
        sheets.append(preset_sheet(PRESETS[asked.preset]))
    answer(sheets, lambda: results([stamped(record) for record in records]), _plainly(form), output)


def _plainly(form: ProfileFormat | None) -> "Format | None":
    from archcalc.cli.options import Format

    return None if form is None else Format(form.value)
