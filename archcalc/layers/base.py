"""The base of every layer kind, and the registry of kinds.

Shape and cost rules are arithmetic on their arguments, without an `if` on a size: read with integers they give the
table, with arrays a sweep, with numbers that remember how they were made an explanation. Whether numbers are legal is
asked apart, by `graph`, through `requirements`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from enum import StrEnum
from typing import Any, ClassVar, Final, TypeVar

from archcalc.errors import ArchError, did_you_mean
from archcalc.layers.declared import Declared
from archcalc.layers.eager import Eager
from archcalc.layers.fields import FieldType, GroupCount, Width
from archcalc.layers.reach import Reading, in_place
from archcalc.layers.requirement import Requirement, has_rank
from archcalc.layers.sizes import S, Shape, Sizes
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin
from archcalc.layers.window import Sliding, Window, applied, reaches


class Role(StrEnum):
    """The purpose of a layer; layers of one role stand in for each other where networks are compared."""

    WEIGHTS = "weights"
    NORM = "norm"
    ACTIVATION = "activation"
    POOL = "pool"
    MERGE = "merge"
    PADDING = "padding"
    RESHAPE = "reshape"
    REGULARIZER = "regularizer"
    IDENTITY = "identity"


class Layer(Declared, ABC):
    """One layer kind: fields, shape rule, parameters, work, window and PyTorch twin.

    Rules take the shapes of the layer's inputs. A kind is final: none inherits from another. What a kind does not say
    is an error where it is defined.
    """

    op: ClassVar[str]
    role: ClassVar[Role]
    counted: ClassVar[bool]
    """Whether it is made of multiply-accumulates, which every tool counts: convolutions and matrix products."""
    idle: ClassVar[bool]
    """Whether it does nothing in inference, so that no tool need count it."""
    mixes_channels: ClassVar[bool]
    """Whether an output is made of several channels, so that it matters which of them a device reads."""
    input_axis: ClassVar[int | None]
    """The axis of its input that its weights go with: 0 for channels, -1 for features; None where they go with none."""
    torch_call: ClassVar[str]
    """Its name in torch: a class of `torch.nn` ("nn.Conv2d"), or a function ("torch.cat")."""
    torch_functions: ClassVar[Mapping[str, tuple[str, ...]]]
    """Functions of torch that do its work without weights, with the names of their arguments after the input."""
    torch_ignored: ClassVar[tuple[str, ...]]
    """Arguments of torch's class that a spec leaves out: they change no output, or stay at their default."""

    torch_reductions: ClassVar[tuple[str, ...]] = ()
    """Functions of torch that do its work, with one output, over the axes that they are given."""
    torch_weighted: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Functions of torch that do its work with the weights that they are given, with the names of their arguments after
    the input."""
    torch_weights_by: ClassVar[str] = ""
    """The function that such weights are made by, of those that are learnt; empty where they are these themselves."""
    torch_by_number: ClassVar[tuple[str, ...]] = ()
    """Functions of torch that do its work, of one tensor, with a number."""
    torch_by_parameter: ClassVar[tuple[str, ...]] = ()
    """Functions of torch that do its work, as it is by default, with a parameter that has the shape of its weight."""
    convolves: ClassVar[bool] = False
    """Whether torch computes it by a convolution, and not by a product of matrices."""
    unread: ClassVar[tuple[str, ...]] = ()
    """Buffers that it does not read in inference."""
    merges: ClassVar[bool] = False
    """Whether it reads several layers (add, concat) rather than one."""
    reads_exactly: ClassVar[int | None] = None
    """How many layers it reads, if not just any number of them from two on; None also for one that reads one."""
    commutes: ClassVar[bool] = False
    """Whether the order of the layers that it reads changes nothing."""
    broadcasts: ClassVar[bool] = False
    """Whether sizes of 1 among what it reads stand for all along their axis."""
    associates: ClassVar[bool] = False
    """Whether it makes the same of some layers at once as of some first, and of that and the others then."""
    takes_activation: ClassVar[bool] = False
    """Whether `activation: relu` may be written on it."""
    also_called: ClassVar[tuple[str, ...]] = ()
    """Its names in other frameworks, where these are not alike."""

    @classmethod
    def may_overwrite(cls) -> bool:
        """Return whether torch's class can work in place: write its output over its input."""
        return "inplace" in cls.torch_ignored

    @abstractmethod
    def requirements(self, *inputs: Any) -> Iterator[Requirement]:
        """Return what must hold for the layer to read these shapes, in the order in which faults are reported."""

    def caution(self, *inputs: Any) -> str:
        """Return what is legal here but probably not meant; empty for nothing."""
        return ""

    def caution_of_maps(self, *inputs: Any) -> str:
        """Return what is probably not meant where channels come first, as in a map; empty for nothing."""
        return ""

    def puts_channels_last(self) -> bool | None:
        """Return whether channels come last in its output; None for a kind that leaves axes in their order."""
        return None

    @abstractmethod
    def output_shape(self, *inputs: Any) -> Any: ...

    @abstractmethod
    def param_shapes(self, *inputs: Any) -> dict[str, Any]:
        """Return learnable tensors under torch's names."""

    @abstractmethod
    def buffer_shapes(self, *inputs: Any) -> dict[str, Any]:
        """Return tensors that are stored but not learnt, under torch's names."""

    @abstractmethod
    def macs(self, *inputs_and_output: Any) -> Any:
        """Return the multiply-accumulates of one example, without bias; the output shape comes last."""

    def quantities(self, *inputs_and_output: Any) -> dict[str, int]:
        """Return more quantities that tools count, apart from those that follow from its shapes and tensors."""
        return {}

    @abstractmethod
    def units(self, out: Any) -> Any:
        """Return the outputs that are neurons in the AlexNet paper's sense: of convolutions and linear layers."""

    @abstractmethod
    def reads(self, *inputs: Any) -> Iterable[Reading]:
        """Return which elements of its inputs an output reads, along each axis; in inference, where it matters."""

    def may_be_written_over(self, *inputs: Any) -> tuple[int, ...]:
        """Return the places of the inputs that its output may be written over, element by element.

        These have the shape of the output, each of whose elements reads the one at its own place alone; in inference.
        """
        made, readings = self.output_shape(*inputs), [*self.reads(*inputs)]
        return tuple(
            place
            for place, x in enumerate(inputs)
            if x == made and [one.axes for one in readings if one.of == place] == [in_place(x)]
        )

    @abstractmethod
    def runs(self, eager: Eager, *inputs: Any) -> Tensor:
        """Play the calls that torch runs for it, which make its output: what each makes, and keeps for gradients."""

    @abstractmethod
    def slides(self) -> Sliding | None:
        """Return the window that slides over its input, in its fields; None for a kind that has none."""

    @abstractmethod
    def window(self, *inputs: Any) -> Window | None:
        """Return the geometry that tables show, with the padding that is applied; None for a kind without a window."""

    @abstractmethod
    def twin(self, *inputs: Any) -> Twin: ...

    @classmethod
    def of_torch(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> "Layer":
        """Return the layer that torch's class is with these arguments, and with tensors of these names.

        Arguments that no field says are left out. Raises ArchError for values that no field takes.
        """
        own = {name: said[name] for name in cls.fields if name in said}
        learnt = [name for name in ("bias", "gain") if name in cls.fields and name not in said]
        return cls(**own, **{name: name in tensors for name in learnt if "weight" in tensors})

    @classmethod
    def of_parameter(cls, shape: Shape) -> "Layer":
        """Return the layer whose work a function of `torch_by_parameter` does with a parameter of this shape."""
        return cls()

    @classmethod
    def of_weights(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> "Layer":
        """Return the layer whose work a function of `torch_weighted` does, with these arguments and these tensors."""
        return cls.of_torch(said, tensors)

    def parts(self) -> Iterator["Layer"]:
        """Return the layers that a statement of it makes, where it makes several: `NAME.0`, `NAME.1` and so on."""
        yield from ()

    def remarks(self, *inputs: Any) -> Iterator[str]:
        """Return in words what its shapes and numbers do not show."""
        yield from ()

    def sources(self) -> tuple[tuple[str, str], ...]:
        """Return rules of its own that are not torch's, each with where it can be read."""
        return ()

    def check(self, *inputs: Shape) -> None:
        """Raise ArchError, with the arithmetic, where the layer cannot read these shapes."""
        for holds, fault in self.requirements(*inputs):
            if not holds:
                raise ArchError(fault())

    def bearing(self, name: str, *inputs: Shape) -> tuple[str, ...]:
        """Return those of "shapes", "params" and "macs" whose rules read the field; with shapes always MACs."""
        out = self.output_shape(*inputs)
        by_shape = name in read_by(self, lambda layer: layer.output_shape(*inputs))
        by_params = name in read_by(self, lambda layer: layer.param_shapes(*inputs))
        by_macs = name in read_by(self, lambda layer: layer.macs(*inputs, out))
        found = {"shapes": by_shape, "params": by_params, "macs": by_macs or (by_shape and self.counted)}
        return tuple(quantity for quantity, bears in found.items() if bears)

    @property
    def groups_of_channels(self) -> int | None:
        """Into how many groups it divides channels; None for a kind that has no groups."""
        name = field_of_type(type(self), GroupCount)
        return None if name is None else getattr(self, name)

    def in_one_group(self, copies: int) -> "Layer | None":
        """Return the layer as one group on one device, with the outputs of all; None for a kind without a width."""
        width, groups = field_of_type(type(self), Width), field_of_type(type(self), GroupCount)
        if width is None:
            return None
        return self.with_stand_ins(**{width: getattr(self, width) * copies}, **({groups: 1} if groups else {}))


def field_of_type(kind: type[Layer], wanted: type[FieldType]) -> str | None:
    """Return the name of the field of that type; None where there is none."""
    return next((name for name, field in kind.fields.items() if isinstance(field.type, wanted)), None)


def read_by(layer: Layer, rule: Callable[[Layer], object]) -> set[str]:
    """Return the fields of a layer that a rule reads."""
    read: set[str] = set()

    class Watched(type(layer)):  # type: ignore[misc]  # a kind is known at run time only
        def __getattribute__(self, name: str) -> Any:
            if name in layer.fields:
                read.add(name)
            return super().__getattribute__(name)

    watched = object.__new__(Watched)
    watched.__dict__.update(vars(layer))
    rule(watched)
    return read


class Spatial(Layer):
    """Kinds that read channels and so many axes of places; kinds for other numbers of axes share their base class."""

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 1 + self.axes, self._for_rank)

    def _for_rank(self, rank: int) -> str:
        """Return the op that does the same for inputs of another rank; empty for none."""
        alike: Iterable[type[Layer]] = type(self).__mro__[1].__subclasses__()
        return next((kind.op for kind in alike if kind.axes == rank - 1 and kind is not type(self)), "")


class Windowed(Layer):
    """A window of `kernel_size` slides over the axes after channels: for kinds of which that is true."""

    def slides(self) -> Sliding:
        return self  # type: ignore[return-value]  # whoever inherits this has the fields of a window

    def window(self, x: Shape) -> Window:
        return applied(self.slides(), x)

    def reads(self, x: Shape) -> Iterable[Reading]:
        return [Reading(reaches(self.slides(), x))]


class Windowless(Layer):
    """No window: for kinds of which that is true."""

    def slides(self) -> None:
        return None

    def window(self, *inputs: Any) -> None:
        return None


class Uncounted(Layer):
    """No multiply-accumulates, and no tensors but those that are learnt: for kinds of which that is true."""

    counted = False

    def buffer_shapes(self, *inputs: Any) -> dict[str, Any]:
        return {}

    def macs(self, *inputs_and_output: Any) -> int:
        return 0

    def units(self, out: Any) -> int:
        return 0


class Weightless(Uncounted):
    """Nothing to learn either: for kinds of which that is true."""

    input_axis = None

    def param_shapes(self, *inputs: Any) -> dict[str, Any]:
        return {}


class Pointwise(Windowless):
    """Each output element is made from the input element at its place: any shape goes in and comes out."""

    mixes_channels = False

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from ()

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return x

    def reads(self, x: Shape) -> Iterable[Reading]:
        return [Reading(in_place(x))]


class Activation(Pointwise):
    """A kind that may be written as `activation:` of the layer before it."""

    role = Role.ACTIVATION
    idle = False


class Curve(Weightless, Activation):
    """An activation without parameters: one function of one number for all elements, with torch's own fields."""

    keeps_output: ClassVar[bool]
    """Whether its gradient is made of its output, and not of its input."""
    clones_input: ClassVar[bool] = False
    """Whether it keeps a copy of its input where it works in place, since its gradient cannot be made of its output."""

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        if eager.overwrites:
            return eager.overwrite(x, keeps_result=not self.clones_input, clones=self.clones_input)
        return eager.pointwise(x, keeps=() if self.keeps_output else [x], keeps_output=self.keeps_output)

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, vars(self), defaults={name: field.default for name, field in self.fields.items()})


