"""archcalc draw"""

from typing import Annotated, Final, Literal

import typer

from archcalc.analysis.draw.style import Style
from archcalc.cli.options import AS_SPECIFIED, OneSpec, OutputOption, Reading, layer_names
from archcalc.errors import ArchError
from archcalc.render.draw.lengths import Scale

Form = Literal["svg", "png", "pdf", "tikz", "mermaid"]
_ENDINGS: Final[dict[Form, str]] = {"svg": ".svg", "png": ".png", "pdf": ".pdf", "tikz": ".tex", "mermaid": ".mmd"}

StyleOption = Annotated[
    Style | None,
    typer.Option(
        "--style",
        help="Volumes and windows, as papers draw a chain; boxes and lines; bars of where params, MACs and activations "
        "are; or what a layer sees of the input. Default: volumes for a chain, else flow.",
    ),
]
LayerOption = Annotated[
    str | None,
    typer.Option(
        "--layer",
        metavar="LAYER",
        help="With --style receptive_field: the layer. Default: the first of those that see most.",
        autocompletion=layer_names,
    ),
]
ScaleOption = Annotated[
    Scale | None, typer.Option("--scale", help="With volumes: how edges grow with sizes. Default: sqrt.")
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--from-profile",
        metavar="FILE",
        help="With --style bars: show times too, of the layers in a record that profile --layers wrote.",
    ),
]
TitleOption = Annotated[
    str | None,
    typer.Option("--title", metavar="TEXT", help="What stands above the figure. Default: the network's title."),
]
NoTitleOption = Annotated[bool, typer.Option("--no-title", help="Leave out what stands above the figure.")]
NoCaptionOption = Annotated[bool, typer.Option("--no-caption", help="Leave out what is said below the figure.")]
FormOption = Annotated[
    Form | None,
    typer.Option("--format", "-f", help="What to write. Default: what the ending of --output says, or else svg."),
]


def draw(
    spec: OneSpec,
    style: StyleOption = None,
    layer: LayerOption = None,
    scale: ScaleOption = None,
    from_profile: ProfileOption = None,
    title: TitleOption = None,
    no_title: NoTitleOption = False,
    no_caption: NoCaptionOption = False,
    reading: Reading = AS_SPECIFIED,
    form: FormOption = None,
    output: OutputOption = None,
) -> None:
    """Draw a network from its spec: as volumes with their windows, as boxes and lines, or as bars.

    Example: archcalc draw paper -o alexnet.svg; archcalc draw resnet152 -o resnet.pdf; archcalc draw vgg16 -o vgg.tex
    """
    from archcalc.cli.endings import expect_agreement, expect_ending
    from archcalc.cli.networks import Networks, say_cautions
    from archcalc.cli.output import write

    expect_ending(output, list(_ENDINGS.values()))
    if form:
        expect_agreement(output, f"--format {form}", [_ENDINGS[form]], list(_ENDINGS.values()))
    by_ending = {ending: name for name, ending in _ENDINGS.items()}
    chosen = form or by_ending.get(output.suffix.lower() if output else "", "svg")
    _expect_room(chosen, title, no_title, no_caption)
    network = Networks(reading).one(spec)
    say_cautions(network, network.spec.name)
    drawing = network.draw(
        style.value if style else None,
        layer=layer,
        scale=scale.value if scale else None,
        from_profile=from_profile,
        title="" if no_title else title,
        caption=not no_caption,
    )
    write(drawing.forms()[_ENDINGS[chosen]](), output, chosen)


def _expect_room(form: Form, title: str | None, no_title: bool, no_caption: bool) -> None:
    """Raise ArchError for a title that is to be left out too, and for what mermaid has no place for."""
    given = [name for name, on in (("--title", title), ("--no-title", no_title), ("--no-caption", no_caption)) if on]
    if title and no_title:
        raise ArchError("--title and --no-title contradict each other: leave one out")
    if form == "mermaid" and given:
        raise ArchError(f"{given[0]} does not go with mermaid, which has no place for it: leave out {given[0]}")
