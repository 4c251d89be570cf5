"""archcalc profile"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from archcalc.analysis.profile.config import (
    LATENCY_CALLS,
    MIN_RUN_TIME,
    ON_ACCELERATOR,
    ON_CPU,
    Config,
    Layers,
    Mode,
    Precision,
)
from archcalc.cli.options import (
    InputOption,
    MaybeSpecs,
    OutputOption,
    SetOption,
    SpecDirOption,
    read_settings,
    read_shape,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.cli.options import Format
    from archcalc.spec.catalogue import Catalogue


class ProfileFormat(StrEnum):
    TABLE = "table"
    PLAIN = "plain"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"
    LATEX = "latex"
    HTML = "html"
    TF = "tf"


BARE: Final = {
    "--layers": (Layers.ALONE.value, tuple(Layers)),
    "--compile": ("default", ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")),
}
"""Options that may go without a value, what they then mean, and what else they take."""

RECORDS: Final = Path("reports") / "profiles"
"""Where records go that no --output asks for."""

_ALEXNETS: Final = "alexnet_"

DeviceOption = Annotated[str, typer.Option("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:1 or mps.")]
ModeOption = Annotated[Mode, typer.Option("--mode", help="Inference, training steps, or both.")]
BatchOption = Annotated[
    int | None,
    typer.Option("--batch", metavar="N", help=f"Examples. Default: {ON_ACCELERATOR} on a GPU, {ON_CPU} on a CPU."),
]
PrecisionOption = Annotated[
    Precision, typer.Option("--precision", help="fp32 means that TF32 is off; amp keeps weights in fp32.")
]
ChannelsLastOption = Annotated[bool, typer.Option("--channels-last", help="Lay maps out with channels last.")]
ThreadsOption = Annotated[int | None, typer.Option("--threads", metavar="N", help="CPU threads. Default: all cores.")]
CompileOption = Annotated[
    str | None,
    typer.Option("--compile", metavar="[MODE]", help="Compile first (torch.compile), and tell how long that took."),
]
LayersOption = Annotated[
    Layers | None,
    typer.Option("--layers", help="Time each layer too: alone, if no value is given, or by the profiler (CUDA)."),
]
DetailOption = Annotated[bool, typer.Option("--detail", help="Split training steps: forward, backward, optimizer.")]
TimeOption = Annotated[
    float, typer.Option("--min-run-time", metavar="SECONDS", help="How long each series is measured at least.")
]
CallsOption = Annotated[int, typer.Option("--calls", metavar="N", help="Single calls for the percentiles of latency.")]
PresetOption = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME", help="Follow a protocol: convnet-benchmarks or tf-benchmark."),
]
InProcessOption = Annotated[bool, typer.Option("--in-process", help="Measure in this process, for debugging.")]
CompareOption = Annotated[
    tuple[Path, Path] | None,
    typer.Option("--compare", metavar="A.json B.json", help="Measure nothing: hold two records against each other."),
]
FormatOption = Annotated[
    ProfileFormat | None,
    typer.Option("--format", "-f", help="How to write the answer; tf are the lines of TensorFlow's AlexNet benchmark."),
]


def profile(
    specs: MaybeSpecs = None,
    device: DeviceOption = "auto",
    mode: ModeOption = Mode.INFER,
    batch: BatchOption = None,
    precision: PrecisionOption = Precision.FP32,
    channels_last: ChannelsLastOption = False,
    threads: ThreadsOption = None,
    compile_: CompileOption = None,
    layers: LayersOption = None,
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
    """
    if compare:
        _compare(compare, form, output)
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
    asked = _made_sure(asked, batch is None)
    records: list[dict[str, Any]] = []
    try:
        for record in _records(asked, specs, spec_dir, in_process):
            records.append(record)
            if output is None or output.suffix != ".json":
                _keep(record)
    finally:
        if records:
            _show(records, asked, form, output)


