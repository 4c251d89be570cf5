"""The Python API for one network: read from a spec, with all that can be asked of it."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeVar, get_args, overload

from archcalc.answers.table import Table
from archcalc.errors import ArchError, MissingError, listing
from archcalc.exchange.files import is_of_others
from archcalc.exchange.files import read as read_of_others
from archcalc.exchange.targets import Target, Text, written_as
from archcalc.exchange.torch_models.words import Model, model_of
from archcalc.graph import Graph, link
from archcalc.layers.fields import spell
from archcalc.spec.catalogue import Catalogue, Draft
from archcalc.spec.document import read_inputs
from archcalc.spec.inputs import Inputs
from archcalc.spec.model import Spec
from archcalc.spec.settings import labelled, parted, with_lists
from archcalc.table import measure

if TYPE_CHECKING:
    from torch.nn import Module

    from archcalc.analysis.own_peaks import OwnPeak
    from archcalc.analysis.sweep.measured import Measured
    from archcalc.answers.audit import Audit
    from archcalc.answers.budget import Budget
    from archcalc.answers.card import Card
    from archcalc.answers.check import Against, Agreements, OfWeights
    from archcalc.answers.draw import Drawing
    from archcalc.answers.explain import Explanation
    from archcalc.answers.fit import Fit
    from archcalc.answers.memory import Memory, MemoryByTool, MemoryPerDevice, MemoryPlan
    from archcalc.answers.predict import Prediction
    from archcalc.answers.profile import Profile
    from archcalc.answers.reconcile import Ladder, Matches, OfMemory
    from archcalc.answers.roofline import Roofline
    from archcalc.answers.solve import LayerOutput, Solution
    from archcalc.answers.sweep import Sweep
    from archcalc.answers.training import Training
    from archcalc.pytorch.build import Built

_E = TypeVar("_E", bound=StrEnum)

Quantity = Literal["output", "params", "macs", "receptive_field"]
Dtype = Literal["fp64", "fp32", "fp16", "bf16", "int8"]
_OF_BYTES: Final = frozenset(
    (
        "weight_bytes",
        "input_bytes",
        "output_bytes",
        "intensity",
        "weight bytes",
        "input bytes",
        "output bytes",
        "FLOP/B",
    )
)
"""The columns of a table that need a dtype, by their keys and headers."""
_NEEDS_TORCH: Final = "{} needs torch and fvcore ({}): pip install 'archcalc[torch]'"
_NEEDS_SAFETENSORS: Final = "to convert a checkpoint needs torch and safetensors ({}): pip install 'archcalc[torch]'"


def _member(kind: type[_E], word: str) -> _E:
    """Return what a word means. Raises ArchError for a word that means nothing."""
    try:
        return kind(word)
    except ValueError:
        raise ArchError(f"{kind.__name__.lower()} must be {listing([*kind])}, got {spell(word)}") from None


def expect_word(word: str | None, known: object, what: str) -> None:
    """Raise ArchError for a word that is not one of a Literal; None is not a word."""
    words = get_args(known)
    if word is not None and word not in words:
        raise ArchError(f"{what} must be {listing([*words])}, got {spell(word)}")


class Origin(NamedTuple):
    """Where a network was read, so that it can be read again with other settings."""

    word: str
    is_text: bool = False
    spec_dir: str | os.PathLike[str] | None = None
    params: Mapping[str, Any] = {}  # never changed
    input_shape: Inputs | None = None

    @property
    def label(self) -> str:
        """The word with what is set, as the command line reads it; empty for what it cannot read again."""
        is_read_again = not self.is_text and self.word != "-"
        return labelled(self.word, self.params, self.input_shape) if is_read_again else ""

    def read(self) -> "Network":
        """Read the network again. Raises ArchError with every fault of the file."""
        catalogue = Catalogue(self.spec_dir)
        if self.is_text:
            return Network(catalogue.read(self.word, self.params, self.input_shape), self)
        origin = self if os.path.exists(self.word) else self._parted()
        if model := origin.model:
            return origin._replace(params=with_lists(origin.params))._imported(model)
        if is_of_others(origin.word):
            return origin._translated()
        return Network(catalogue.load(origin.word, origin.params, origin.input_shape), origin)

    @property
    def model(self) -> Model | None:
        """The model that it names, whose code runs where it is read; None for a spec, however it goes on."""
        found = None if self.is_text or os.path.exists(self.word) else model_of(self._parted().word)
        if found and not found.is_of_library and Catalogue(self.spec_dir).knows(found.place):
            return None
        return found

    def _imported(self, model: Model) -> "Network":
        """Return the network of a model, whose code is run. Raises ArchError where it cannot be made or run."""
        from archcalc.pytorch.importing.process import import_in_a_process

        found = import_in_a_process(model, self.params, self.input_shape)
        fault = ArchError(f"{self.word}: {found.fault}") if found.fault else None
        return self._put_down(found.document, fault, found.classes)

    def _translated(self) -> "Network":
        """Return the network of a file of another framework. Raises ArchError where nothing of it can be read."""
        if self.params:
            raise ArchError(f"{self.word} has no params to set: it is not a spec (archcalc import makes one of it)")
        return self._put_down(*read_of_others(self.word, self.input_shape))

    def _put_down(
        self, document: Mapping[str, Any], fault: ArchError | None, classes: Mapping[str, str] = {}
    ) -> "Network":
        """Return the network of a spec as plain data, up to a fault. Raises that where it has no layers."""
        from archcalc.exchange.yaml import written

        if "layers" not in document:
            raise fault or ArchError(f"{self.word} computes nothing")
        spec = Catalogue(self.spec_dir).read(written(document), shown=self.word)
        told = replace(spec, settings=dict(self.params), given_input=self.input_shape)
        return Network(told, self, fault, Written(document, classes))

    def _parted(self) -> "Origin":
        """Return the origin with the settings that follow its word, as in d2l:num_classes=2, among its own."""
        word, params, input_shape = parted(self.word)
        twice = [*(params.keys() & self.params.keys()), *(["input"] if input_shape and self.input_shape else [])]
        if twice:
            raise ArchError(f"{self.word}: {twice[0]} is set twice, here and for all networks")
        return self._replace(word=word, params={**self.params, **params}, input_shape=input_shape or self.input_shape)


def _measured(*asked: Any) -> "Iterator[Measured]":
    """Measure variants of a sweep, by torch's side, which is loaded here."""
    from archcalc.pytorch.sweep.measuring import measured

    return measured(*asked)


