"""The page of one network."""

from archcalc.analysis.report.gathering import Gathered, refolded
from archcalc.exchange.javascript.program import Program, program
from archcalc.render.report import layers, parts
from archcalc.render.report.markup import Markup, joined, tag
from archcalc.render.report.playground import playground
from archcalc.render.report.whole import MOST_BYTES, asset, whole
from archcalc.spec.inputs import inputs_in_words


def page(found: Gathered, figure: Markup | None = None, has_index: bool = False) -> str:
    """Write all about a network; `figure` is a picture of it, whose parts have the `data-layer` that they show.

    What is too large for a page is folded, further and further.
    """
    written = program(found.graph)
    text = _written(found, written, figure, has_index)
    while len(text.encode()) > MOST_BYTES and (smaller := refolded(found)):
        found = smaller
        text = _written(found, written, figure, has_index)
    return text


def _written(found: Gathered, written: Program, figure: Markup | None, has_index: bool) -> str:
    spec = found.graph.spec
    sections = [
        tag("section", tag("figure", figure), id="figure", aria_label="figure") if figure else None,
        layers.section(found),
        playground(found, written),
        layers.explanations(found),
        parts.sight(found),
        parts.conventions(found),
        parts.claims(found),
        parts.memory(found),
        parts.roof(found),
        parts.profile(found),
        parts.about_spec(found),
    ]
    title = spec.title or spec.name
    back = tag("a", "All networks", href="index.html") if has_index else None
    label = tag("p", tag("code", spec.label), f", input {inputs_in_words(spec.input_shape)}", class_="lead")
    head = tag("header", back, tag("h1", title), label, parts.cards(found), _contents(found, figure))
    scripts = [asset("page.js"), f"{written.source()}{asset('play.js')}"]
    return whole(title, joined(head, tag("main", *sections)), scripts)


def _contents(found: Gathered, figure: Markup | None) -> Markup:
    """Write links to the parts of the page."""
    named = [
        ("figure", "Figure", figure),
        ("table", "Layers", True),
        ("play", "Playground", True),
        ("why", "Why", True),
        ("sight", "Receptive field", parts.sight(found)),
        ("conventions", "Conventions", True),
        ("claims", "Claims", parts.claims(found)),
        ("memory", "Memory", True),
        ("roofline", "Roofline", parts.roof(found)),
        ("profile", "Measured", found.records),
        ("about", "Sources", True),
    ]
    return tag("nav", [tag("a", word, href=f"#{id_}") for id_, word, there in named if there], aria_label="parts")