def _made_sure(asked: Config, batch_is_free: bool) -> Config:
    """The configuration with the device that it means and a batch, or a message for what cannot be."""
    from archcalc.analysis.profile.config import check
    from archcalc.analysis.profile.presets import PRESETS
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
    if batch_is_free:
        default = ON_CPU if device.type == "cpu" else ON_ACCELERATOR
        asked = asked._replace(batch=PRESETS[asked.preset].batch if asked.preset else default)
    asked = asked._replace(device=str(device))
    check(asked)
    return asked


def _records(
    asked: Config, specs: list[str] | None, spec_dir: str | None, in_process: bool
) -> "Iterator[dict[str, Any]]":
    """A record of each network, as it is measured."""
    from archcalc.analysis.profile.record import record
    from archcalc.cli import measuring
    from archcalc.graph import link
    from archcalc.spec.catalogue import Catalogue

    catalogue = Catalogue(spec_dir)
    paths = _paths(catalogue, asked, specs)
    loaded = [(path, link(catalogue.load(path, asked.settings, asked.input_shape))) for path in paths]
    measure = measuring.in_process if in_process else measuring.in_a_process
    progress = measuring.Progress(len(loaded))
    try:
        for place, (path, graph) in enumerate(loaded, start=1):
            config = asked._replace(spec=path)
            yield record(graph, config, measure(graph, config, progress.report(place, graph.spec.name)))
    finally:
        progress.end()


def _paths(catalogue: "Catalogue", asked: Config, specs: list[str] | None) -> list[str]:
    """The files of the specs that are named; of the preset's, or of every AlexNet, if none is."""
    from archcalc.analysis.profile.presets import PRESETS

    if specs:
        return [str(catalogue.find(word).path) if word != "-" else word for word in specs]
    if asked.preset:
        return [str(catalogue.find(PRESETS[asked.preset].spec).path)]
    return [str(path) for stem, path in catalogue.files().items() if stem.startswith(_ALEXNETS)]


def _keep(record: dict[str, Any]) -> None:
    """Write a record under reports/profiles, whole, as soon as it is there."""
    from archcalc.cli.output import say, write
    from archcalc.render.data import json_text, stamped

    asked, environment = record["asked"], record["environment"]
    layout = "nhwc" if asked["channels_last"] else "nchw"
    torch, created = environment["torch"].partition("+")[0], record["created"].partition("+")[0].replace(":", "")
    words = (record["spec"]["name"], asked["device"].replace(":", ""), asked["mode"], asked["precision"], layout)
    path = RECORDS / f"{'-'.join(words)}-torch{torch}-{created}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write(json_text(stamped(record)), path)
    say(f"recorded in {path}")


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


def _compare(paths: tuple[Path, Path], form: ProfileFormat | None, output: Path | None) -> None:
    from archcalc.analysis.profile.comparing import compare, differences
    from archcalc.cli.output import answer
    from archcalc.errors import ArchError
    from archcalc.render.data import stamped
    from archcalc.render.profile import comparison_data, comparison_sheet

    if form is ProfileFormat.TF:
        raise ArchError("--compare has no --format tf")
    before, after = map(_read, paths)
    figures, otherwise = compare(before, after), differences(before, after)
    if not figures:
        raise ArchError("--compare: the two records have no measurement in common")
    answer(
        [comparison_sheet((str(paths[0]), str(paths[1])), figures, otherwise)],
        lambda: stamped(comparison_data(figures, otherwise)),
        _plainly(form),
        output,
    )


def _read(path: Path) -> dict[str, Any]:
    """A record that profile wrote. Raises ArchError for what is none."""
    import json

    from archcalc.analysis.profile.record import KIND
    from archcalc.errors import ArchError

    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArchError(f"--compare: {path} cannot be read: {error}") from None
    if not isinstance(read, dict) or read.get("kind") != KIND:
        raise ArchError(f"--compare: {path} is no record of archcalc profile")
    return read
