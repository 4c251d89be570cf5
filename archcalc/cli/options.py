"""The options and arguments that several commands share, and the bundles in which they take them."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from archcalc.errors import ArchError
from archcalc.render.formats import Name

if TYPE_CHECKING:
    from archcalc.spec.inputs import Inputs


def spec_names(incomplete: str) -> list[str]:
    """Complete the name or alias of a spec."""
    from archcalc.spec.catalogue import Catalogue

    return [word for word in Catalogue().words() if word.startswith(incomplete)]


def layer_names(context: typer.Context, incomplete: str) -> list[str]:
    """Complete the name of a layer of the spec that the command names."""
    from archcalc.network import load

    named = context.params.get("spec") or next(iter(context.args), None)  # a line that is not complete has it there
    try:
        layers = load(named).spec.layers if named else ()
    except ArchError:
        return []  # the command itself says what is wrong
    return [layer.name for layer in layers if layer.name.startswith(incomplete)]


def op_names(incomplete: str) -> list[str]:
    """Complete the name of a kind of layers."""
    from archcalc.layers import KINDS
    from archcalc.spec.statement import STRUCTURES

    return [op for op in (*KINDS, *STRUCTURES) if op.startswith(incomplete)]


def in_a_list(words: tuple[str, ...], incomplete: str) -> list[str]:
    """Complete the last of several words with commas between them."""
    before, comma, last = incomplete.rpartition(",")
    taken = before.split(",")
    return [f"{before}{comma}{word}" for word in words if word.startswith(last) and word not in taken]


def convention_names(incomplete: str) -> list[str]:
    """Complete the name of a convention."""
    from archcalc.analysis.conventions import CONVENTIONS

    words = (word for one in CONVENTIONS.values() for word in one.also)
    return [name for name in dict.fromkeys([*CONVENTIONS, *words]) if name.startswith(incomplete)]


def device_ids(incomplete: str) -> list[str]:
    """Complete the id of a device."""
    from archcalc.analysis.datasheets import DEVICES

    return [device.id for device in DEVICES if device.id.startswith(incomplete)]


def device_names(incomplete: str) -> list[str]:
    """Complete the id of a device, or the word for this machine."""
    return [*device_ids(incomplete), *(["measured"] if "measured".startswith(incomplete) else [])]


def file_of(output: Path | None) -> Path | None:
    """Return the file that is written, or None for standard output."""
    return None if output == Path("-") else output


SPEC_HELP = (
    "A path, - for standard input, a spec's name or alias, or the end of a name if only one name ends so; "
    "or a model, as import takes. Settings may follow, as in d2l:num_classes=2."
)

Specs = Annotated[list[str], typer.Argument(metavar="SPEC...", help=SPEC_HELP, autocompletion=spec_names)]
MaybeSpecs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SPEC...]", help=f"{SPEC_HELP} Default: all specs that archcalc finds.", autocompletion=spec_names
    ),
]
OneSpec = Annotated[str, typer.Argument(metavar="SPEC", help=SPEC_HELP, autocompletion=spec_names)]
FormatOption = Annotated[
    Name | None,
    typer.Option("--format", "-f", help="How to write the answer. Default: table on a terminal, plain in a pipe."),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        callback=file_of,
        help="Write to FILE, whose ending picks a format; - is standard output.",
    ),
]
InputOption = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="CxHxW",
        help="Another input shape, such as 3x227x227; of several inputs, left=1x88x88,right=1x88x88, which may also be "
        "given one by one.",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PARAM=VALUE",
        help="Set a param that the spec declares, a field of a layer, as in conv1.stride=2, or one number of it, as in "
        "conv1.stride.height=2, or what a use has, as in layer1.repeat=3; may be repeated.",
    ),
]
BatchOption = Annotated[
    int, typer.Option("--batch", min=1, metavar="N", help="Count MACs, FLOPs and activations for N examples.")
]
TogetherOption = Annotated[int, typer.Option("--batch", min=1, metavar="N", help="Run N examples together.")]
SpecDirOption = Annotated[
    str | None, typer.Option("--spec-dir", metavar="DIR", help="Look for spec names in DIR first.")
]

KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="The key of the state_dict in a checkpoint, such as state_dict_ema. Default: the one with most tensors.",
    ),
]


class Reading(NamedTuple):
    """How the networks are read that a command names."""

    input_shape: InputOption = None
    set_: SetOption = None
    spec_dir: SpecDirOption = None

    @property
    def shape(self) -> "Inputs | None":
        """The input's shape, or those of several inputs. Raises ArchError for what is not a shape."""
        from archcalc.spec.settings import read_inputs

        if not self.input_shape:
            return None
        try:
            return read_inputs(",".join(self.input_shape))
        except ArchError as error:
            raise ArchError(f"--input: {error}") from None

    @property
    def settings(self) -> dict[str, object]:
        """The params that are set. Raises ArchError for what is not a setting."""
        from archcalc.spec.settings import read_settings

        try:
            return read_settings(self.set_ or ())
        except ArchError as error:
            raise ArchError(f"--set: {error}") from None


class Writing(NamedTuple):
    """How the answer is written."""

    form: FormatOption = None
    output: OutputOption = None


AS_SPECIFIED = Reading()
AS_FITS = Writing()


def unbundled(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command as typer reads it: with the options of each bundle in the place of the bundle."""
    parameters = signature(command).parameters.values()
    bundles = {one.name: one.annotation for one in parameters if _is_bundle(one.default)}
    options = [option for one in parameters for option in _options(one, bundles.get(one.name))]

    @wraps(command)
    def run(**values: Any) -> None:
        for name, bundle in bundles.items():
            values[name] = bundle(*(values.pop(field) for field in bundle._fields))
        command(**values)

    run.__signature__ = signature(command).replace(parameters=options)  # type: ignore[attr-defined]
    run.__annotations__ = {option.name: option.annotation for option in options}
    return run


def _is_bundle(default: object) -> bool:
    return isinstance(default, tuple) and hasattr(default, "_fields")


def _options(parameter: Parameter, bundle: Any) -> list[Parameter]:
    """Return the options on the command line that a parameter of a command stands for."""
    if bundle is None:
        return [parameter]
    return [
        parameter.replace(name=name, default=bundle._field_defaults[name], annotation=bundle.__annotations__[name])
        for name in bundle._fields
    ]


def read_columns(text: str | None) -> list[str] | None:
    """Read `layer,output,params` as a list."""
    if text is None:
        return None
    columns = [word.strip() for word in text.split(",") if word.strip()]
    if not columns:
        raise ArchError("--columns: name at least one column, as in layer,output,params")
    return columns
