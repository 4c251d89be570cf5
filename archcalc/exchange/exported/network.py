"""An exported program as a spec."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from archcalc.calls import Seen, with_joined
from archcalc.errors import ArchError
from archcalc.exchange import inputs
from archcalc.exchange.exported.opening import open_archive
from archcalc.exchange.exported.program import Program, Size, Tensor, program_of
from archcalc.exchange.exported.running import Run
from archcalc.exchange.exported.sizes import bind, in_words, symbols_of, value_of
from archcalc.exchange.inputs import Declared
from archcalc.exchange.sketch import Taken
from archcalc.exchange.torch_models.crops import with_crops_apart
from archcalc.exchange.torch_models.document import about_idle, imported
from archcalc.exchange.torch_models.pairs import are_one_mean, with_pairs_joined
from archcalc.layers import KINDS, Shape
from archcalc.layers.sizes import dims
from archcalc.spec.inputs import Inputs, by_name
from archcalc.spec.model import MOST_SIZES

_IDENTITY: Final = KINDS["identity"].torch_call.removeprefix("nn.")
_A_BATCH: Final = 2
"""Examples, where the program takes any number and names none."""


def read(path: Path, shown: str, name: str, given: Inputs | None) -> Taken:
    """Return the spec of an exported program, read up to what cannot be said.

    Raises ArchError where not even its input can be read.
    """
    archive = open_archive(path, shown)
    try:
        program = program_of(archive)
        del archive
        own = _inputs(program, given)
        symbols: dict[str, int] = {}
        batch = _bound(program, own, symbols)
        run = Run(program, symbols, batch)
    except ArchError as error:
        raise _in_file(error, shown) from None
    outputs = run.run()
    shapes = [*by_name(own).values()]
    seen = _tidied(Seen(tuple(run.calls), outputs), run.weights.shapes(), shapes)
    notes = {} if run.fault else {"notes": about_idle(run.weights.idle())}
    head = {"name": name, "title": f"{name}, from a program of torch.export", **notes}
    found = imported(seen, own, head)
    fault = found.fault or (str(run.fault) if run.fault else "")
    return Taken(found.document, ArchError(f"{shown}: {fault}") if fault else None, program.classes)


def _in_file(error: ArchError, shown: str) -> ArchError:
    return ArchError(f"{shown} {error}")


def _inputs(program: Program, given: Inputs | None) -> Inputs:
    """Return the inputs of a spec. Raises ArchError where the program leaves a size open, and nobody gives it."""
    if not program.inputs:
        raise ArchError("has no input that is a tensor")
    if len({*program.inputs}) < len(program.inputs):
        raise ArchError("has two inputs of one name")
    if not program.outputs:
        raise ArchError("hands on no tensor")
    declared = [_declared(name, program.tensors.get(name)) for name in program.inputs]

    def what_of(one: Declared) -> str:
        said = program.tensors[one.name].sizes
        return f"leaves the shape of its input open ({one.name[:60]}, {' x '.join(map(in_words, said))})"

    return inputs.inputs_of(declared, given, what_of)[0]


def _declared(name: str, tensor: Tensor | None) -> Declared:
    sizes = tensor.sizes if tensor else ()
    if not 2 <= len(sizes) <= 1 + MOST_SIZES:
        shape = " x ".join(map(in_words, sizes)) or "a number"
        raise ArchError(f"reads {name[:60]}, which is {shape}, and not a batch of one to {MOST_SIZES} sizes")
    is_open = any(isinstance(size, str) for size in sizes[1:])
    return Declared(name, tuple(1 if isinstance(size, str) else size for size in sizes[1:]), is_open)


def _bound(program: Program, given: Inputs, symbols: dict[str, int]) -> int:
    """Let the symbols of a program stand for the sizes that are given, and return the batch.

    Raises ArchError where the program does not take these.
    """
    shapes = [*by_name(given).values()]
    for name, shape in zip(program.inputs, shapes, strict=True):
        _bind(name[:60], program.tensors[name].sizes[1:], shape, symbols)
    for symbol in {one for name in program.inputs for one in symbols_of(program.tensors[name].sizes[0])}:
        least, most = program.ranges.get(symbol, (None, None))
        wanted = max(_A_BATCH, least or 0)
        symbols.setdefault(symbol, wanted if most is None else min(wanted, most))
    _expect_in_range(program, symbols)
    batches = {value_of(program.tensors[name].sizes[0], symbols): name for name in program.inputs}
    if len(batches) > 1:
        found = " and ".join(f"{size:,} of {name[:60]}" for size, name in [*batches.items()][:2])
        raise ArchError(f"reads inputs that are no batch: the first axes differ, {found}")
    return next(iter(batches))


def _bind(name: str, sizes: Sequence[Size], shape: Shape, symbols: dict[str, int]) -> None:
    pairs = zip(sizes, shape, strict=False)
    if len(sizes) != len(shape) or any(isinstance(one, int) and one != size for one, size in pairs):
        own = "x".join(map(in_words, sizes))
        raise ArchError(f"takes {name} of {own} alone, not {dims(shape)}: export it with dynamic_shapes for others")
    for one, size in zip(sizes, shape, strict=True):
        if isinstance(one, str):
            bind(one, size, symbols)


def _expect_in_range(program: Program, symbols: Mapping[str, int]) -> None:
    """Raise ArchError for a size that the program was not exported for."""
    for symbol, value in symbols.items():
        least, most = program.ranges.get(symbol, (None, None))
        if (least is not None and value < least) or (most is not None and value > most):
            ends = f"from {least or 0:,} on" if most is None else f"from {least or 0:,} to {most:,}"
            raise ArchError(f"takes sizes {ends} where {symbol[:60]} stands, not {value:,}")


def _tidied(seen: Seen, model: Mapping[str, Shape], shapes: Sequence[Shape]) -> Seen:
    """Return calls without those that come to nothing; those that together do one layer's work are one."""
    seen = seen.without_unread_functions()
    calls = with_joined(seen.calls, seen.outputs, are_one_mean)
    joined = Seen(tuple(with_pairs_joined(calls, seen.outputs, model)), seen.outputs)
    apart = with_crops_apart(joined, shapes)
    return apart.without(_IDENTITY).with_outputs_apart(_IDENTITY, shapes)
