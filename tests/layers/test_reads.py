"""Which elements an output reads: what each kind says, against the gradients of torch's own layer.

Of outputs whose range lies within the input, the first and the last element with a gradient are those of the range.
"""

from math import prod

import pytest
import torch

from archcalc.layers import KINDS
from archcalc.layers.reach import Reach, laid_out, through
from tests.cases import CASES, Case
from tests.twins import Called

_DRAWS = 8
"""How many random inputs are tried, since a maximum, or a curve that is flat somewhere, has no gradient for some."""

_LARGE = 20_000
"""Elements of an output from which two random inputs are enough."""

Box = tuple[int, int]


def _gradients(row: Case) -> list[dict[tuple[int, int], torch.Tensor]]:
    """Return, for each input and each axis of the output, where positions along it have gradients, summed over draws.

    The keys are axis and position, with (-1, 0) for all outputs together.
    """
    torch.manual_seed(0)
    module = Called(row.layer.twin(*row.inputs)).double().eval()
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    found: list[dict[tuple[int, int], torch.Tensor]] = [{} for _ in row.inputs]
    for _ in range(2 if prod(row.out) > _LARGE else _DRAWS):
        inputs = [torch.randn(2, *shape, dtype=torch.float64, requires_grad=True) for shape in row.inputs]
        made = module(*inputs) * torch.randn(row.out, dtype=torch.float64)
        places = [(axis, place) for axis, size in enumerate(row.out) for place in _tried(size)]
        for axis, place in [(-1, 0), *places]:
            part = made[0] if axis < 0 else made[0].select(axis, place)
            gradients = torch.autograd.grad(part.sum(), inputs, retain_graph=True, allow_unused=True)
            for one, gradient in zip(found, gradients, strict=True):
                if gradient is not None:
                    seen = gradient[0].abs()
                    one[axis, place] = one.get((axis, place), torch.zeros_like(seen)) + seen
    return found


