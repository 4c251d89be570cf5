"""What is timed, shortly on the CPU: runs, presets, training steps and layers. No test asserts a time."""

import json

import pytest
import torch

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.presets import PRESETS, Preset
from archcalc.analysis.profile.recording import record
from archcalc.analysis.profile.request import Layers, Mode
from archcalc.analysis.profile.results import Results
from archcalc.analysis.profile.statistics import LEAST_BLOCKS
from archcalc.errors import ArchError
from archcalc.graph import Graph, link
from archcalc.pytorch.build import build
from archcalc.pytorch.profile import accelerator, layers, protocol, run
from archcalc.pytorch.profile.bench import Bench
from archcalc.pytorch.profile.steps import Training, loss
from archcalc.spec.catalogue import Catalogue
from tests.analysis.profile.tiny import FakeClock, asked


@pytest.mark.slow
@pytest.mark.parametrize(("name", "side"), [("torchvision", 63), ("tf_benchmark", 67)])
def test_training_leaves_a_network_alive(name: str, side: int) -> None:
    """Zeros are computed faster on some devices: what is timed is to go on computing what it did at first."""
    graph = link(Catalogue().load(name, {}, (3, side, side)))
    bench = Bench(graph, asked(), accelerator.Clock(torch.device("cpu")), lambda _: None)
    torch.manual_seed(0)
    module, xs = bench.module(), bench.inputs()
    training = Training(module, xs, bench)

    def alive() -> dict[str, int]:
        with torch.inference_mode():
            outputs = module.eval().outputs(*xs)
        module.train()
        return {name: int(out.count_nonzero()) for name, out in outputs.items()}

    before = alive()
    for _ in range(30):
        training.step()
    after = alive()
    assert [name for name, count in before.items() if after[name] < 0.9 * count] == []


@pytest.mark.usefixtures("_quick_peaks")
@pytest.mark.parametrize("mode", Mode)
def test_a_run_on_the_cpu_has_what_was_asked_for(graph: Graph, mode: Mode) -> None:
    request = asked(mode=mode, detail=mode is not Mode.INFER, layers=Layers.ALONE, channels_last=True)
    found = run.measure(graph, request, lambda _: None)
    assert (found.infer is not None, found.train is not None) == (request.infers, request.trains)
    assert list(found.layers or ()) == [node.name for node in graph.nodes]
    assert Results.from_json(json.loads(json.dumps(found.to_json()))) == found
    made = record(graph, request, found).to_json()
    if request.infers:
        assert made["infer"]["latency"]["n"] == 1000
        assert "launch_ms" not in made["infer"]  # a CPU computes what it launches
        assert made["infer"]["peak_mib"] > 0
        assert made["infer"]["step"]["low_ms"] <= made["infer"]["step"]["median_ms"] <= made["infer"]["step"]["high_ms"]
    if request.trains:
        assert list(made["train"]["parts"]) == ["forward", "backward", "optimizer"]
        assert made["train"]["loss"] == "cross-entropy"
        assert made["train"]["optimizer"] == {"name": "SGD", "lr": 1e-6, "momentum": 0.9, "weight_decay": 0.0}


@pytest.mark.usefixtures("_quick_peaks")
@pytest.mark.parametrize("precision", [Precision.BF16, Precision.AMP_BF16])
def test_half_precision_on_the_cpu(graph: Graph, precision: Precision) -> None:
    assert run.measure(graph, asked(mode=Mode.TRAIN, precision=precision), lambda _: None).train


@pytest.mark.usefixtures("_quick_peaks")
@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_a_preset_has_its_own_steps(graph: Graph, preset: Preset) -> None:
    found = run.measure(graph, asked(preset=preset.name, mode=preset.mode), lambda _: None)
    assert found.train is not None
    assert (found.infer is not None) is (preset.mode is Mode.BOTH)
    for times in filter(None, (found.infer, found.train)):
        step = times.step
        assert (step.n * (step.per_block or 0), times.warm_up_steps) == (preset.steps, 10)
        assert step.n == (1 if preset.in_a_block else preset.steps)
    assert list(found.train.parts or ()) == (["forward", "backward"] if preset.in_a_block else [])


