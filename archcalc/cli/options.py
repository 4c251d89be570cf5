"""The options and arguments that several commands share, and the bundles in which they take them."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from archcalc.errors import ArchError
from archcalc.render.formats import Name


def spec_names(incomplete: str) -> list[str]:
    """Completions: the stems of the spec files, none of which is opened."""
    from archcalc.spec.catalogue import Catalogue

    return [stem for stem in Catalogue().files() if stem.startswith(incomplete)]


def convention_names(incomplete: str) -> list[str]:
    """Completions: the conventions."""
    from archcalc.analysis.conventions import CONVENTIONS

    words = (word for one in CONVENTIONS.values() for word in one.also)
    return [name for name in dict.fromkeys([*CONVENTIONS, *words]) if name.startswith(incomplete)]


SPEC_HELP = "A path, - for standard input, a spec's name or alias, or the end of a name if only one name ends so."

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
    typer.Option("--output", "-o", metavar="FILE", help="Write to FILE; its ending picks a format."),
]
InputOption = Annotated[
    str | None, typer.Option("--input", metavar="CxHxW", help="Another input shape, such as 3x227x227.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PARAM=VALUE", help="Set a param that the spec declares; may be repeated."),
]
BatchOption = Annotated[
    int, typer.Option("--batch", min=1, metavar="N", help="Count MACs, FLOPs and activations for N examples.")
]
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
    def shape(self) -> tuple[int, ...] | None:
        """The input shape. Raises ArchError for what is not a shape."""
        return read_shape(self.input_shape)

    @property
    def settings(self) -> dict[str, object]:
        """The params that are set. Raises ArchError for what is not a setting."""
        return read_settings(self.set_)


class Writing(NamedTuple):
    """How the answer is written."""

    form: FormatOption = None
    output: OutputOption = None


AS_SPECIFIED = Reading()
AS_FITS = Writing()


def unbundled(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command as typer reads it: with the options of each bundle in the place of the bundle."""
    parameters = signature(command).parameters.values()
    bundles = {one.name: one.annotation for one in parameters if isinstance(one.default, Reading | Writing)}
    options = [option for one in parameters for option in _options(one, bundles.get(one.name))]

    @wraps(command)
    def run(**values: Any) -> None:
        for name, bundle in bundles.items():
            values[name] = bundle(*(values.pop(field) for field in bundle._fields))
        command(**values)

    run.__signature__ = signature(command).replace(parameters=options)  # type: ignore[attr-defined]
    run.__annotations__ = {option.name: option.annotation for option in options}
    return run


def _options(parameter: Parameter, bundle: type[Reading | Writing] | None) -> list[Parameter]:
    """Return the options on the command line that a parameter of a command stands for."""
    if bundle is None:
        return [parameter]
    return [
        parameter.replace(name=name, default=bundle._field_defaults[name], annotation=bundle.__annotations__[name])
        for name in bundle._fields
    ]


def read_shape(text: str | None) -> tuple[int, ...] | None:
    """Read `3x227x227` as (3, 227, 227). Raises ArchError."""
    if text is None:
        return None
    sizes = text.lower().split("x")
    if len(sizes) in (1, 3) and all(size.isdecimal() and 0 < int(size[:16]) < 10**15 for size in sizes):
        return tuple(int(size) for size in sizes)
    what = f"--input: '{text}' is not a shape{_meant(sizes)}"
    raise ArchError(f"{what}; write channels x height x width, each at least 1, as in 3x227x227")


def _meant(sizes: list[str]) -> str:
    """Return what a person may have meant who wrote another number of sizes."""
    if len(sizes) == 4:
        return ": give the batch with --batch"
    return ": it has no channels" if len(sizes) == 2 else ""


def read_settings(pairs: list[str] | None) -> dict[str, object]:
    """Read `num_classes=10` as {"num_classes": 10}. Raises ArchError."""
    from archcalc.spec.text import plain_value

    settings: dict[str, object] = {}
    for pair in pairs or ():
        name, sign, value = pair.partition("=")
        if not sign or not name or not value:
            raise ArchError(f"--set: '{pair}' is not a setting; write param=value, as in num_classes=10")
        if name.strip() in settings:
            raise ArchError(f"--set: {name.strip()} is set twice")
        try:
            settings[name.strip()] = plain_value(value.strip())
        except ArchError as error:
            raise ArchError(f"--set {name}: {error}") from None
    return settings


def read_columns(text: str | None) -> list[str] | None:
    """Read `layer,output,params` as a list."""
    if text is None:
        return None
    columns = [word.strip() for word in text.split(",") if word.strip()]
    if not columns:
        raise ArchError("--columns: name at least one column, as in layer,output,params")
    return columns
