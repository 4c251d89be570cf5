"""archcalc list, show, validate, ops and schema"""

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.options import (
    FormatOption,
    InputOption,
    OneSpec,
    OutputOption,
    SetOption,
    SpecDirOption,
    Specs,
    read_settings,
    read_shape,
)

if TYPE_CHECKING:
    from archcalc.render.specs import Listed
    from archcalc.spec.catalogue import Catalogue


class SpecFormat(StrEnum):
    YAML = "yaml"
    JSON = "json"


SpecFormatOption = Annotated[SpecFormat, typer.Option("--format", "-f", help="How to write the spec.")]
OpArgument = Annotated[str | None, typer.Argument(metavar="[OP]", help="One layer kind, with what its fields take.")]


def list_specs(spec_dir: SpecDirOption = None, form: FormatOption = None, output: OutputOption = None) -> None:
    """The specs that can be named, with their totals.

    Example: archcalc list --format markdown
    """
    from archcalc.cli.output import answer
    from archcalc.render.specs import catalogue_data, catalogue_sheet
    from archcalc.spec.catalogue import Catalogue

    catalogue = Catalogue(spec_dir)
    listed = [_read(catalogue, str(path)) for path in catalogue.files().values()]
    listed.sort(key=lambda spec: spec.name)
    answer([catalogue_sheet(listed)], lambda: catalogue_data(listed), form, output)


def show(
    spec: OneSpec,
    input_shape: InputOption = None,
    set_: SetOption = None,
    spec_dir: SpecDirOption = None,
    form: SpecFormatOption = SpecFormat.YAML,
    output: OutputOption = None,
) -> None:
    """A spec in full: what it inherits, its params, blocks and defaults all put in.

    Example: archcalc show caffenet > my_net.yaml
    """
    from archcalc.cli.output import write
    from archcalc.spec.canonical import to_json, to_yaml
    from archcalc.spec.catalogue import Catalogue

    settings, shape = read_settings(set_), read_shape(input_shape)
    loaded = Catalogue(spec_dir).load(spec, settings, shape)
    if settings or shape:
        loaded = replace(loaded, claims=())  # they were made about another network
    write(to_json(loaded) if form is SpecFormat.JSON else to_yaml(loaded), output)


def validate(
    specs: Specs, spec_dir: SpecDirOption = None, form: FormatOption = None, output: OutputOption = None
) -> None:
    """Check spec files; every fault is listed with its place, and ends with 2.

    Example: archcalc validate specs/*.yaml
    """
    from archcalc.cli.output import answer, complain
    from archcalc.errors import ArchError
    from archcalc.render.specs import validation_data, validation_sheet
    from archcalc.spec.catalogue import Catalogue

    catalogue = Catalogue(spec_dir)
    read = [_read(catalogue, word) for word in specs]
    sound = [spec for spec in read if not spec.faults]
    for spec in read:
        complain(ArchError(*spec.faults))
    if sound or form is not None or output is not None:
        answer([validation_sheet(sound)], lambda: validation_data(read), form, output)
    if len(sound) < len(read):
        raise typer.Exit(2)


def ops(op: OpArgument = None, form: FormatOption = None, output: OutputOption = None) -> None:
    """The layer kinds and their fields.

    Example: archcalc ops conv2d
    """
    from archcalc.cli.output import answer
    from archcalc.layers import KINDS
    from archcalc.layers.base import find
    from archcalc.render.specs import kind_sheet, kinds_data, kinds_sheet, structure_data, structure_sheet
    from archcalc.spec.statement import STRUCTURES

    if op is None:
        answer([kinds_sheet()], lambda: kinds_data(KINDS), form, output)
    elif op in STRUCTURES:
        answer([structure_sheet(op)], lambda: structure_data(op), form, output)
    else:
        kind = find(op)
        answer([kind_sheet(kind)], lambda: kinds_data({op: kind}), form, output)


def schema(output: OutputOption = None) -> None:
    """The JSON schema of spec files, for editors.

    Example: archcalc schema --output specs/archcalc.schema.json
    """
    from archcalc.cli.output import write
    from archcalc.render.data import json_text
    from archcalc.spec import schema as language

    write(json_text(language.schema()), output)


def _read(catalogue: "Catalogue", word: str) -> "Listed":
    """A spec with its table, or with what is wrong with it."""
    from archcalc.cli.output import say
    from archcalc.errors import ArchError
    from archcalc.graph import link
    from archcalc.render.specs import Listed
    from archcalc.table import measure

    try:
        spec = catalogue.load(word)
        graph = link(spec)
        for doubt in graph.doubts:
            say(f"{spec.file}: {doubt}")
        return Listed(spec.name, spec.aliases, spec.title, spec.file, measure(graph))
    except ArchError as error:
        return Listed(word, (), "", word, None, error.faults)
