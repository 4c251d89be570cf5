"""A network's card: a page for those who publish a model, and the same as sheets and as JSON."""

from collections.abc import Iterator
from itertools import islice
from shlex import quote
from typing import Any, Final

from archcalc import __version__
from archcalc.analysis.card.card import Card, Checkpoint
from archcalc.analysis.weights import Verdict
from archcalc.errors import listing, printable
from archcalc.exchange.yaml import digest
from archcalc.layers.sizes import dims
from archcalc.render.answer import Answer
from archcalc.render.audit.claims import verdict_data
from archcalc.render.audit.page import claims_of, reference
from archcalc.render.envelope import identity, stamped
from archcalc.render.page import Page, Part, Run, heading, paragraph
from archcalc.render.receptive_field import in_words
from archcalc.render.sheet import Column, Sheet, Told
from archcalc.render.table.costs import totals_sheet
from archcalc.render.table.layers import sheet
from archcalc.render.words import number, several
from archcalc.spec.inputs import as_data, inputs_in_words

_MOST_LAYERS: Final = 60
"""How many rows a card has at most: of more layers it has the sums of each kind."""
_LAYERS: Final = ("layer", "type", "kernel", "stride", "padding", "output", "params", "macs")
_FIGURES: Final = (Column("figure", "figure", heads=True), Column("value", "value"), Column("what", "what it counts"))
_MIB: Final = 2**20
_MOST_NAMED: Final = 4
"""How many tensors that do not fit are named."""
_NOT_HERE: Final = (
    "What follows from the architecture and from the weights' file stands above. Who trained it, on what and for what, "
    "how well it does, and under which licence it may be used, does not: say so here."
)


def answer(card: Card) -> Answer:
    """Show the card as a page; where a format has sheets alone, as these."""
    figures = _figures(card)
    return Answer(
        [figures, _by_all(card), *_layers(card)],
        lambda: card_data(card),
        bare=lambda: [figures],
        page=lambda: page(card),
    )


def page(card: Card) -> Page:
    """Return what the network is, its figures, its layers, what is said of it, and where all that comes from."""
    return (
        *_opening(card),
        heading(2, "Figures"),
        _figures(card)._replace(title=""),
        heading(2, "As tools count it"),
        _by_all(card)._replace(title=""),
        heading(2, "Layers"),
        *(one._replace(title="") for one in _layers(card)),
        heading(2, "What is said of it"),
        *_said(card),
        *(_checkpoint(card.checkpoint) if card.checkpoint else ()),
        heading(2, "Where this comes from"),
        *_provenance(card),
        heading(2, "What is not here"),
        paragraph(_NOT_HERE),
    )


def _opening(card: Card) -> Iterator[Part]:
    spec, table = card.graph.spec, card.table
    yield heading(1, spec.title or spec.name)
    outputs = [dims(row.output_shape) for row in table.rows if row.name in card.graph.outputs]
    yield paragraph(
        Run(spec.label, code=True),
        f": {several(len(table.rows), 'layer')}, from {inputs_in_words(spec.input_shape)} to {' and '.join(outputs)}.",
        f" {' '.join(spec.notes.split())}" if spec.notes else "",
    )


def _figures(card: Card) -> Sheet:
    spec = card.graph.spec
    rows = tuple(
        (name, Told(words if value is None else value, words), what) for name, value, words, what in each_figure(card)
    )
    return Sheet(spec.name, f"{spec.label}, of one example", _FIGURES, rows)


def each_figure(card: Card) -> Iterator[tuple[str, int | None, str, str]]:
    """Yield each figure: its name, its value, how that reads, and what it is."""
    totals = card.table.totals
    yield "parameters", totals.params, number(totals.params), "elements of learnable tensors"
    if totals.buffers:
        yield "buffers", totals.buffers, number(totals.buffers), "running statistics and the like"
    yield (
        "MACs",
        totals.macs,
        number(totals.macs),
        "multiply-accumulates of convolutions and linear layers, without bias",
    )
    yield "FLOPs", totals.flops, number(totals.flops), "2 x MACs"
    yield "activations", totals.activations, number(totals.activations), "elements of all outputs"
    yield "units", totals.units, number(totals.units), "outputs of convolutions and linear layers"
    if card.weight_bytes is not None:
        yield "weights", *_bytes(card.weight_bytes), "parameters and buffers in fp32, as in a state_dict"
    if card.inference is not None:
        yield "memory of inference", *_bytes(card.inference.total), "the most that eager PyTorch has alive, in fp32"
    if card.training is not None:
        yield "memory of training", *_bytes(card.training.total), "the same in a step, by SGD with momentum"
    if card.seer is not None:
        what = f"what an output of {card.seer} sees of the input, and how far apart two neighbours look"
        yield "receptive field", None, in_words(card.seen), what


def _bytes(size: int) -> tuple[int, str]:
    return size, f"{number(size)} B ({size / _MIB:,.1f} MiB)"


def _by_all(card: Card) -> Sheet:
    return totals_sheet(card.table, card.totals)


