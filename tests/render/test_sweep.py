"""The answer of a sweep: its front as a chart, and what is said below its rows."""

from typing import Any

import pytest

import archcalc
from archcalc.render.sweep.front import chart
from tests.commands import run_here

VARY = {"conv1.out_channels": "2..20:2", "conv2.kernel_size": "3,5"}


def test_a_front_is_drawn_at_its_numbers() -> None:
    found = archcalc.sweep("lenet_d2l", VARY, inputs="20..32:4", pareto=["params", "-macs"]).found
    drawn = chart(found)
    assert drawn is not None
    rows = [dict(zip(found.names, row, strict=True)) for row in found.rows()]
    assert [(point.x, point.y) for point in drawn.points] == [(row["params"], row["macs"]) for row in rows]
    assert (drawn.x.label, drawn.y.label) == ("params", "macs, the larger the better")
    assert all(0 <= drawn.x.place(point.x) <= 1 and 0 <= drawn.y.place(point.y) <= 1 for point in drawn.points)
    assert drawn.points[0].label == "conv1.out_channels=2, conv2.kernel_size=5, input=1x20x20"
    words = ["--vary", "conv1.out_channels=2..20:2", "--vary", "conv2.kernel_size=3,5", "--input", "20..32:4"]
    svg = run_here("sweep", "lenet_d2l", *words, "--pareto", "params,-macs", "--format", "svg").stdout
    assert svg.count("<circle") == len(rows) == 22


@pytest.mark.parametrize("asked", [{}, {"top": 2, "by": "macs"}, {"pareto": ["params", "macs"]}])
def test_what_is_no_front_of_several_is_not_drawn(asked: dict[str, Any]) -> None:
    assert chart(archcalc.sweep("lenet_d2l", {"conv1.out_channels": "1,2"}, **asked).found) is None


NOTES = [
    ({"sample": 5, "seed": 3}, ["5 variants drawn of 20: 10 conv1.out_channels x 2 conv2.kernel_size"]),
    (
        {"constraints": ["conv2.kernel_size > 3"], "where": ["macs < 300k", "params > 0"], "inputs": "4,28"},
        [
            "40 variants of 40: 10 conv1.out_channels x 2 conv2.kernel_size x 2 input",
            "20 do not meet the constraints; 10 are illegal; "
            "for 2 of the 10 legal ones macs < 300k and params > 0 holds",
        ],
    ),
    (
        {"top": 3, "by": "-conv2.kernel_size"},
        ["20 variants of 20: 10 conv1.out_channels x 2 conv2.kernel_size", "the first 3 by -conv2.kernel_size"],
    ),
]


@pytest.mark.parametrize(("asked", "notes"), NOTES)
def test_no_variant_is_dropped_without_a_word(asked: dict[str, Any], notes: list[str]) -> None:
    text = str(archcalc.sweep("lenet_d2l", VARY, **asked)).splitlines()
    assert text[-len(notes) :] == notes
