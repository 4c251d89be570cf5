"""archcalc report"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from archcalc.cli.endings import expect_ending
from archcalc.cli.options import AS_SPECIFIED, MaybeSpecs, Reading, TogetherOption, device_ids
from archcalc.errors import ArchError

if TYPE_CHECKING:
    from archcalc.network import Network

DEVICE: Final = "h100-sxm"
"""The device of the roofline, if none is named."""

_MARKDOWN: Final = (".md", ".markdown")

_PAGES: Final = (".html", ".htm", *_MARKDOWN)
"""The endings of a file, which gets one page of all networks."""

FolderOption = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR|FILE",
        help="Write the pages to this folder, which is made if need be; or one page of all to FILE.html or FILE.md.",
    ),
]
TitleOption = Annotated[
    str | None, typer.Option("--title", metavar="TEXT", help="The title of the page of several networks.")
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
    title: TitleOption = None,
    open_: OpenOption = False,
    batch: TogetherOption = 1,
    device_model: DeviceModelOption = DEVICE,
    from_profile: ProfileOption = None,
    reading: Reading = AS_SPECIFIED,
) -> None:
    """Write a page for each network, which opens from disk in any browser, and one that compares them all.

    Prints the path of the page to open. A FILE gets one page of all, which stands alone.

    Example: archcalc report paper torchvision --output pages
    """
    from archcalc.cli.networks import Networks, say_cautions
    from archcalc.cli.output import write

    is_one = _is_one_page(output)
    if is_one:
        _expect_of_all(device_model, from_profile)
    networks = Networks(reading)
    found = networks.all_of(specs or networks.words())
    if title and not is_one and len(found) < 2:
        raise ArchError("--title: a page of one network has the title of its spec: name several networks, or a file")
    for network in found:
        say_cautions(network, network.spec.name)
    if is_one:
        page = _write_one(found, output, title or "", batch)
    else:
        page = output / _write_folder(found, output, title or "", batch, device_model, from_profile or ())
    write(f"{page}\n", None)
    if open_:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())


def _is_one_page(output: Path) -> bool:
    """Return whether a file is meant. Raises ArchError for one of another kind than a page."""
    if output.is_dir() or not output.suffix:
        return False
    expect_ending(output, _PAGES)
    return output.suffix.lower() in _PAGES


def _expect_of_all(device_model: str, from_profile: Sequence[Path] | None) -> None:
    """Raise ArchError for an option of what one page of all does not show."""
    given = {"--device-model": device_model != DEVICE, "--from-profile": bool(from_profile)}
    for option in (option for option, is_given in given.items() if is_given):
        raise ArchError(f"{option} is for the page of each network: name a folder with --output")


def _write_one(found: "Sequence[Network]", output: Path, title: str, batch: int) -> Path:
    from archcalc.cli.output import expect_place, write
    from archcalc.questions import one_page

    expect_place("--output", output)
    page = one_page(*found, title=title, batch=batch)
    write(page.markdown() if output.suffix.lower() in _MARKDOWN else page.html(), output)
    return output


def _write_folder(
    found: "Sequence[Network]", output: Path, title: str, batch: int, device: str, profiles: Sequence[Path]
) -> str:
    """Write the pages to a folder, and return the file of the one to open."""
    from archcalc.cli.progress import ProgressLine
    from archcalc.questions import report as reported

    with ProgressLine.on_terminal() as line:
        made = reported(*found, batch=batch, device=device, title=title, profiles=profiles, progress=line.show)
    try:
        made.write(output)
    except ArchError as error:
        raise error.at(None, "--output") from None
    return made.first