def test_a_block_is_waited_for_at_its_end_alone(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, done = FakeClock(), []
    gradients = protocol.Gradients(torch.nn.Identity(), (torch.zeros(1),), asked(), adds_up=True)
    monkeypatch.setattr(gradients, "forward", lambda: (done.append("forward"), clock.sleep(1.0)))
    monkeypatch.setattr(gradients, "backward", lambda: (done.append("backward"), clock.sleep(2.0)))
    waiting = accelerator.Clock(torch.device("cpu"))
    monkeypatch.setattr(accelerator.Clock, "__call__", lambda _: done.append("wait") or clock())
    found = protocol._in_blocks(gradients, waiting, PRESETS["convnet-benchmarks"])
    dry = ["forward", "backward", "wait"] * 10
    assert done == [*dry, "wait", *["forward"] * 10, "wait", "wait", *["backward"] * 10, "wait"]
    assert (found.parts["forward"].median, found.parts["backward"].median, found.total.median) == (1.0, 2.0, 3.0)


@pytest.mark.parametrize("adds_up", [True, False])
def test_gradients_add_up_as_those_of_torch7_do(graph: Graph, adds_up: bool) -> None:
    module = build(graph)
    module.get_submodule("drop").p = 0.0  # type: ignore[assignment]
    gradients = protocol.Gradients(module, (torch.randn(2, 3, 16, 16),), asked(), adds_up)
    gradients.step()
    (weight, *_) = module.parameters()
    assert weight.grad is not None
    once = weight.grad.clone()
    if adds_up:
        gradients.backward()
    else:
        gradients.step()
    torch.testing.assert_close(weight.grad, 2 * once if adds_up else once)


def test_the_gradients_are_of_half_the_sum_of_squares(graph: Graph) -> None:
    module, x = build(graph).eval(), torch.randn(2, 3, 16, 16)
    gradients = protocol.Gradients(module, (x,), asked(), adds_up=False)
    gradients.step()
    parameters = list(module.parameters())
    expected = torch.autograd.grad((module(x) ** 2).sum() / 2, parameters)
    torch.testing.assert_close([parameter.grad for parameter in parameters], list(expected))


def test_layers_by_the_profiler(graph: Graph) -> None:
    bench = Bench(graph, asked(layers=Layers.PROFILER), accelerator.Clock(torch.device("cpu")), lambda _: None)
    times, of_host = layers.time_layers(bench, bench.module())
    assert of_host is None
    assert list(times) == [node.name for node in graph.nodes]
    assert len({series.n for series in times.values()}) == 1
    assert all(series.n >= LEAST_BLOCKS and series.median > 0 for series in times.values())


def test_a_profiler_that_sees_no_kernels_is_told(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    class Blind:
        def __enter__(self) -> "Blind":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def events(self) -> None:
            return None

    monkeypatch.setattr(torch.profiler, "profile", lambda **_: Blind())
    bench = Bench(graph, asked(layers=Layers.PROFILER), accelerator.Clock(torch.device("cpu")), lambda _: None)
    with pytest.raises(ArchError, match="saw no kernels"):
        layers.time_layers(bench, bench.module())


def test_the_loss_is_said(graph: Graph) -> None:
    def name_of(spec: str) -> str:
        return loss(link(Catalogue().load(spec, {}, None)))[1]

    assert loss(graph)[1] == "cross-entropy"
    assert name_of("paper") == "cross-entropy, of the probabilities that the network ends in"
    assert name_of("tf_benchmark") == "half the mean square, since the network ends in maps"


def test_cross_entropy_of_probabilities_is_that_of_what_they_come_from() -> None:
    logits, target = torch.randn(4, 10), torch.tensor([1, 2, 3, 4])
    of, _ = loss(link(Catalogue().load("paper", {}, None)))
    expected = torch.nn.functional.cross_entropy(logits, target)
    torch.testing.assert_close(of(logits.softmax(1), [target]), expected)
