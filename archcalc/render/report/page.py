"""The page of one network."""

from archcalc.analysis.report.gathering import Gathered, refolded
from archcalc.exchange.javascript.program import Program, program
from archcalc.render.report import drawn, layers, parts
from archcalc.render.report.markup import Markup, joined, tag
from archcalc.render.report.playground import playground
from archcalc.render.report.whole import MOST_BYTES, asset, whole
from archcalc.spec.inputs import inputs_in_words


def page(found: Gathered, has_index: bool = False) -> str:
    """Write all about a network; what is too large is folded, further and further, and then has no figure."""
    written, figure = program(found.graph), drawn.figure(found)
    text = _written(found, written, figure, has_index)
    while len(text.encode()) > MOST_BYTES and (smaller := refolded(found)):
        found = smaller
        text = _written(found, written, figure, has_index)
    return text if len(text.encode()) <= MOST_BYTES else _written(found, written, drawn.no_figure(found), has_index)


def _written(found: Gathered, written: Program, figure: Markup | None, has_index: bool) -> str:
    spec = found.graph.spec
    sections = {
        ("figure", "Figure"): figure,
        ("table", "Layers"): layers.section(found),
        ("play", "Playground"): playground(found, written),
        ("why", "Why"): layers.explanations(found),
        ("sight", "Receptive field"): drawn.sight(found),
        ("conventions", "Conventions"): parts.conventions(found),
        ("claims", "Claims"): parts.claims(found),
        ("memory", "Memory"): parts.memory(found),
        ("roofline", "Roofline"): parts.roof(found),
        ("profile", "Measured"): parts.profile(found),
        ("about", "Sources"): parts.about_spec(found),
    }
    title = spec.title or spec.name
    back = tag("a", "All networks", href="index.html") if has_index else None
    label = tag("p", tag("code", spec.label), f", input {inputs_in_words(spec.input_shape)}", class_="lead")
    links = [tag("a", word, href=f"#{id_}") for (id_, word), there in sections.items() if there]
    head = tag("header", back, tag("h1", title), label, parts.cards(found))
    body = joined(head, tag("nav", links, aria_label="parts"), tag("main", *sections.values()))
    return whole(title, body, [asset("page.js"), f"{written.source()}{asset('play.js')}"])
