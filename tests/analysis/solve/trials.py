"""Inputs that are tried one by one."""

from dataclasses import replace
from typing import Any

from archcalc.analysis.solve.solution import Sizes, Solution
from archcalc.errors import ArchError
from archcalc.graph import Graph, link
from archcalc.layers.window import slide
from archcalc.spec.model import Spec
from tests.conftest import BUNDLED, ROOT

UNSOLVED = ("siamese", "sequences", "volumes", "decimals")
"""Networks for which there is no one height and width to look for, or that make sizes in unequal steps."""

FILES = sorted((ROOT / "tests" / "specs" / "valid").glob("*.yaml"))
VALID = [path for path in FILES if path.stem not in UNSOLVED]

SPECS = [*BUNDLED, *map(str, VALID)]
assert VALID, "no valid specs found"

TIES = "tie height to width"


def linked(spec: Spec, height: int, width: int) -> Graph | None:
    """The graph of another input, by trial."""
    try:
        return link(replace(spec, input_shape=(spec.input_shape[0], height, width)))
    except ArchError:
        return None


def divides(graph: Graph, axis: int) -> bool:
    """Whether rounding down and rounding up are the same for every window, by the rule that the table uses."""
    for node in graph.nodes:
        layer = node.layer.slides()
        if layer is None:
            continue
        size, kernel, stride = node.device_inputs[0][1 + axis], layer.kernel_size[axis], layer.stride[axis]
        if layer.padding == "same":
            if size // stride != -(-size // stride):
                return False
            continue
        before, after = layer.padding[2 * axis : 2 * axis + 2]
        dilation = layer.dilation[axis]
        down = slide(size, kernel, stride, before, after, dilation)
        if down != slide(size, kernel, stride, before, after, dilation, "unclipped"):
            return False
    return True


def passing(sizes: Sizes) -> set[int]:
    return {size for run in sizes.passing for size in run}


def exact(sizes: Sizes) -> set[int]:
    return {size for run in sizes.exact for size in run}


def weights(graph: Graph) -> dict[str, Any]:
    """The shapes of all that a network learns or stores."""
    return {
        n.name: (n.layer.param_shapes(*n.device_inputs), n.layer.buffer_shapes(*n.device_inputs)) for n in graph.nodes
    }


def keeps_weights(solution: Solution, axis: int, size: int) -> bool:
    """Whether a size that passes is said to fit the weights that the spec's own input asks for."""
    runs = solution.same_weights[axis]
    return runs is None or any(size in run for run in runs)
