"""The problems of Timeloop: a document for each layer, all of one shape, a convolution with groups.

Its form is that of https://timeloop.csail.mit.edu/v4/input-formats/problem
"""

from typing import Any, Final

from archcalc.exchange.accelerators.nest import Nest, convolutions
from archcalc.graph import Graph

_COEFFICIENTS: Final = ("Hstride", "Wstride", "Hdilation", "Wdilation")
_ROWS: Final = [["R", "Hdilation"], ["P", "Hstride"]]
_PLACES: Final = [["S", "Wdilation"], ["Q", "Wstride"]]

_SHAPE: Final[dict[str, Any]] = {
    "name": "convolution_with_groups",
    "dimensions": ["N", "G", "M", "C", "P", "Q", "R", "S"],
    "coefficients": [{"name": name, "default": 1} for name in _COEFFICIENTS],
    "data_spaces": [
        {"name": "Weights", "projection": [[["G"]], [["M"]], [["C"]], [["R"]], [["S"]]]},
        {"name": "Inputs", "projection": [[["N"]], [["G"]], [["C"]], _ROWS, _PLACES]},
        {"name": "Outputs", "projection": [[["N"]], [["G"]], [["M"]], [["P"]], [["Q"]]], "read_write": True},
    ],
}


def source(graph: Graph) -> str:
    """Write a document for each layer. Raises ArchError for one that is no loop nest of a convolution."""
    import yaml

    class Plain(yaml.SafeDumper):
        """Writes every list and mapping out, even if it stands there twice."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    problems = [(nest.node.name, _problem(nest)) for nest in convolutions(graph)]
    return "".join(
        f"---\n# {name}\n{yaml.dump(problem, Dumper=Plain, sort_keys=False, default_flow_style=None)}"
        for name, problem in problems
    )


def _problem(nest: Nest) -> dict[str, Any]:
    bounds = {"N": 1, "G": nest.groups, "M": nest.k, "C": nest.c}
    bounds |= {"P": nest.p, "Q": nest.q, "R": nest.r, "S": nest.s}
    bounds |= dict(zip(_COEFFICIENTS, (*nest.stride, *nest.dilation), strict=True))
    return {"problem": {"version": 0.4, "instance": bounds, "shape": _SHAPE}}
