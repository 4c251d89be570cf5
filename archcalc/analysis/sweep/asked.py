"""What is asked of a sweep, put together and checked before anything is computed."""

from collections.abc import Iterable, Mapping
from typing import Any

from archcalc.analysis.sweep.columns import Means, found_device, read_column
from archcalc.analysis.sweep.rows import Best, read_objective, read_objectives
from archcalc.analysis.sweep.search import Search
from archcalc.analysis.sweep.space import read_space
from archcalc.analysis.sweep.structures import Read
from archcalc.errors import ArchError, MissingError
from archcalc.layers.fields import is_integer, spell
from archcalc.spec.model import Spec


def searched(
    spec: Spec,
    read: Read,
    vary: Mapping[str, Any],
    *,
    columns: Iterable[str],
    where: Iterable[str],
    top: int | None,
    by: str | None,
    pareto: Iterable[str],
    dtype: str | None,
    optimizer: str | None,
    device_model: str | None,
    precision: str | None,
    **of_space: Any,
) -> Search:
    """Return a sweep over what is varied in a spec. Raises ArchError, and MissingError where numpy is missing."""
    try:
        import numpy as np  # noqa: F401  # all that follows needs it
    except ImportError as error:
        raise MissingError(f"a sweep needs numpy ({error}): pip install 'archcalc[sweep]'") from None
    shown = tuple(dict.fromkeys(columns))
    device = None if device_model is None else found_device(device_model, precision)
    means = Means(dtype, optimizer, device_model, precision, len(spec.claims), device)
    for name in shown:
        read_column(name, means)
    space = read_space(spec, vary, **of_space)
    layers = {entry.name for entry in spec.layers}
    doubtful = tuple(name for name in space.names if "." in name and name.rpartition(".")[0] not in layers)
    return Search(space, read, shown, tuple(where), _best(top, by, tuple(pareto)), doubtful, means)


def _best(top: int | None, by: str | None, pareto: tuple[str, ...]) -> Best:
    if pareto and (top is not None or by is not None):
        raise ArchError("a front, and the first by one column, are two questions: ask one of them")
    if (top is None) != (by is None):
        raise ArchError("top goes with by: how many, and by which column, as in --top 20 --by macs")
    if top is not None and (not is_integer(top) or top < 1):
        raise ArchError(f"top must be an integer >= 1, got {spell(top)}")
    return Best(top, read_objective(by) if by else None, read_objectives(pareto) if pareto else ())
