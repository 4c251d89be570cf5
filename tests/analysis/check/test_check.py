"""`archcalc check`: everything agrees, and a wrong twin or a wrong rule is found."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.analysis.check.agreement import Agreement, hold_against
from archcalc.errors import ArchError
from archcalc.layers import KINDS, Twin
from archcalc.pytorch.check.observe import observe
from tests.commands import clean_environment, on_terminal, run, run_here
from tests.conftest import BUNDLED, ROOT
from tests.sizes import FEW, by_size

VALID = sorted((ROOT / "tests" / "specs" / "valid").glob("*.yaml"))
SPECS = [*BUNDLED, *map(str, VALID)]


def checked(network: archcalc.Network, device: str = "meta") -> Agreement:
    return hold_against(network.table(), observe(network.graph, device), device)


@pytest.mark.parametrize("spec", by_size(SPECS, FEW))
def test_every_spec_agrees_with_torch_and_both_counters(spec: str) -> None:
    assert checked(archcalc.load(spec)).differences == []


@pytest.mark.parametrize("name", ["alexnet_paper", "lenet_d2l"])
def test_real_tensors_agree_too(name: str) -> None:
    assert checked(archcalc.load(name), "cpu").differences == []


@pytest.mark.cuda
def test_a_gpu_agrees_too() -> None:
    assert checked(archcalc.load("alexnet_paper"), "cuda").differences == []


@pytest.fixture
def small(tmp_path: Path) -> archcalc.Network:
    path = tmp_path / "small.yaml"
    path.write_text(
        "archcalc: 1\nname: small\ninput: [4, 15, 15]\nlayers:\n"
        "  - {name: conv, op: conv2d, out_channels: 8, kernel_size: 3, stride: 2, padding: 1, groups: 2}\n"
        "  - {name: norm, op: batch_norm2d}\n"
        "  - {name: pool, op: max_pool2d, kernel_size: 3, stride: 2, ceil_mode: true}\n"
        "  - {name: mean, op: adaptive_avg_pool2d, output_size: 2}\n"
        "  - {name: flatten, op: flatten}\n"
        "  - {name: fc, op: linear, out_features: 5}\n"
    )
    return archcalc.load(path)


# One keyword of one twin at a time, as if its class had written it wrong.
WRONG_KEYWORDS: list[tuple[str, str, Any]] = [
    ("conv2d", "out_channels", 10),
    ("conv2d", "kernel_size", (5, 5)),
    ("conv2d", "stride", (1, 1)),
    ("conv2d", "padding", (0, 0)),
    ("conv2d", "dilation", (2, 2)),
    ("conv2d", "groups", 1),
    ("conv2d", "bias", False),
    ("batch_norm2d", "affine", False),
    ("batch_norm2d", "track_running_stats", False),
    ("max_pool2d", "kernel_size", (5, 5)),
    ("max_pool2d", "stride", (1, 1)),
    ("max_pool2d", "ceil_mode", False),
    ("adaptive_avg_pool2d", "output_size", (1, 4)),
    ("linear", "out_features", 6),
    ("linear", "bias", False),
]


@pytest.mark.parametrize(("op", "keyword", "value"), WRONG_KEYWORDS)
def test_a_wrong_twin_is_found(
    op: str, keyword: str, value: Any, small: archcalc.Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = KINDS[op].twin

    def wrong(self: Any, *inputs: Any) -> Twin:
        twin = right(self, *inputs)
        return twin._replace(keywords={**twin.keywords, keyword: value})

    monkeypatch.setattr(KINDS[op], "twin", wrong)
    assert _found(small)


def _found(network: archcalc.Network) -> bool:
    """Whether a difference is found, or torch will not even run it."""
    try:
        return bool(checked(network).differences)
    except archcalc.ArchError as refused:
        return "torch refuses to run" in str(refused)


@pytest.mark.parametrize(
    ("op", "rule", "wrong"),
    [
        ("conv2d", "macs", lambda *_: 1),
        ("linear", "macs", lambda *_: 1),
        ("conv2d", "param_shapes", lambda *_: {"weight": (8, 4, 3, 3)}),
        ("batch_norm2d", "param_shapes", lambda *_: {}),
        ("batch_norm2d", "buffer_shapes", lambda *_: {}),
        ("adaptive_avg_pool2d", "output_shape", lambda *_: (8, 1, 4)),
        ("flatten", "macs", lambda *_: 7),
    ],
)
def test_a_wrong_rule_is_found(
    op: str, rule: str, wrong: Any, small: archcalc.Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KINDS[op], rule, wrong)
    assert checked(archcalc.Network(small.spec)).differences


def test_what_the_counters_do_not_count_is_no_agreement() -> None:
    agreement = checked(archcalc.load("paper"))
    assert agreement.not_counted == ["relu", "local_response_norm", "max_pool2d", "flatten", "dropout", "softmax"]
    done = run_here("check", "paper")
    assert done.returncode == 0
    assert "not counted in FLOPs: relu, local_response_norm" in done.stdout
    assert "agrees, not counted" in done.stdout


def test_check_of_one_of_several_and_as_json() -> None:
    assert "conv1" in run_here("check", "lenet_d2l").stdout
    several = run_here("check", "lenet_d2l", "torchvision")
    assert several.stdout.count("agrees") == 2
    read = json.loads(run_here("check", "lenet_d2l", "--format", "json").stdout)
    assert (read["agrees"], read["differences"], read["device"]) == (True, [], "meta")
    conv1 = read["layers"][0]
    # 117,600 multiply-accumulates: 6*5*5 * 28*28
    assert (conv1["archcalc"]["flops"], conv1["torch"]["flops"], conv1["fvcore"]["macs"]) == (235_200, 235_200, 117_600)


def test_a_difference_ends_with_1() -> None:
    script = (
        "import sys; sys.argv = ['archcalc', 'check', 'lenet_d2l']\n"
        "from archcalc.layers.linear import Linear\n"
        "Linear.macs = lambda *_: 1\n"
        "from archcalc.cli.app import main\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env=clean_environment(), check=False
    )
    assert done.returncode == 1
    # fc1 is 400 * 120 = 48,000 multiply-accumulates
    assert "archcalc: lenet_d2l: layer fc1: FLOPs by torch's counter: archcalc 2, torch 96,000" in done.stderr


def test_a_missing_torch_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('No module named torch')\n")
    done = run("check", "lenet_d2l", PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert done.returncode == 3
    needs = "check needs torch and fvcore (No module named torch): pip install 'archcalc[torch]'"
    assert done.stderr == f"archcalc: {needs}\n"


def test_what_torch_cannot_express_is_named_with_its_layer(tmp_path: Path) -> None:
    spec = tmp_path / "mean.yaml"
    spec.write_text(
        "archcalc: 1\nname: mean\ninput: [3, 8, 8]\nlayers:\n"
        "  - {name: m, op: avg_pool2d, kernel_size: 3, padding: {top: 0, bottom: 1, left: 0, right: 1}, "
        "count_include_pad: false}\n"
    )
    for command in (["check"], ["check", "--against", "torchvision:alexnet"], ["export"]):
        done = run_here(command[0], str(spec), *command[1:])
        assert done.returncode == 2
        assert "layer m: torch's AvgPool2d has no padding like this: it would divide by other counts" in done.stderr
    assert run_here("table", str(spec)).returncode == 0


def test_a_missing_device_says_what_there_is() -> None:
    done = run_here("check", "lenet_d2l", "--device", "xpu")
    assert done.returncode == 3
    assert "cannot use xpu here" in done.stderr
    assert "it can use meta, cpu" in done.stderr


def test_a_word_that_is_not_a_device_of_torch() -> None:
    done = run("check", "lenet_d2l", "--device", "gpu")
    assert done.returncode == 2
    assert "knows no device 'gpu'; here it can use meta, cpu" in done.stderr


def test_checking_on_meta_allocates_no_weights() -> None:
    script = (
        "import resource, archcalc\n"
        "from archcalc.pytorch.check.observe import observe\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024\n"
        "observe(archcalc.load('lenet_d2l').graph, 'meta')\n"
        "before = peak()\n"
        "observe(archcalc.load('paper').graph, 'meta')\n"
        "print(peak() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env=clean_environment(), check=True
    )
    # the weights alone would be 60,965,224 * 4 = 243,860,896 bytes; fvcore's run copies one layer's at a time
    assert int(done.stdout) < 200_000_000


@pytest.mark.parametrize(
    ("layers", "params"),
    [
        # names that every module has: as a layer, as a structure, as a device; 4*4 + 4 = 20 parameters each
        ("[{name: type, op: conv2d, out_channels: 4, kernel_size: 1}]", 20),
        ("[{name: half, op: use, block: b}, {name: training, op: use, block: b}]", 40),
        (
            "[{op: towers, devices: [cpu, cuda],"
            " layers: [{name: forward, op: conv2d, out_channels: 4, kernel_size: 1}]}]",
            40,
        ),
        # a device that is called like a layer: its 20, and on two devices 2*4 + 2 = 10 each
        (
            "[{name: a, op: conv2d, out_channels: 4, kernel_size: 1},"
            " {op: towers, devices: [a, b], layers: [{name: c, op: conv2d, out_channels: 2, kernel_size: 1}]}]",
            40,
        ),
        # a padding, and an activation, whose modules would be called like other layers
        ("[{name: p, op: conv2d, out_channels: 4, kernel_size: 2, padding: same}, {name: p_pad, op: relu}]", 68),
        ("[{name: c, op: conv2d, out_channels: 4, kernel_size: 1, activation: relu}, {name: c_relu, op: relu}]", 20),
    ],
)
def test_no_name_is_lost_in_a_module(layers: str, params: int, tmp_path: Path) -> None:
    path = tmp_path / "names.yaml"
    block = "blocks: {b: {layers: [{name: conv, op: conv2d, out_channels: 4, kernel_size: 1}]}}"
    path.write_text(f"archcalc: 1\nname: names\ninput: [4, 5, 5]\n{block}\nlayers: {layers}\n")
    network = archcalc.load(path)
    assert network.table().totals.params == params
    assert checked(network).differences == []
    assert sum(p.numel() for p in network.module("meta").parameters()) == params


@pytest.mark.parametrize("specs", [["lenet_d2l"], ["lenet_d2l", "torchvision"]])
@pytest.mark.slow
def test_a_narrow_terminal_keeps_the_verdict(specs: list[str]) -> None:
    text, code = on_terminal(64, "check", *specs, NO_COLOR="1")
    assert code == 0
    assert "the terminal is narrow, left out: torch, 2 x fvcore" in text
    _, *lines = text.splitlines()
    assert max(map(len, lines)) <= 64
    assert "agrees" in text


HUGE = {
    "an input": ("[3, 999999999, 999999999]", "{name: c, op: conv2d, out_channels: 4, kernel_size: 3}", False),
    "weights": ("[3, 9, 9]", "{name: c, op: conv2d, out_channels: 100000000000000, kernel_size: 3}", True),
    "maps": ("[3, 30000, 30000]", "{name: c, op: conv2d, out_channels: 64, kernel_size: 3}", True),
    "a matrix": ("[1000000000000]", "{name: c, op: linear, out_features: 1000000000000}", False),
}


@pytest.mark.parametrize("name", HUGE)
def test_absurd_sizes_take_no_memory_and_no_traceback(name: str) -> None:
    shape, layer, can_be = HUGE[name]
    network = archcalc.load(f"archcalc: 1\nname: huge\ninput: {shape}\nlayers: [{layer}]\n")
    if not can_be:
        with pytest.raises(ArchError, match=r"^torch (cannot make|refuses to run) huge: Storage size"):
            network.check()
        return
    answer = network.check()
    assert answer.differences == []
    assert "fvcore, which runs on the CPU, was not asked about huge: it would take over 1 GiB" in str(answer)
    assert answer.to_dict()["layers"][0]["fvcore"]["macs"] is None
    with pytest.raises(ArchError, match="torch cannot make huge") if name == "weights" else contextlib.nullcontext():
        network.module("cpu")
