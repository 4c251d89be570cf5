"""Published protocols, and what was published with them."""

import pytest

from archcalc.analysis.profile import presets
from archcalc.analysis.profile.comparing import Verdict, compare
from archcalc.render.formats.plain import render
from archcalc.render.profile import profile_sheets, tensorflow_lines
from tests.analysis.profile.recorded import followed, graph_of, recorded, step


def test_the_lines_of_tensorflow() -> None:
    # 27 ms in each of 100 steps, then 10 of 80 and 90 of 81
    infer = {"step": step(*[27.0] * 100) | {"per_block": 1}, "peak_mib": None, "peak_is": ""}
    train = {"step": step(*[80.0] * 10, *[81.0] * 90) | {"per_block": 1}, "peak_mib": None, "loss": "", "parts": {}}
    made = recorded(infer=infer, train=train)
    assert tensorflow_lines([made]) == (
        "Forward across 100 steps, 0.027 +/- 0.000 sec / batch\n"
        "Forward-backward across 100 steps, 0.081 +/- 0.000 sec / batch\n"
    )


@pytest.mark.parametrize("preset", presets.PRESETS.values(), ids=lambda preset: preset.name)
def test_a_preset_is_of_a_spec_that_there_is(preset: presets.Preset) -> None:
    graph_of(preset.spec)
    for one in preset.published:
        if one.forward_ms and one.backward_ms and one.total_ms:
            assert abs(one.forward_ms + one.backward_ms - one.total_ms) <= 2  # rounded, each for itself


def test_what_was_published_stands_below_what_was_measured() -> None:
    made = followed(presets.CONVNET_BENCHMARKS, 1.0, 3.0, n=1)
    assert made.to_json()["published"][2] == {
        "hardware": "GTX TITAN X (Maxwell)",
        "library": "cuDNN R4 fp32, Torch",
        "batch": 128,
        "images_per_second": pytest.approx(128 / 0.081),
        "source": "soumith/convnet-benchmarks, README",
        "forward_ms": 27,
        "backward_ms": 53,
        "total_ms": 81,
    }
    *_, sheet = profile_sheets([made])
    title, header, _, ours, *others = render([sheet]).splitlines()
    assert title == "convnet-benchmarks, next to what was published for alexnet_owt on other hardware"
    for word, cell, theirs in (
        *(("forward ms", "1.000", "25"), ("backward ms", "3.000", "46"), ("total ms", "4.000", "71")),
        *(("images/s", "2,000", "1,803"), ("batch", "8", "128")),
    ):
        end = header.index(word) + len(word)
        assert (ours[:end].split()[-1], others[0][:end].split()[-1]) == (cell, theirs)
    assert ours.endswith("this run, lenet_d2l")


def test_images_a_second_are_published_without_milliseconds() -> None:
    made = followed(presets.TF_CNN_BENCHMARKS, 1.0, 3.0, n=100)
    assert made.infer is None
    text = render(profile_sheets([made]))
    assert "forward ms" not in text
    (line,) = (line for line in text.splitlines() if line.startswith("Tesla P100 (DGX-1)"))
    assert line.split()[-4:] == ["512", "2,987", "tensorflow/tensorflow,", "docs_src/performance/benchmarks.md"]


def test_one_block_has_no_spread_and_decides_nothing() -> None:
    made = followed(presets.CONVNET_BENCHMARKS, 1.0, 3.0, n=1)
    assert made.infer is not None
    assert made.infer.speed.spread is None
    assert made.warnings == ()
    text = render(profile_sheets([made]))
    assert "ms/step: mean of one block of 10 steps, with a wait for the device at its end" in text
    assert "IQR" not in text
    faster = followed(presets.CONVNET_BENCHMARKS, 0.5, 1.5, n=1)
    assert {time.verdict for time in compare(made, faster).times} == {Verdict.TOO_FEW}