FAMILIES: Final[Mapping[str, str]] = {
    "conv": "conv1d conv2d conv3d",
    "normed_conv": "standardized_conv2d weight_norm_conv1d weight_norm_conv2d weight_norm_conv3d",
    "conv_transpose": "conv_transpose1d conv_transpose2d conv_transpose3d",
    "local": "local2d",
    "table_conv": "table_conv2d",
    "linear": "linear",
    "pool": "max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d "
    "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d "
    "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d",
    "blur": "blur_pool2d",
    "reduce": "mean sum",
    "norm": "local_response_norm local_response_norm2d batch_norm1d batch_norm2d batch_norm3d frozen_batch_norm2d",
    "layer_norm": "instance_norm1d instance_norm2d instance_norm3d group_norm layer_norm layer_norm2d "
    "global_response_norm",
    "scale": "scale times",
    "activation": "relu tanh sigmoid abs",
    "rectifier": "leaky_relu relu6 elu prelu hardtanh hardsigmoid hardswish",
    "smooth": "gelu silu mish softplus",
    "softmax": "softmax log_softmax glu",
    "regularize": "dropout dropout1d dropout2d dropout3d",
    "stochastic_depth": "stochastic_depth",
    "reshape": "flatten unflatten reshape squeeze unsqueeze identity",
    "rearrange": "pixel_shuffle pixel_unshuffle channel_shuffle slice center_crop permute transpose",
    "part": "chunk split",
    "pad": "zero_pad1d zero_pad2d zero_pad3d constant_pad1d constant_pad2d constant_pad3d "
    "reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d replication_pad2d replication_pad3d",
    "resample": "upsample",
    "merge": "add sub maximum mul matmul max_unpool2d center_crop_like concat stack",
}
"""The files of this folder that have layer kinds, and the ops of these, in the order in which they are listed."""

