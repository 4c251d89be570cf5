"""Two records side by side."""

from dataclasses import replace

import pytest

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.comparing import Verdict, compare
from archcalc.analysis.profile.record import Record
from archcalc.analysis.profile.request import Mode, Request
from archcalc.analysis.profile.statistics import Timing, overlap
from archcalc.analysis.profile.warnings import ProfileWarning
from archcalc.render.formats.plain import render
from archcalc.render.profile import comparison_data, comparison_sheet
from tests.analysis.profile.recorded import found, recorded, step


def test_two_records_differ_only_where_quartiles_have_nothing_in_common() -> None:
    before = recorded()
    fast = recorded(infer=found()["infer"] | {"step": step(1.0, 1.0, 1.1, 0.9, 1.0) | {"per_block": 10}})
    unsure = recorded(infer=found()["infer"] | {"step": step(1.0, 1.5, 1.8, 2.0, 3.0) | {"per_block": 10}})
    for after, verdict in ((fast, Verdict.FASTER), (unsure, Verdict.UNDECIDED), (before, Verdict.UNDECIDED)):
        (time,) = compare(before, after).times
        assert time.verdict is verdict
    (slower,) = compare(fast, before).times
    assert (slower.verdict, slower.ratio) == (Verdict.SLOWER, pytest.approx(2))
    assert slower.before == pytest.approx(1 / 8)


def test_a_few_percent_may_be_the_machine_s() -> None:
    def at(milliseconds: float) -> Record:
        return recorded(infer=found()["infer"] | {"step": step(*[milliseconds] * 5) | {"per_block": 10}})

    for after, verdict in (
        *((1.04, Verdict.CLOSE), (0.96, Verdict.CLOSE), (1.0, Verdict.UNDECIDED)),
        *((1.06, Verdict.SLOWER), (0.94, Verdict.FASTER)),
    ):
        (time,) = compare(at(1.0), at(after)).times
        assert time.verdict is verdict


def test_touching_quartiles_overlap() -> None:
    one, other = Timing(2, 1, 3, 2, 0, 9), Timing(4, 3, 5, 4, 0, 9)
    assert overlap(one, other)
    assert overlap(other, one)
    assert not overlap(one, other._replace(low=3.1))


def test_records_say_in_what_else_they_differ() -> None:
    after = recorded(Request("lenet_d2l", batch=8, precision=Precision.BF16), name="Tesla T4")
    before = replace(recorded(), warnings=(ProfileWarning("noise", Mode.INFER),))
    after = replace(after, environment=replace(after.environment, processor="AMD EPYC"))
    comparison = compare(before, after)
    assert comparison.differences == (
        ("asked precision", "fp32", "bf16"),
        ("environment name", "AMD EPYC", "Tesla T4"),
    )
    text = render([comparison_sheet(("a.json", "b.json"), comparison)])
    assert text.startswith("lenet_d2l, a.json (before) and lenet_d2l, b.json (after)\n")
    assert text.endswith(
        "asked precision: fp32 -> bf16\nenvironment name: AMD EPYC -> Tesla T4\na.json: infer: noise\n"
    )
    data = comparison_data(("a.json", "b.json"), comparison)
    assert data["before"] == {"file": "a.json", "spec": "lenet_d2l", "warnings": ["infer: noise"]}
    assert data["otherwise"][0] == {"what": "asked precision", "before": "fp32", "after": "bf16"}