@dataclass(frozen=True)
class Rereading:
    """Makes the spec of a network again, with other settings and another input; it can be sent to another process."""

    origin: Origin

    def __call__(self, settings: Mapping[str, Any], input_shape: Inputs | None) -> Spec:
        """Return the spec. Raises ArchError with every fault."""
        own = self.origin.input_shape
        shape = own if input_shape is None else input_shape
        if isinstance(own, Mapping) and isinstance(input_shape, Mapping):
            shape = {**own, **input_shape}
        return self.draft.spec({**self.origin.params, **settings}, shape)

    @cached_property
    def draft(self) -> Draft:
        """The file, which is read once."""
        catalogue = Catalogue(self.origin.spec_dir)
        return catalogue.draft_of(self.origin.word) if self.origin.is_text else catalogue.draft(self.origin.word)


class Written(NamedTuple):
    """The spec that a model, or another framework's file, has become, as plain data: a layer after the other."""

    document: Mapping[str, Any]
    classes: Mapping[str, str] = {}  # never changed
    """The names of the classes of a model's modules, by their paths."""

    def text(self, is_folded: bool = True, is_json: bool = False) -> str:
        """Return the spec with branches and blocks where it has them, or with a line for each layer; YAML, or JSON."""
        from archcalc.exchange.folding import folded
        from archcalc.exchange.yaml import as_json, written

        document = folded(self.document, self.classes) if is_folded else self.document
        return as_json(document) if is_json else written(document)