MERGING: Final = "merge"
"""The family of the kinds that read several layers."""


class _Kinds(MutableMapping[str, type[Layer]]):
    """Layer kinds by their ops; a family is loaded when one of its kinds is asked for."""

    def __init__(self) -> None:
        self._families = {op: family for family, ops in FAMILIES.items() for op in ops.split()}
        self._loaded: dict[str, type[Layer]] = {}

    def __getitem__(self, op: str) -> type[Layer]:
        if op not in self._loaded and op in self._families:
            __import__(f"archcalc.layers.{self._families[op]}")
        return self._loaded[op]

    def __setitem__(self, op: str, kind: type[Layer]) -> None:
        self._loaded[op] = kind

    def __delitem__(self, op: str) -> None:
        del self._loaded[op]

    def __contains__(self, op: object) -> bool:
        return op in self._families or op in self._loaded

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._families, *self._loaded)))

    def __len__(self) -> int:
        return len(self._families.keys() | self._loaded.keys())

    def is_loaded(self, op: str) -> bool:
        return op in self._loaded


KINDS: Final = _Kinds()
"""Every layer kind by its op, in the order of the families."""

K = TypeVar("K", bound=type[Layer])

_DECLARED: Final = (
    *("role", "counted", "idle", "mixes_channels", "input_axis"),
    *("torch_call", "torch_functions", "torch_ignored"),
)
"""The declarations that a kind, or one of its bases, has to make."""