def _layers(card: Card) -> Iterator[Sheet]:
    """Yield the layers, or of many of them the sums of each kind."""
    whole = sheet(card.table, _LAYERS)
    if len(whole.rows) <= _MOST_LAYERS:
        yield whole._replace(notes=())
        return
    sums = whole.pick(["layer", "params", "macs"])
    notes = (f"run archcalc table {card.word or card.graph.spec.label} to see all {number(len(whole.rows))} layers",)
    yield sums._replace(rows=sums.footer[:-1], footer=sums.footer[-1:], notes=notes)


def _said(card: Card) -> Iterator[Part]:
    """Yield what is said of the whole network, how much more is said of its layers, and by whom."""
    of_all = tuple(one for one in card.audit.verdicts if one.claim.quantified and not one.claim.of)
    others = len(card.audit.verdicts) - len(of_all)
    if of_all or not others:
        yield claims_of(card.audit._replace(verdicts=of_all))
    if others:
        audit = Run(f"archcalc audit {card.word or card.graph.spec.label}", code=True)
        yield paragraph(
            f"{several(others, 'claim')} {'more, ' * bool(of_all)}of layers or in words: ", audit, " shows each."
        )
    for key, source in card.graph.spec.sources.items():
        yield paragraph(Run(key, code=True), ": ", *reference(key, source), is_item=True)


def _checkpoint(found: Checkpoint) -> Iterator[Part]:
    yield heading(2, "Weights")
    yield paragraph(f"{printable(found.name)}, {number(found.bytes)} B", is_item=True)
    yield paragraph("SHA-256 ", Run(found.sha256, code=True), is_item=True)
    yield paragraph(fit_in_words(found), is_item=True)


def fit_in_words(found: Checkpoint) -> str:
    """Return whether the tensors of a checkpoint are those of the network."""
    own, misfits = found.weights.own, found.weights.misfit_count
    fitting = sum(fit.verdict is Verdict.FITS for fit in own)
    tensors = f"{number(fitting)} of {several(len(own), 'tensor')} of the network are in it with their shapes"
    if found.fits:
        return f"{tensors}, and no others"
    if found.weights.rows is not None:
        return f"{tensors}; its last layer has {several(found.weights.rows, 'output')}, which may be set"
    named = [fit.name or fit.found_name or "" for fit in islice(found.weights.misfits, _MOST_NAMED)]
    more = [f"{number(misfits - len(named))} more"] if misfits > len(named) else []
    return f"{tensors}; what does not fit is {listing([*map(printable, named), *more], 'and')}"


def _provenance(card: Card) -> Iterator[Part]:
    spec = card.graph.spec
    yield paragraph(f"archcalc {__version__}, all numbers exact integers", is_item=True)
    yield paragraph(
        "spec ", Run(digest(spec), code=True), ", the first 12 digits of the SHA-256 of its layers", is_item=True
    )
    if card.word:
        checkpoint = f" --checkpoint {quote(card.checkpoint.name)}" if card.checkpoint else ""
        yield paragraph("made by ", Run(f"archcalc card {quote(card.word)}{checkpoint}", code=True), is_item=True)


def card_data(card: Card) -> dict[str, Any]:
    """Return a card as JSON.

    - `name`, `settings`, `spec_hash`, `input_shape`: the network; `title` and `notes` as its spec has them.
    - `outputs`: each with its `layer` and `shape`.
    - `params`, `buffers`, `macs`, `flops`, `activations`, `units`: the totals for one example.
    - `weight_bytes`: parameters and buffers in fp32, as in a state_dict.
    - `inference_bytes`, `training_bytes`: the most that eager PyTorch has alive in fp32, in inference and in a step of
      training by SGD with momentum; these three are null where torch does not run the network.
    - `conventions`: each with its `name`, its `word` for the sum, and the `total`; null where it has none.
    - `claims`: as `audit` has them.
    - `sources`: each with its `key`, `title`, `author`, `year` and `url`; null for what is not known.
    - `checkpoint`: null, or the file's name, `file`, its `bytes` and `sha256`, and whether it `fits`.
    """
    spec, checkpoint = card.graph.spec, card.checkpoint
    outputs = [
        {"layer": row.name, "shape": list(row.output_shape)}
        for row in card.table.rows
        if row.name in card.graph.outputs
    ]
    return stamped(
        identity(spec)
        | {"input_shape": as_data(spec.input_shape), "title": spec.title or None, "notes": spec.notes or None}
        | {"outputs": outputs}
        | card.table.totals._asdict()
        | {
            "weight_bytes": card.weight_bytes,
            "inference_bytes": card.inference and card.inference.total,
            "training_bytes": card.training and card.training.total,
            "conventions": [
                {"name": one.convention.name, "word": one.convention.word, "total": one.cost} for one in card.totals
            ],
            "claims": [verdict_data(verdict) for verdict in card.audit.verdicts],
            "sources": [
                {
                    "key": key,
                    "title": one.title or one.cite or None,
                    "author": one.author,
                    "year": one.year,
                    "url": one.url,
                }
                for key, one in spec.sources.items()
            ],
            "checkpoint": checkpoint
            and {
                "file": checkpoint.name,
                "bytes": checkpoint.bytes,
                "sha256": checkpoint.sha256,
                "fits": checkpoint.fits,
            },
        }
    )