@dataclass(frozen=True, repr=False)
class Network:
    """A spec and what follows from it. Each answer has `to_dict()`, `to_frame()`, `str()` and HTML in a notebook.

    Answers raise ArchError where a layer does not fit, with the arithmetic.
    """

    spec: Spec
    origin: Origin | None = None
    """None where it was not read from a file or a text."""
    fault: ArchError | None = None
    """Of what was no spec: why it goes on where the spec ends; None for a whole one."""
    became: "Written | None" = None
    """Of what was no spec: the spec that it has become."""

    @cached_property
    def graph(self) -> Graph:
        """Every layer with its shapes, without the batch axis."""
        graph = link(self.spec)
        if self.fault:
            raise ArchError(*self.fault.faults, partial=replace(graph, goes_on=True))
        return graph

    def up_to_a_fault(self) -> "tuple[Network, ArchError | None]":
        """Return the network up to the layer that does not fit, and that fault; raises ArchError for an empty one."""
        try:
            _ = self.graph
        except ArchError as error:
            if not isinstance(error.partial, Graph):
                raise
            part = replace(self)
            part.__dict__["graph"] = error.partial
            return part, error
        return self, None

    def with_(self, *, input_shape: Inputs | None = None, **params: Any) -> "Network":
        """Return the same network with other params, or with another input: (channels, height, width).

        Raises ArchError for a param that the spec does not declare, and for a network that was not read from a spec.

        >>> import archcalc
        >>> archcalc.load("torchvision").with_(num_classes=10).table().totals.params
        57044810
        """
        if self.origin is None:
            raise ArchError(f"{self.spec.name} was not read from a spec, so that its params cannot be changed")
        shape = self.origin.input_shape if input_shape is None else read_inputs(input_shape)
        return self.origin._replace(params={**self.origin.params, **params}, input_shape=shape).read()

    def table(
        self,
        batch: int = 1,
        per_device: bool = False,
        convention: str | None = None,
        columns: "list[str] | None" = None,
        show_notes: bool = False,
        dtype: Dtype | None = None,
    ) -> Table:
        """Return shapes, parameters, MACs, FLOPs and activations, layer by layer.

        Counts that grow with the batch (MACs, FLOPs, activations) are those of `batch` examples. `per_device` gives
        each device of a tower a row of its own. `convention` counts as a tool does, "all" gives all totals. `dtype`
        adds the bytes that each layer moves at least; columns that show them are of fp32, if none is given. Columns
        with a + before them are shown besides those that are shown by default.

        >>> import archcalc
        >>> archcalc.load("torchvision").table(convention="torchinfo").priced.total.cost
        714682664
        """
        found = measure(self.graph, batch, per_device)
        shown = tuple(columns) if columns else None
        made = Table.of(found, columns=shown, show_notes=show_notes, graph=self.graph)
        if dtype or not _OF_BYTES.isdisjoint(key.removeprefix("+") for key in columns or ()):
            made = self._with_bytes(made, dtype or "fp32")
        if convention is None:
            return made
        from archcalc.analysis.conventions import find
        from archcalc.analysis.conventions.costs import price, totals

        if convention == "all":
            return replace(made, by_all=tuple(totals(self.graph, batch)))
        return replace(made, priced=price(self.graph, made, find(convention)))

    def _with_bytes(self, made: Table, dtype: str) -> Table:
        """Return a table with what its layers move. Raises ArchError for another dtype, and for rows of devices."""
        from archcalc.analysis.precision import NumberFormat
        from archcalc.analysis.work import moves

        expect_word(dtype, Dtype, "dtype")
        if made.per_device:
            raise ArchError("bytes are those of all devices together: leave out --per-device, or the columns of bytes")
        return replace(made, moves=moves(self.graph, made.batch, NumberFormat(dtype).bytes), dtype=dtype)

    def explain(self, layer: str | None = None, of: Quantity | None = None) -> "Explanation":
        """Return where the numbers of a layer come from, or one quantity of the whole network.

        `layer` may name a structure, whose layers are then explained. Raises ArchError for one that is not there.

        >>> import archcalc
        >>> print(archcalc.load("torchvision").explain("fc6", of="macs"))  # doctest: +ELLIPSIS
        fc6 of alexnet_torchvision: linear, 9216 to 4096
        of    part  rule                        numbers...
        ---...
        MACs  all   in_features * out_features  9216 * 4096 = 37,748,736
        linear is torch.nn.Linear: https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html
        """
        from archcalc.analysis.explain.explanation import explain
        from archcalc.answers.explain import Explanation

        expect_word(of, Quantity, "quantity")
        return Explanation.of(explain(self.graph, layer, of))

    def sweep(
        self,
        vary: Mapping[str, Any] | None = None,
        *,
        inputs: Any = None,
        batch: Any = None,
        constraints: Iterable[str] = (),
        sample: float | None = None,
        sampling: str = "uniform",
        seed: int = 0,
        columns: Iterable[str] = ("params", "macs", "activations"),
        where: Iterable[str] = (),
        top: int | None = None,
        by: str | None = None,
        pareto: Iterable[str] = (),
        dtype: Literal["fp32", "fp16", "bf16", "int8"] | None = None,
        optimizer: Literal["sgd", "momentum", "adam", "adamw"] | None = None,
        device_model: str | None = None,
        precision: Literal["fp32", "tf32", "fp16", "bf16", "int8", "torch"] | None = None,
        jobs: int = 1,
        executor: str = "processes",
        address: str | None = None,
    ) -> "Sweep":
        """Return the variants of the network: params and fields of layers, inputs and batches, each with its values.

        Values are lists, or texts such as "8..128:8,256"; `inputs` of a network with several are a mapping of names.
        `constraints` are conditions on what is varied, as in "w2 == 2 * w1"; `where` has conditions on columns. `top`
        keeps so many of the smallest `by` a column, or of the largest by "-macs"; `pareto` those that no other is
        better than. Of a `sample`, so many variants are drawn.
        `dtype`, `optimizer`, `device_model` and `precision` are those of the columns memory, memory_train and ms.
        Nothing is computed before it is asked for. Needs numpy. `jobs` processes of this machine compute, or, as the
        `executor`, "dask" or "ray" on the cluster at an `address`, on the one that is connected, or on one of `jobs`
        processes.

        >>> import archcalc
        >>> vary = {"conv1.out_channels": "32..64:16", "num_classes": [10, 1000]}
        >>> archcalc.load("torchvision").sweep(vary, where=["params < 58M"]).to_frame().macs.tolist()
        [563020640, 636577040, 710133440]
        """
        from archcalc.analysis.roofline.roofs import Computing
        from archcalc.analysis.sweep.asked import searched
        from archcalc.analysis.sweep.executors import Executor
        from archcalc.answers.sweep import Sweep

        expect_word(precision, Computing, "precision")
        search = searched(
            self.spec,
            self._reading(),
            vary or {},
            inputs=inputs,
            batch=batch,
            constraints=constraints,
            sample=sample,
            sampling=sampling,
            seed=seed,
            columns=columns,
            where=where,
            top=top,
            by=by,
            pareto=pareto,
            dtype=dtype,
            optimizer=optimizer,
            device_model=device_model,
            precision=precision,
        )
        return Sweep(self.spec, search, Executor(executor, jobs, address), _measured)

    def fit(self, limits: Mapping[str, Any] | None = None, keep: Iterable[str] = (), divisor: int = 1) -> "Fit":
        """Return the widest network under limits, as `budget:` has them, and under the spec's own budget.

        All layers are as many times as wide, but for those to `keep`, those whose channels the network hands on, and
        those that are tied to such; widths are multiples of a `divisor`, rounded down. Raises ArchError where even the
        narrowest is over.

        >>> import archcalc
        >>> found = archcalc.load("torchvision").fit({"macs": "300M"}, keep=["conv5"], divisor=8)
        >>> found.widths["conv5"], found.widths["conv1"], archcalc.Network(found.spec).table().totals.macs
        (256, 32, 285384096)
        """
        from archcalc.analysis.fit.fitting import fit
        from archcalc.answers.fit import Fit
        from archcalc.spec.budget import Limit, read_limits

        known = {name: limit for name, limit in (limits or {}).items() if isinstance(limit, Limit)}
        others = read_limits({name: limit for name, limit in (limits or {}).items() if name not in known})
        return Fit(fit(self.graph, known | others, (*keep,), divisor))

    def _reading(self) -> "Rereading":
        """Return what reads the network again with other settings. Raises ArchError where it cannot be."""
        if self.became:
            text = self.became.text(is_folded=False)
            return Rereading(Origin(text, True, self.origin.spec_dir if self.origin else None))
        if self.origin is None:
            raise ArchError(f"{self.spec.name} was not read from a spec, so that nothing of it can be varied")
        if self.origin.word == "-":
            raise ArchError("a spec from standard input cannot be read again: save it to a file first")
        return Rereading(self.origin)

    def draw(
        self,
        style: Literal["volumes", "flow", "bars", "receptive_field"] | None = None,
        *,
        layer: str | None = None,
        scale: Literal["sqrt", "log"] | None = None,
        from_profile: str | os.PathLike[str] | None = None,
        title: str | None = None,
        caption: bool = True,
    ) -> "Drawing":
        """Return a figure of the network: `svg`, `tikz` and `mermaid` are texts, `png()` and `pdf()` bytes.

        A chain is drawn as `volumes`, whose edges grow with sizes by a `scale`; a network with branches as `flow`.
        `receptive_field` draws what a `layer` sees over the input; `bars` where params, MACs and activations are, and
        times, `from_profile`, the file of a record with layers. An option stands for its style. An empty `title` draws
        none, and without its `caption` nothing is said below the figure. Raises ArchError where a network cannot be
        drawn so, and for an option of another style.

        >>> import archcalc
        >>> archcalc.load("paper").draw().style, archcalc.load("resnet152").draw().style
        (<Style.VOLUMES: 'volumes'>, <Style.FLOW: 'flow'>)
        """
        from archcalc.analysis.draw.style import Style, style_of
        from archcalc.answers.draw import Drawing
        from archcalc.render.draw import scene_of
        from archcalc.render.draw.lengths import Scale
        from archcalc.render.draw.said import Around

        graph = self.graph
        given = {"layer": layer, "scale": scale, "from_profile": from_profile}
        found = style_of(graph, None if style is None else _member(Style, style), given)
        grows = Scale.SQRT if scale is None else _member(Scale, scale)
        record = None if from_profile is None else os.fspath(from_profile)
        return Drawing(graph, found, scene_of(graph, found, layer, grows, record, Around(title, caption)))

    def solve(self, up_to: int = 512) -> "Solution":
        """Return the inputs that pass, those that fit the weights, and those that divide exactly, up to a size.

        >>> import archcalc
        >>> archcalc.load("torchvision").solve().smallest
        (63, 63)
        """
        from archcalc.analysis.solve.solution import solve
        from archcalc.answers.solve import Solution

        return Solution.of(solve(self.spec, up_to))

    def layer_output(self, layer: str, output: tuple[int, int] | None = None, up_to: int = 512) -> "LayerOutput":
        """Return how a layer comes to make `output`, (height, width), or what it makes of the spec's own input."""
        from archcalc.analysis.solve.layer_output import layer_output
        from archcalc.answers.solve import LayerOutput

        return LayerOutput.of(layer_output(self.spec, layer, output, up_to))

    def audit(self) -> "Audit":
        """Return every claim of the spec's sources, judged.

        >>> import archcalc
        >>> archcalc.load("paper").audit().has_surprises
        False
        """
        from archcalc.analysis.audit.claims import audit
        from archcalc.answers.audit import Audit

        return Audit((audit(self.graph),))

    def budget(self, limits: Mapping[str, Any] | None = None) -> "Budget":
        """Return the limits of the spec's budget, and others, each with the number that is true.

        `limits` are as `budget:` has them, and stand before those of the spec. Raises ArchError for what is no limit,
        and for one that cannot be held against the network.

        >>> import archcalc
        >>> limits = {"params": "62M", "receptive_field": {"min": 195, "of": "pool5"}}
        >>> [verdict.holds for verdict in archcalc.load("torchvision").budget(limits).verdicts]
        [True, True]
        """
        from archcalc.analysis.budget.judgement import judge
        from archcalc.answers.budget import Budget
        from archcalc.spec.budget import read_limits

        return Budget(judge(self.graph, read_limits(limits or {})))

    def card(self, checkpoint: str | os.PathLike[str] | None = None, *, key: str | None = None) -> "Card":
        """Return what a model card says: exact figures, the totals of all conventions, and what sources say of them.

        Of a `checkpoint`, a file of torch.save or safetensors, it has the hash, and whether its tensors are the
        network's; `key` is that of the state_dict in the file. Raises ArchError for what is no checkpoint.

        >>> import archcalc
        >>> archcalc.load("torchvision").card().markdown().splitlines()[0]
        '# AlexNet in torchvision, after "One weird trick"'
        """
        from archcalc.analysis.card.card import card
        from archcalc.answers.card import Card

        word = self.origin.label if self.origin else ""
        return Card.of(card(self.graph, word, None if checkpoint is None else Path(checkpoint), key))

    def memory(
        self,
        mode: Literal["infer", "train"] = "infer",
        *,
        batch: int | None = None,
        dtype: Literal["fp32", "fp16", "bf16", "int8"] = "fp32",
        optimizer: Literal["sgd", "momentum", "adam", "adamw"] | None = None,
        in_place: bool | None = None,
        fits: str | None = None,
        device: str | None = None,
    ) -> "Memory":
        """Return what eager PyTorch has in memory as the network runs, layer by layer, in bytes; torch is not needed.

        Without a `batch` it is 1; `fits`, such as "24GB", finds the largest instead, and `device`, such as "h100-sxm",
        says whether the batch fits there, and the largest that does. Training is with momentum and a weight decay, if
        no other optimizer is given. Layers work in place as the spec says, or all or none of those that can. Raises
        ArchError for what makes no sense, and for what torch does not run.

        >>> import archcalc
        >>> archcalc.load("torchvision").memory("train", batch=128).peak
        1214524648
        """
        from archcalc.analysis.memory.fitting import fitted, largest_batch
        from archcalc.analysis.memory.request import requested
        from archcalc.analysis.memory.timeline import timeline
        from archcalc.answers.memory import Memory

        graph, request = self.graph, requested(mode, 1 if batch is None else batch, dtype, optimizer, in_place)
        request, fit = fitted(graph, request, largest_batch, has_batch=batch is not None, fits=fits, device=device)
        return Memory(timeline(graph, request), fit)

    def memory_per_device(
        self,
        mode: Literal["infer", "train"] = "infer",
        *,
        batch: int | None = None,
        dtype: Literal["fp32", "fp16", "bf16", "int8"] = "fp32",
        optimizer: Literal["sgd", "momentum", "adam", "adamw"] | None = None,
        in_place: bool | None = None,
        fits: str | None = None,
        device: str | None = None,
    ) -> "MemoryPerDevice":
        """Return the same of a network with towers, on each of its devices, of which each has the memory that is given.

        The layers of towers are on their devices, all else on the first; what a layer reads from another device is
        copied to its own. Raises ArchError as `memory` does, and for a network without towers.

        >>> import archcalc
        >>> archcalc.load("paper").memory_per_device("train", batch=128).peaks
        {'gpu0': 1409038056, 'gpu1': 1282802688}
        """
        from archcalc.analysis.memory.fitting import fitted, largest_batch_on_each
        from archcalc.analysis.memory.request import requested
        from archcalc.analysis.memory.split import split
        from archcalc.answers.memory import MemoryPerDevice

        graph, request = self.graph, requested(mode, 1 if batch is None else batch, dtype, optimizer, in_place)
        request, fit = fitted(
            graph, request, largest_batch_on_each, has_batch=batch is not None, fits=fits, device=device
        )
        return MemoryPerDevice(split(graph, request), fit)

    def memory_plan(
        self,
        batch: int = 1,
        *,
        dtype: Literal["fp32", "fp16", "bf16", "int8"] = "fp32",
        in_place: bool = True,
        fused: bool = False,
        order: Literal["spec", "best"] = "spec",
        align: int = 1,
        fits: str | None = None,
        per_layer: bool = False,
    ) -> "MemoryPlan":
        """Return one arena for all maps of an inference, as a static planner for a small device lays it out, in bytes.

        Layers run in the order of the spec, or in that which has the least alive at one layer. Those that can write
        over what nobody reads later do so, or only those of them that read one map (`fused`), or none. Sizes are
        rounded up to multiples of `align`; `fits`, such as "320KB", is what the arena is held against. Rows are maps,
        or layers. Raises ArchError for what makes no sense, and where there are too many orders to look at.

        >>> import archcalc
        >>> plan = archcalc.load("mobilenet_v2").memory_plan(dtype="int8", fits="2MB")
        >>> plan.bound, plan.arena, plan.fits
        (1505280, 1505280, True)
        """
        from archcalc.analysis.memory.arena.asked import asked_for
        from archcalc.analysis.memory.arena.plan import plan
        from archcalc.analysis.memory.fitting import read_room
        from archcalc.answers.memory import MemoryPlan

        asked = asked_for(batch, dtype, order=order, in_place=in_place, fused=fused, align=align)
        room = None if fits is None else read_room(fits)
        return MemoryPlan(plan(self.graph, asked), room, per_layer)

    def memory_as(self, tool: Literal["torchsummary", "torchinfo", "caffe", "keras"], batch: int = 1) -> "MemoryByTool":
        """Return what another tool prints about memory, which is not what is alive at one time.

        >>> import archcalc
        >>> [one.printed for one in archcalc.load("torchvision").memory_as("torchsummary").found.figures]
        ['0.57', '8.38', '233.08', '242.03']
        """
        from archcalc.analysis.memory.figures import Tool, figures
        from archcalc.analysis.memory.request import requested
        from archcalc.answers.memory import MemoryByTool

        return MemoryByTool(figures(self.graph, _member(Tool, tool), requested(batch=batch).batch))

    def reconcile(self, *conventions: str, batch: int = 1) -> "Ladder":
        """Return the terms that lead from one convention's number to the next: between those named, or all.

        To one alone, the way starts at our MACs, or at our params. Raises ArchError for an unknown convention, for one
        without a number of this network, and for cost beside params.

        >>> import archcalc
        >>> [rung.cost for rung in archcalc.load("torchvision").reconcile("macs", "torchinfo").found.rungs]
        [714188480, 714682664]
        """
        from archcalc.analysis.conventions import find
        from archcalc.analysis.quoted import About
        from archcalc.analysis.reconcile.ladder import ladder, way
        from archcalc.answers.reconcile import Ladder

        found = [find(name) for name in conventions]
        if not found:
            return Ladder(ladder(self.graph, batch))
        start = find("params" if found[0].about is About.PARAMS else "macs")
        return Ladder(way(self.graph, found if found[1:] or found == [start] else [start, *found], batch), is_way=True)

    def reconcile_memory(self, *tools: str, mode: Literal["infer", "train"] = "infer", batch: int = 1) -> "OfMemory":
        """Return the terms that lead from our peak to what tools print about memory, or between those named.

        Raises ArchError for an unknown tool, and for one without a number of this network.

        >>> import archcalc
        >>> [rung.size for rung in archcalc.load("torchvision").reconcile_memory("torchinfo").found.rungs]
        [246339744, 248958944]
        """
        from archcalc.analysis.memory.request import requested
        from archcalc.analysis.reconcile.memory import memory_ladder
        from archcalc.answers.reconcile import OfMemory

        return OfMemory(memory_ladder(self.graph, requested(mode, batch), tools))

    def measured(self, number: str, batch: int = 1) -> "Matches":
        """Return the conventions that give a printed number, such as "714.2M", first; then the others by nearness.

        Raises ArchError for what is no number, or is about something else than cost or params.
        """
        from archcalc.analysis.quoted import About, read_quoted
        from archcalc.analysis.reconcile.ladder import measured
        from archcalc.answers.reconcile import Matches

        quoted = read_quoted(number)
        if quoted.about not in (None, About.COST, About.PARAMS):
            raise ArchError(f"{number} is about {quoted.about}, not cost or params: run archcalc identify '{number}'")
        return Matches(self.graph, tuple(measured(self.graph, quoted.quantity, quoted.about, batch)), number, batch)

    def check(self, device: str = "meta") -> "Agreements":
        """Return the table next to what PyTorch and its counters observe of the module. Needs torch and fvcore."""
        from archcalc.answers.check import Agreements

        graph = self.graph
        try:
            from archcalc.analysis.check.agreement import hold_against
            from archcalc.pytorch.check.observe import observe

            return Agreements((hold_against(measure(graph), observe(graph, device), device),))
        except ImportError as error:
            raise MissingError(_NEEDS_TORCH.format("check", error)) from error

    def check_against(self, model: str, device: str = "cpu", timeout: float = 600) -> "Against":
        """Return the spec next to a model of your own, `package.module:name` or `file.py:name`, whose code is run.

        It runs in a process of its own, for `timeout` seconds at most; what it prints goes to standard error. Needs
        torch. Raises ArchError where the model cannot be made or run, and where its process does not end well.
        """
        from archcalc.answers.check import Against
        from archcalc.pytorch.check.process import against_in_a_process

        return Against(against_in_a_process(self.graph, model, device, timeout))

    def check_weights(self, file: str | os.PathLike[str], key: str | None = None) -> "OfWeights":
        """Return the tensors of a checkpoint next to those of the network; torch is not needed.

        `key` is that of the state_dict in the file, as in "model" or "run.state_dict"; that with most tensors, if none.
        Raises ArchError for what is not a checkpoint.
        """
        from pathlib import Path

        from archcalc.analysis.modules import Modules
        from archcalc.analysis.weights import fit
        from archcalc.answers.check import OfWeights
        from archcalc.checkpoint.read import read
        from archcalc.twins import place

        placed, checkpoint = place(self.graph), read(Path(file), key)
        return OfWeights(fit(self.spec.label, placed, Modules(checkpoint)), checkpoint)

    def convert_weights(
        self, file: str | os.PathLike[str], to: str | os.PathLike[str], key: str | None = None
    ) -> "OfWeights":
        """Write a checkpoint's tensors under the names of `module()`, as a .safetensors file, and return what they fit.

        The file is written whole or not at all. Needs torch and safetensors. Raises ArchError where a tensor does not
        fit, and where `to` is the file itself.
        """
        from pathlib import Path

        found = self.check_weights(file, key)
        try:
            from archcalc.pytorch.convert import convert
        except ImportError as error:
            raise MissingError(_NEEDS_SAFETENSORS.format(error)) from error
        convert(found.weights, found.checkpoint, Path(to))
        return found

    def profile(
        self,
        device: str = "auto",
        *,
        mode: Literal["infer", "train", "both"] | None = None,
        batch: int | None = None,
        precision: Literal["fp32", "tf32", "fp16", "bf16", "amp-fp16", "amp-bf16"] = "fp32",
        channels_last: bool = False,
        threads: int | None = None,
        compile: Literal["default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"] | None = None,
        layers: Literal["alone", "profiler"] | None = None,
        detail: bool = False,
        min_run_time: float | None = None,
        calls: int | None = None,
        quick: bool = False,
        budget: float | None = None,
        preset: str | None = None,
    ) -> "Profile":
        """Return how fast the network is on a device, measured in a process of its own.

        Inference is measured if no mode is given, with 16 examples in a batch on a CPU and 128 elsewhere, each time for
        1 second at least, and with 1,000 calls of one example or for 2 seconds; `quick` takes less, and `budget` is
        about how many seconds all may take. `layers` times each layer too, `detail` the parts of a training step;
        `compile` is a mode of torch.compile; `preset` follows a published protocol. Needs torch. Raises ArchError for
        what cannot be measured.
        """
        from archcalc.analysis.precision import Precision
        from archcalc.analysis.profile.budget import Budget, with_times
        from archcalc.analysis.profile.presets import completed, expect_free
        from archcalc.analysis.profile.recording import record
        from archcalc.analysis.profile.request import Compile, Layers, Mode, Request
        from archcalc.answers.profile import Profile
        from archcalc.pytorch.profile.process import find_device, in_a_process

        expect_free(
            preset,
            {
                "mode": mode,
                "compile": compile,
                "layers": layers,
                "detail": detail,
                "min_run_time": min_run_time,
                "calls": calls,
                "quick": quick,
                "budget": budget,
            },
        )
        request = Request(
            spec=self.spec.name,
            settings=self.origin.params if self.origin else {},
            input_shape=self.origin.input_shape if self.origin else None,
            device=device,
            precision=_member(Precision, precision),
            channels_last=channels_last,
            threads=threads,
            mode=Mode.INFER if mode is None else _member(Mode, mode),
            detail=detail,
            layers=None if layers is None else _member(Layers, layers),
            compile=None if compile is None else _member(Compile, compile),
            latency_calls=calls,
            preset=preset,
        )
        graph, request = self.graph, with_times(request, min_run_time, quick)
        if budget is not None:
            request = Budget(budget, 1).share(request) or request
        request = completed(request, batch, lambda: str(find_device(device, request.precision)))
        return Profile.of(record(graph, request, in_a_process(graph, request, lambda _: None)))

    def roofline(
        self,
        device: str | None = None,
        *,
        batch: int = 1,
        precision: Literal["fp32", "tf32", "fp16", "bf16", "int8", "torch"] = "fp32",
        peak_tflops: float | None = None,
        peak_gbs: float | None = None,
        remeasure: bool = False,
        report: Callable[[str], None] = lambda words: None,
    ) -> "Roofline":
        """Return the time that each layer takes at least on a device, and what bounds it: arithmetic or memory.

        `device` is a word of `archcalc.devices()`, or "measured" for this machine, whose peaks torch then measures once
        in a process of its own. Peaks that are given stand before those of the device. The precision "torch" is fp32 as
        torch has it by default, with convolutions in TF32 where the device has that. Raises ArchError for a device that
        is not known, and for a peak that it does not have.

        >>> import archcalc
        >>> found = archcalc.load("torchvision").roofline("h100-sxm")
        >>> [(layer.name, layer.bound, layer.turning_batch) for layer in found.layers if layer.name in ("conv1", "fc6")]
        [('conv1', 'compute', 1), ('fc6', 'memory', 41)]
        """
        from archcalc.analysis.devices import find
        from archcalc.analysis.roofline.roofline import roofline
        from archcalc.analysis.roofline.roofs import Computing, roofs_of
        from archcalc.answers.roofline import Roofline

        expect_word(precision, Computing, "precision")
        if device == "measured":
            own = self._own_peak(precision, remeasure, report)
            tflops = own.tflops if peak_tflops is None else peak_tflops
            gbs = own.gbs if peak_gbs is None else peak_gbs
            roofs = roofs_of(None, precision, tflops, gbs, f"{own.device}, as measured")
        elif device is None and peak_tflops is None and peak_gbs is None:
            raise ArchError(
                "name a device by --device-model (archcalc devices lists them), or give --peak-tflops and --peak-gbs"
            )
        else:
            roofs = roofs_of(None if device is None else find(device), precision, peak_tflops, peak_gbs)
        return Roofline.of(roofline(self.graph, roofs, batch))

    def predict(self, batch: int = 1, *, device_model: str = "local") -> "Prediction":
        """Return the time of inference here, which `archcalc.calibrate()` has measured, or on the machine of a file.

        Raises MissingError where this machine is not calibrated, and ArchError for a calibration of another machine or
        release of torch, and for a file that is none.
        """
        from archcalc.analysis.memory.request import requested
        from archcalc.analysis.predict.calibration import find
        from archcalc.analysis.predict.prediction import predict
        from archcalc.answers.predict import Prediction

        return Prediction(**vars(predict(self.graph, find(device_model), requested(batch=batch).batch)))

    def training(
        self,
        *,
        images: int | None = None,
        epochs: int | None = None,
        batch: int | None = None,
        devices: int | None = None,
        device: str | None = None,
        precision: Literal["fp32", "tf32", "fp16", "bf16"] | None = None,
        peak_tflops: float | None = None,
        utilisation: str | float | None = None,
        time: str | None = None,
        profile: str | os.PathLike[str] | None = None,
        watts: float | None = None,
        price: float | None = None,
    ) -> "Training":
        """Return what training takes: iterations, FLOPs by three ways of counting, and time.

        What is not given is that of the spec's `training` block; `batch` is that of all `devices` together. The time
        is given, as in "5 to 6 days" or "15 min an epoch", or follows from a `utilisation` of the peak, as in "35%",
        or from the file of a record that `profile` measured. `watts` and `price`, of a device and of a device-hour,
        give energy and cost. Raises ArchError that says which figures are missing, and what would give them.

        >>> import archcalc
        >>> found = archcalc.load("paper").training()
        >>> found.plan.iterations, found.exact.flops
        (843750, 446645933568000000)
        """
        from archcalc.analysis.training.measured import asked_of
        from archcalc.analysis.training.request import Asked, Precision, plan
        from archcalc.analysis.training.training import training
        from archcalc.answers.training import Training

        expect_word(precision, Precision, "precision")
        asked = Asked(
            images=images,
            epochs=epochs,
            batch=batch,
            devices=devices,
            device=device,
            precision=precision,
            peak_tflops=peak_tflops,
            utilisation=utilisation,
            time=time,
        )
        measured = None
        if profile is not None:
            asked, measured = asked_of(self.graph, asked, os.fspath(profile))
        return Training.of(training(self.graph, plan(self.graph, asked), measured, watts, price))

    def _own_peak(self, precision: str, remeasure: bool, report: Callable[[str], None]) -> "OwnPeak":
        """Return the peaks of this machine, kept or measured now. Raises ArchError where these cannot be had."""
        from contextlib import suppress

        from archcalc.analysis.own_peaks import keep, kept
        from archcalc.analysis.precision import Precision

        if precision not in [*Precision]:
            raise ArchError(f"peaks can be measured in fp32, tf32, fp16 and bf16, not in {precision}")
        peak = None if remeasure else kept(precision)
        if peak is None:
            from archcalc.pytorch.profile.peaks_alone import peaks_in_a_process

            peak = peaks_in_a_process(self.graph, Precision(precision), report)
            with suppress(OSError):  # the answer does not depend on it
                keep(precision, peak)
        return peak

    @overload
    def export(self, to: Text = "pytorch") -> str: ...
    @overload
    def export(self, to: Literal["onnx"]) -> bytes: ...
    @overload
    def export(self, to: str) -> str | bytes: ...

    def export(self, to: str = "pytorch") -> str | bytes:
        """Return the network as one Python file with a torch.nn.Module, as its whole spec, or for another framework.

        Raises ArchError for what the target cannot say, with the layer's name.
        """
        expect_word(to, Target, "target")
        if to not in ("yaml", "json"):
            return written_as(self.graph, to)
        from archcalc.exchange.yaml import to_json, to_yaml

        return to_json(self.spec) if to == "json" else to_yaml(self.spec)

    def module(self, device: str = "cpu") -> "Built":
        """Return the network as a torch.nn.Module on a device; on "meta" no weights are allocated.

        Needs torch. Raises ArchError for what torch has no layer for.
        """
        try:
            from archcalc.pytorch.build import build
        except ImportError as error:
            raise MissingError(f"a module needs torch ({error}): pip install 'archcalc[torch]'") from error

        return build(self.graph, device)

    def __repr__(self) -> str:
        return f"<Network {self.spec.name}: {len(self.spec.layers)} layers>"

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def load(
    spec: str | os.PathLike[str] | Mapping[str, Any],
    *,
    input_shape: Inputs | None = None,
    spec_dir: str | os.PathLike[str] | None = None,
    **params: Any,
) -> Network:
    """Return the network of a spec: a path, a name, an alias, the unique end of a name, the text itself, or a dict.

    What holds a line break is a text. `input_shape` replaces the spec's, as (channels, height, width); other keywords
    set its params. Raises ArchError with every fault of the spec.

    >>> import archcalc
    >>> archcalc.load("torchvision", num_classes=10, input_shape=(3, 256, 256)).table().totals.params
    57044810
    >>> layers = [{"name": "fc", "op": "linear", "out_features": 2}]
    >>> archcalc.load({"archcalc": 1, "name": "net", "input": [3], "layers": layers}).table().totals.params
    8
    """
    if isinstance(spec, Mapping):
        import json

        word, is_text = json.dumps(spec), True
    else:
        word = os.fspath(spec)
        is_text = "\n" in word
    shape = None if input_shape is None else read_inputs(input_shape)
    return Origin(word, is_text, spec_dir, params, shape).read()


def from_module(module: "Module", input_shape: Inputs, name: str | None = None) -> Network:
    """Return the network of a torch.nn.Module that is there, seen as it runs once on zeros, in evaluation.

    `input_shape` is (channels, height, width), or the shapes of several inputs by their names, in the order in which
    the module takes them. Its name is the module's class, if none is given. Raises ArchError for what cannot be run.

    >>> import archcalc
    >>> from torch import nn
    >>> module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 30 * 30, 10))
    >>> archcalc.from_module(module, (3, 32, 32)).table().totals.params
    72234
    """
    try:
        from archcalc.pytorch.importing.models import of_module
    except ImportError as error:
        raise MissingError(f"to import a model needs torch ({error}): pip install 'archcalc[torch]'") from error
    found = of_module(module, read_inputs(input_shape), name)
    origin = Origin(name or type(module).__name__)
    network = origin._put_down(found.document, ArchError(found.fault) if found.fault else None, found.classes)
    assert network.became is not None
    return replace(network, origin=Origin(network.became.text(is_folded=False), is_text=True))
