"""archcalc report"""

from pathlib import Path
from typing import Annotated

import typer

from archcalc.cli.options import AS_SPECIFIED, MaybeSpecs, Reading, TogetherOption, device_ids

FolderOption = Annotated[
    Path,
    typer.Option("--output", "-o", metavar="DIR", help="Write the pages to this folder, which is made if need be."),
]
OpenOption = Annotated[bool, typer.Option("--open", help="Open the page in the browser.")]
DeviceModelOption = Annotated[
    str,
    typer.Option(
        "--device-model",
        metavar="DEVICE",
        help="The device of the roofline, as archcalc devices lists them.",
        autocompletion=device_ids,
    ),
]
ProfileOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--from-profile", metavar="RECORD", help="Show what archcalc profile measured and wrote; may be repeated."
    ),
]


def report(
    output: FolderOption,
    specs: MaybeSpecs = None,
    open_: OpenOption = False,
    batch: TogetherOption = 1,
    device_model: DeviceModelOption = "h100-sxm",
    from_profile: ProfileOption = None,
    reading: Reading = AS_SPECIFIED,
) -> None:
    """Write a page for each network, which opens from disk in any browser, and one that compares them all.

    Prints the path of the page to open.

    Example: archcalc report paper torchvision --output pages
    """
    from archcalc.cli.networks import Networks, say_cautions
    from archcalc.cli.output import write
    from archcalc.cli.progress import ProgressLine
    from archcalc.errors import ArchError
    from archcalc.questions import report as reported

    networks = Networks(reading)
    found = networks.all_of(specs or networks.words())
    for network in found:
        say_cautions(network, network.spec.name)
    with ProgressLine.on_terminal() as line:
        profiles = from_profile or ()
        made = reported(*found, batch=batch, device=device_model, profiles=profiles, progress=line.show)
    try:
        made.write(output)
    except ArchError as error:
        raise error.at(None, "--output") from None
    write(f"{output / made.first}\n", None)
    if open_:
        import webbrowser

        webbrowser.open((output / made.first).resolve().as_uri())