def kind(op: str) -> Callable[[K], K]:
    """Make a class known to the language under `op`. Raises TypeError for one that leaves something unsaid."""

    def register(cls: K) -> K:
        if KINDS.is_loaded(op):
            raise TypeError(f"two layer kinds are called {op}: {KINDS[op].__name__} and {cls.__name__}")
        unsaid = [name for name in _DECLARED if not hasattr(cls, name)] + sorted(cls.__abstractmethods__)
        if unsaid:
            raise TypeError(f"the layer kind {op} does not say: {', '.join(unsaid)}")
        cls.op = op
        KINDS[op] = cls
        return cls

    return register


def merging() -> dict[str, type[Layer]]:
    """Return the kinds that read several layers, by their ops."""
    return {op: KINDS[op] for op in FAMILIES[MERGING].split()}


def unknown_op(op: str, known: Iterable[str] = KINDS) -> str:
    """Return a message that names the nearest op."""
    return f"unknown op '{op}'{meant_op(op, known)} (archcalc ops lists all)"


def meant_op(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'silu'?` for another name of one of these ops, or one that is close; else nothing."""
    ops = [*known]
    names = (op for op in ops if op in KINDS and (word.lower() in KINDS[op].also_called or op == f"{word}2d"))
    other = next(names, None)
    return f"; did you mean '{other}'?" if other else did_you_mean(word, ops)


def find(op: str) -> type[Layer]:
    """Return the kind called `op`. Raises ArchError with the nearest name."""
    if op in KINDS:
        return KINDS[op]
    raise ArchError(unknown_op(op))
