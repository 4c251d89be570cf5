"""How much of the input an output sees, along each axis."""

from pathlib import Path

import pytest

import archcalc
from archcalc.analysis.receptive_field import Field, receptive_fields

ROWS = [
    # height: 1 + (3-1)*1 = 3, then 3 + (3-1)*2 = 7; width: 1 + (1-1) = 1, then 1 + (2-1)*1 = 2
    (
        "[{name: a, op: conv2d, out_channels: 2, kernel_size: [3, 1], stride: [2, 1]},"
        " {name: b, op: max_pool2d, kernel_size: [3, 2], stride: 1}]",
        Field((7, 2), (2, 1)),
    ),
    # a window of 3 dilated by 2 spans 5
    ("[{name: a, op: conv2d, out_channels: 2, kernel_size: 3, dilation: 2}]", Field((5, 5), (1, 1))),
    # of two paths, the wider one
    (
        "[{name: a, op: branches, merge: concat, paths: [[],"
        " [{name: b, op: conv2d, out_channels: 2, kernel_size: 3, padding: 1}]]}]",
        Field((3, 3), (1, 1)),
    ),
    ("[{name: a, op: local_response_norm, size: 3, alpha_per: sum}, {name: b, op: relu}]", Field((1, 1), (1, 1))),
    ("[{name: a, op: adaptive_avg_pool2d, output_size: 4}]", None),
    ("[{name: a, op: linear, out_features: 4}]", None),
    ("[{name: a, op: softmax, dim: 3}]", None),
    ("[{name: a, op: flatten}, {name: b, op: relu}]", None),
]


@pytest.mark.parametrize(("layers", "field"), ROWS)
def test_field(layers: str, field: Field | None, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"archcalc: 1\nname: net\ninput: [2, 16, 16]\nlayers: {layers}\n")
    graph = archcalc.load(path).graph
    assert receptive_fields(graph)[graph.nodes[-1].name] == field
