"""archcalc new"""

from pathlib import Path
from typing import Annotated

import typer

from archcalc.cli.options import AS_SPECIFIED, Reading, spec_names

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file to write: .yaml, .yml or .json.")]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="SPEC", help="Copy all layers of this spec. Default: a small one.", autocompletion=spec_names
    ),
]


def new(file: FileArgument, like: FromOption = None, reading: Reading = AS_SPECIFIED) -> None:
    """Begin a spec of your own: write a small network, or a copy of another, into a new file.

    Example: archcalc new my_net.yaml --from caffenet
    """
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import say
    from archcalc.errors import ArchError, reason
    from archcalc.questions import starter

    if reading != AS_SPECIFIED and like is None:
        raise ArchError("--input, --set and --spec-dir go with --from")
    network = Networks(reading).one(like) if like else None
    text = starter(network, file)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise ArchError(f"{file} is there already: name a new file") from None
    except OSError as error:
        raise ArchError(f"{file} cannot be written: {reason(error)}") from None
    say(f"wrote {file}; archcalc table {file} shows it")