def _tried(size: int) -> list[int]:
    """Return places at both ends of an axis and in its middle, neighbours among them."""
    return sorted({place for place in (0, 1, size // 2, size // 2 + 1, size - 2, size - 1) if 0 <= place < size})


def _box(gradient: torch.Tensor, axis: int) -> Box | None:
    """Return where along an axis the first gradient is and where the one after the last would be."""
    others = tuple(other for other in range(gradient.dim()) if other != axis)
    there = (gradient.sum(others) if others else gradient).nonzero()
    return (int(there.min()), int(there.max()) + 1) if len(there) else None


def _said(reaches: list[Reach], made: tuple[int, ...]) -> dict[tuple[int, int], Box]:
    """Return the range that a layer says, by the axis of its output and the place along that."""
    if len({reach.to for reach in reaches}) == 1 and reaches[0].to is not None:
        axis = reaches[0].to
        ranges = {(axis, place): [reach.range_of(place) for reach in reaches] for place in range(made[axis])}
    else:
        ranges = {(-1, 0): [reach.range_of(place) for reach in reaches for place in (0, _last(reach, made))]}
    return {key: (min(start for start, _ in all_), max(end for _, end in all_)) for key, all_ in ranges.items()}


def _last(reach: Reach, made: tuple[int, ...]) -> int:
    return 0 if reach.to is None else made[reach.to] - 1


@pytest.mark.parametrize("row", CASES, ids=lambda row: row.id)
def test_gradients_are_where_the_kind_says(row: Case) -> None:
    readings = list(row.layer.reads(*row.inputs))
    gradients = _gradients(row)
    checked = 0
    for of, shape in enumerate(row.inputs):
        for axis, size in enumerate(shape):
            reaches = [reading.axes[axis] for reading in readings if reading.of == of]
            for key, (start, end) in _said(reaches, row.out).items() if reaches else ():
                box = _box(gradients[of][key], axis) if key in gradients[of] else None
                if box is not None and start >= 0 and end <= size:
                    whole = axis == 0 and reaches[0].to is None  # of channels, those of a group may be all that is read
                    assert box == (start, end) or (whole and start <= box[0] and box[1] <= end), (of, axis, key)
                    checked += axis > 0 or row.inputs[of] == shape
    assert checked


def test_every_kind_says_what_it_reads_of_each_input() -> None:
    for row in CASES:
        readings = list(row.layer.reads(*row.inputs))
        of_sizes = {1} if row.layer.op == "center_crop_like" else set()  # whose second input it reads the size of only
        assert {reading.of for reading in readings} == {*range(len(row.inputs))} - of_sizes, row.id
        assert all(len(reading.axes) == len(row.inputs[reading.of]) for reading in readings), row.id
    assert {row.layer.op for row in CASES} == set(KINDS)


@pytest.mark.parametrize("row", CASES, ids=lambda row: row.id)
def test_an_output_written_over_an_input_spoils_no_other_element(row: Case) -> None:
    """One element of the input is another one: no element of the output but that at its place changes."""
    able = row.layer.may_be_written_over(*row.inputs)
    if row.layer.may_overwrite() and row.layer.mixes_channels is False:
        assert able == (0,)
    if not able:
        return
    torch.manual_seed(0)
    module = Called(row.layer.twin(*row.inputs)).double().eval()
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    for of in able:
        inputs = [torch.randn(2, *shape, dtype=torch.float64) for shape in row.inputs]
        before = module(*inputs)
        assert tuple(before.shape[1:]) == row.inputs[of]
        for place in {0, inputs[of].numel() - 1, *torch.randint(inputs[of].numel(), (8,)).tolist()}:
            others = [x.clone() for x in inputs]
            others[of].view(-1)[place] += 3
            changed = (module(*others) != before).flatten().nonzero().flatten().tolist()
            assert changed in ([], [place])


def test_what_may_be_written_over() -> None:
    able = {(row.layer.op, place) for row in CASES for place in row.layer.may_be_written_over(*row.inputs)}
    assert able >= {
        (op, 0) for op in ("relu", "silu", "batch_norm2d", "add", "sub", "mul", "maximum", "scale", "times")
    }
    assert able >= {("add", 1), ("mul", 1), ("sub", 1)}
    never = ("softmax", "conv2d", "linear", "concat", "channel_shuffle", "local_response_norm", "layer_norm", "matmul")
    assert not {op for op, _ in able} & {*never}


def test_reaches_compose() -> None:
    nearest, stride = Reach(1, ((0, 1), (0, 1)), 1), Reach(1, ((0, 3),), 2)
    # outputs of the upsampling, v, read v // 2; three of them from 2 u on read u and u + 1
    assert through(nearest, stride) == Reach(1, ((0, 2),), 1)
    # an upsampling by 2 of a stride of 2: v reads 3 elements from 2 * (v // 2) on
    assert through(stride, nearest) == Reach(1, ((0, 3), (0, 3)), 2)
    # elements by threes, of what repeats by twos: 0, 0, 1 | 1, 2, 2 | ...
    assert through(nearest, Reach(1, ((0, 1), (1, 1), (2, 1)), 3)) == Reach(
        1, ((0, 1), (0, 1), (1, 1), (1, 1), (2, 1), (2, 1)), 3
    )


def test_elements_that_are_laid_out_keep_their_places_where_an_axis_is_still_there() -> None:
    assert [reach.to for reach in laid_out((4, 5, 7), (2, 2, 5, 7))] == [0, 2, 3]
    assert laid_out((4, 6, 7), (4, 3, 2, 7))[1] == Reach(1, ((0, 2),), 2)
    assert [reach.to for reach in laid_out((4, 1, 1), (4,))] == [0, None, None]
    assert [reach.to for reach in laid_out((4, 5, 7), (7, 5, 4))] == [None, None, None]
