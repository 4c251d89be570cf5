"""`check --against` counts parameters that several calls share once, on both sides, and says how many there are."""

from torch import Tensor, nn

from archcalc.render.check.against import against_data, against_sheet
from tests.analysis.check.models import beside, network

TWICE = """input: {left: [1, 8, 8], right: [1, 8, 8]}
layers:
  - {name: one, op: conv2d, from: left, out_channels: 4, kernel_size: 3}
  - {name: other, op: use, layer: one, from: right}
  - {name: less, op: sub, from: [one, other]}
  - {name: distance, op: abs}
"""


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Conv2d(1, 4, 3)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return (self.tower(left) - self.tower(right)).abs()


class OwnBias(Twice):
    """The weights are shared, each has a bias of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.other = nn.Conv2d(1, 4, 3)
        self.other.weight = self.tower.weight

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return (self.tower(left) - self.other(right)).abs()


def test_shared_parameters_count_where_they_are_first() -> None:
    # 4 filters of 3 x 3 and as many biases: 36 + 4
    found = beside(network(TWICE).graph, Twice())
    assert found.differences == []
    sheet = against_sheet(found)
    params = [(row[3], row[7]) for row in (*sheet.rows, *sheet.footer)]
    assert params == [(40, 40), (0, 0), (0, 0), (0, 0), (40, 40)]
    data = against_data(found)
    assert data["params"] == {"archcalc": 40, "model": 40}
    assert [layer["model"]["params"] for layer in data["layers"]] == [40, 0, 0, 0]


def test_of_parameters_that_are_shared_in_part_the_others_count() -> None:
    found = beside(network(TWICE).graph, OwnBias())
    # 36 + 4, and 4 more; a network of our own has either all of another layer's weights or none
    assert against_data(found)["params"] == {"archcalc": 40, "model": 44}
