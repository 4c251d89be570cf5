"""The playground: fields of layers and inputs to change, after which all is computed again in the page."""

from archcalc.analysis.report.gathering import Gathered
from archcalc.exchange.javascript.program import Program
from archcalc.layers.sizes import dims
from archcalc.render.report.markup import Markup, joined, tag
from archcalc.render.report.tables import titled


def playground(found: Gathered, written: Program) -> Markup:
    """Write the places that the script fills; without a script there is nothing to play with, which is said."""
    inputs = [
        tag(
            "label",
            tag("span", name),
            tag("input", type="text", value=dims(shape), data_input=name, autocomplete="off"),
        )
        for name, shape in found.graph.spec.inputs.items()
    ]
    options = [tag("option", layer["name"], value=place) for place, layer in enumerate(written.data["layers"])]
    first = next((place for place, layer in enumerate(written.data["layers"]) if layer["f"]), 0)
    chooser = tag("label", tag("span", "layer"), tag("select", options, id="play-layer", data_first=first))
    form = tag(
        "form",
        tag("fieldset", tag("legend", "Input"), inputs),
        tag("fieldset", tag("legend", "Layer"), chooser, tag("div", id="play-fields")),
        tag(
            "p",
            tag("button", "Reset this layer", type="button", id="play-reset-layer"),
            tag("button", "Reset all", type="button", id="play-reset"),
            class_="buttons",
        ),
        id="play-form",
        autocomplete="off",
    )
    results = tag("div", tag("p", id="play-said", role="status", aria_live="polite"), tag("div", id="play-rows"))
    picture = tag(
        "figure",
        tag("div", _panel("play-in", "What it reads"), _panel("play-out", "What it makes"), class_="panels"),
        tag("figcaption", id="play-window", aria_live="polite"),
        id="play-picture",
        hidden=True,
    )
    none = tag(
        "p", "No window slides over what this layer reads, or it is too large to draw.", id="play-none", hidden=True
    )
    said = (
        "Change the input, or the fields of any layer: shapes, parameters and MACs of the whole network are computed "
        "again, by the rules of archcalc itself, and where it breaks it says why."
    )
    quiet = tag("noscript", tag("p", "This part needs JavaScript.", class_="note"))
    return titled(
        "Playground", quiet, tag("div", form, joined(picture, none), results, class_="play"), id_="play", note=said
    )


def _panel(id_: str, title: str) -> Markup:
    """Write an empty picture in which a pointer, or the arrow keys, choose an element."""
    return tag("div", tag("h3", title, id=f"{id_}-title"), tag("div", id=id_), class_="panel")
