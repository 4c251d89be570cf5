"""The options that limit the numbers of a network, which validate and fit share."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from archcalc.cli.options import device_names
from archcalc.errors import ArchError

if TYPE_CHECKING:
    from archcalc.spec.budget import Limit

_OF_LAYERS = "or LAYER=N of a layer or structure"


def _limit_option(flag: str, metavar: str, words: str) -> Any:
    return typer.Option(flag, metavar=metavar, help=words)


MaxParamsOption = Annotated[
    str | None, _limit_option("--max-params", "N", f"The most parameters, as in 62M, {_OF_LAYERS}.")
]
MaxMacsOption = Annotated[str | None, _limit_option("--max-macs", "N", f"The most MACs, as in 1.2G, {_OF_LAYERS}.")]
MaxFlopsOption = Annotated[str | None, _limit_option("--max-flops", "N", f"The most FLOPs, {_OF_LAYERS}.")]
MaxActivationsOption = Annotated[
    str | None, _limit_option("--max-activations", "N", f"The most activations, {_OF_LAYERS}.")
]
MaxWeightsOption = Annotated[
    str | None, _limit_option("--max-weights", "BYTES", "The most bytes of parameters, as in 250MB or 240MiB.")
]
DtypeOption = Annotated[
    Literal["fp64", "fp32", "fp16", "bf16", "int8"] | None,
    typer.Option("--dtype", help="The number format of --max-weights, --max-memory and --max-arena. Default: fp32."),
]
MaxMemoryOption = Annotated[
    str | None,
    _limit_option("--max-memory", "BYTES", "The most bytes alive at once, as in 300MiB; archcalc memory shows when."),
]
MaxArenaOption = Annotated[
    str | None,
    _limit_option(
        "--max-arena",
        "BYTES",
        "The most bytes of an arena for all maps of an inference, as in 320kB; archcalc memory --plan shows it.",
    ),
]
ModeOption = Annotated[
    Literal["infer", "train"] | None,
    typer.Option("--mode", help="What --max-memory is of. Default: infer."),
]
MinFieldOption = Annotated[
    str | None,
    _limit_option(
        "--min-receptive-field",
        "N",
        "The least receptive field, as in 195 or pool5=195; without a layer, of the last that has more than one place.",
    ),
]
MaxMsOption = Annotated[
    float | None,
    _limit_option(
        "--max-ms", "MS", "The most milliseconds at the roof of --device-model: over it is proof, under it is not."
    ),
]
DeviceModelOption = Annotated[
    str | None,
    typer.Option(
        "--device-model",
        metavar="DEVICE",
        help="The device of --max-ms, as archcalc devices lists them.",
        autocompletion=device_names,
    ),
]
BatchOption = Annotated[
    int | None,
    typer.Option("--batch", min=1, metavar="N", help="Examples of --max-ms, --max-memory and --max-arena. Default: 1."),
]
PrecisionOption = Annotated[
    Literal["fp32", "tf32", "fp16", "bf16", "int8", "torch"] | None,
    typer.Option("--precision", help="What is computed in, for --max-ms. Default: fp32."),
]


class Limits(NamedTuple):
    """The most that a network may have, and what that is of."""

    max_params: MaxParamsOption = None
    max_macs: MaxMacsOption = None
    max_flops: MaxFlopsOption = None
    max_activations: MaxActivationsOption = None
    max_weights: MaxWeightsOption = None
    max_memory: MaxMemoryOption = None
    max_arena: MaxArenaOption = None
    mode: ModeOption = None
    dtype: DtypeOption = None
    max_ms: MaxMsOption = None
    device_model: DeviceModelOption = None
    batch: BatchOption = None
    precision: PrecisionOption = None


NO_LIMITS = Limits()


def read_limits(limits: Limits, min_receptive_field: str | None = None) -> "dict[str, Limit]":
    """Return the limits of options. Raises ArchError for what is no limit, and for an option of one that is missing."""
    of_a_pass = {"batch": limits.batch, "dtype": limits.dtype}  # what limits share goes to those that are given
    is_of_a_pass = limits.max_memory is not None or limits.max_arena is not None
    of_memory = {"mode": limits.mode} | (of_a_pass if limits.max_memory is not None else {})
    of_arena = of_a_pass if limits.max_arena is not None else {}
    of_weights = limits.dtype if limits.max_weights is not None or not is_of_a_pass else None
    of_time = {
        "device": limits.device_model,
        "batch": limits.batch if limits.max_ms is not None or not is_of_a_pass else None,
        "precision": limits.precision,
    }
    return {
        **dict(_of_sides("params", "--max-params", limits.max_params)),
        **dict(_of_sides("macs", "--max-macs", limits.max_macs)),
        **dict(_of_sides("flops", "--max-flops", limits.max_flops)),
        **dict(_of_sides("activations", "--max-activations", limits.max_activations)),
        **dict(_of_sides("weights", "--max-weights", limits.max_weights, dtype=of_weights)),
        **dict(_of_sides("memory", "--max-memory", limits.max_memory, **of_memory)),
        **dict(_of_sides("arena", "--max-arena", limits.max_arena, **of_arena)),
        **dict(_of_sides("receptive_field", "--min-receptive-field", min_receptive_field)),
        **dict(_of_time(limits.max_ms, of_time)),
    }


def _of_sides(name: str, option: str, text: str | None, **more: Any) -> "Iterator[tuple[str, Limit]]":
    """Yield the limit of an option, such as `--max-macs stage4=100M`; none where it is not given."""
    from archcalc.spec.budget import limit_of

    given = {key: value for key, value in more.items() if value is not None}
    if text is None:
        for key in given:
            raise ArchError(f"--{key} goes with {option}")
        return
    layer, sign, amount = map(str.strip, text.rpartition("="))
    side = option.removeprefix("--")[:3]
    try:
        yield name, limit_of(name, {side: amount} | given | ({"of": layer} if sign else {}))
    except ArchError as error:
        raise ArchError(f"{option}: {error}") from None


def _of_time(most: float | None, given: dict[str, Any]) -> "Iterator[tuple[str, Limit]]":
    from archcalc.spec.budget import limit_of

    known = {key: value for key, value in given.items() if value is not None}
    if most is None:
        for key in known:
            raise ArchError(f"--{'device-model' if key == 'device' else key} goes with --max-ms")
        return
    if "device" not in known:
        raise ArchError("--max-ms needs --device-model: archcalc devices lists them")
    try:
        yield "ms", limit_of("ms", {"max": most, **known})
    except ArchError as error:
        raise ArchError(f"--max-ms: {error}") from None
