"""For which inputs a network's weights keep their shapes: a linear layer after a flatten is made for one size of map.

archcalc makes such a layer again for every input, as a builder does; weights that are there already fit only inputs
that lead to the same map. (As many features may come of a map of another form too, 4x9 for 6x6, but each weight is
for a place.)
"""

from archcalc.analysis.solve.constraints import Walked
from archcalc.analysis.solve.sizes import NEVER, Exactly, narrowed


def made_for_a_size(walked: Walked) -> tuple[str, ...]:
    """Return the layers whose weights depend on the size of the input."""
    return tuple(name for name in walked.nodes if walked.sizes_of_weights(name))


def same_weights(walked: Walked, axis: int, own: int, up_to: int | None) -> tuple[range, ...] | None:
    """Return, along an axis, the inputs that need the same weights as `own`, which passes.

    They are runs of consecutive sizes, as far as `up_to` or, where that is None, all of them; None where all that
    pass will do.
    """
    alongs = (along for name in walked.nodes for along in walked.sizes_of_weights(name))
    sizes = [along.size for along in alongs if along.axis == axis]
    if not sizes:
        return None
    runs: tuple[range, ...] = (range(1, NEVER if up_to is None else max(up_to, own) + 1),)
    for size in dict.fromkeys(sizes):
        runs = narrowed(runs, Exactly(size, size.at(own)))
    for constraint in walked.constraints:
        if constraint.axis == axis and constraint.to_pass:
            runs = narrowed(runs, constraint.condition)
    return runs
