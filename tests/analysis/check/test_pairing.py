"""Which module of a checkpoint is taken for which layer: by name, then by shape; guesses are marked as such."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch.nn.utils import prune

import archcalc
from archcalc.analysis.module_pairs import PairedBy
from archcalc.analysis.modules import Modules
from archcalc.analysis.weights import Fit, Verdict, Weights, fit
from archcalc.checkpoint.checkpoint import Checkpoint, Kind
from archcalc.layers import Shape
from archcalc.twins import place
from tests.checkpoint.files import saved
from tests.commands import run_here

LENET = {
    "conv1.weight": (6, 1, 5, 5),
    "conv1.bias": (6,),
    "conv2.weight": (16, 6, 5, 5),
    "conv2.bias": (16,),
    "fc1.weight": (120, 400),
    "fc1.bias": (120,),
    "fc2.weight": (84, 120),
    "fc2.bias": (84,),
    "fc3.weight": (10, 84),
    "fc3.bias": (10,),
}

TWINS = """
archcalc: 1
name: twins
input: [8, 6, 6]
layers:
  - {name: one, op: conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  - {name: two, op: conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  - {name: three, op: conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  - {name: flatten, op: flatten}
  - {name: fc, op: linear, out_features: 5}
"""
"""Three layers that only their names and their order tell apart."""

CONV, FC = {"weight": (8, 8, 3, 3), "bias": (8,)}, {"weight": (5, 288), "bias": (5,)}


def state_dict(**modules: Mapping[str, Shape]) -> dict[str, Shape]:
    return {f"{path.replace('__', '.')}.{own}": shape for path, own_ in modules.items() for own, shape in own_.items()}


def fitted(spec: str | Path, found: Mapping[str, Shape], kind: Kind = Kind.STREAM) -> Weights:
    graph = archcalc.load(spec).graph
    return fit(graph.spec.name, place(graph), Modules(Checkpoint(Path("file"), kind, found)))


@pytest.fixture
def twins(tmp_path: Path) -> Path:
    path = tmp_path / "twins.yaml"
    path.write_text(TWINS)
    return path


def ways(weights: Weights) -> dict[str | None, tuple[str, PairedBy | None]]:
    """Each layer's weight in the file, and how it was found."""
    return {
        one.layer: (one.found_name.removesuffix(".weight"), one.paired_by)
        for one in weights.own
        if one.found_name and one.found_name.endswith("weight")
    }


def test_names_come_before_the_order(twins: Path) -> None:
    found = state_dict(three=CONV, fc=FC, two=CONV, one=CONV)
    weights = fitted(twins, found)
    assert ways(weights) == {name: (name, PairedBy.NAME) for name in ("one", "two", "three", "fc")}
    assert (weights.guesses, weights.misfit_count, weights.names_agree) == (0, 0, True)


def test_other_names_in_the_order_of_the_model_are_a_guess_where_shapes_are_not_alone(twins: Path) -> None:
    weights = fitted(twins, state_dict(a=CONV, b=CONV, c=CONV, d=FC))
    guessed = {"one": ("a", PairedBy.GUESS), "two": ("b", PairedBy.GUESS), "three": ("c", PairedBy.GUESS)}
    assert ways(weights) == guessed | {"fc": ("d", PairedBy.SHAPE)}
    assert (weights.guesses, weights.misfit_count, weights.names_agree) == (6, 0, False)


def test_one_name_that_is_known_leaves_a_guess_for_the_others(twins: Path) -> None:
    weights = fitted(twins, state_dict(two=CONV, b=CONV, c=CONV, d=FC), Kind.SAFETENSORS)
    assert ways(weights) == {
        "one": ("b", PairedBy.GUESS),
        "two": ("two", PairedBy.NAME),
        "three": ("c", PairedBy.GUESS),
        "fc": ("d", PairedBy.SHAPE),
    }


def test_names_that_mean_other_layers_do_not_count() -> None:
    """Ports count layers as they like: the conv2 of this one is our conv1."""
    other = {"conv1": "conv2", "conv2": "conv3", "fc1": "fc4", "fc2": "fc5", "fc3": "fc6"}
    found = {f"{other[name.partition('.')[0]]}.{name.partition('.')[2]}": shape for name, shape in LENET.items()}
    weights = fitted("lenet_d2l", found, Kind.SAFETENSORS)
    assert ways(weights) == {ours: (theirs, PairedBy.SHAPE) for ours, theirs in other.items()}
    assert (weights.misfit_count, weights.guesses) == (0, 0)


def test_a_module_with_the_name_and_another_shape_is_said_to_misfit() -> None:
    weights = fitted("lenet_d2l", LENET | {"fc3.weight": (100, 84), "fc3.bias": (100,)})
    assert {one.name: one.verdict for one in weights.misfits} == dict.fromkeys(
        ("fc3.weight", "fc3.bias"), Verdict.OTHER_SHAPE
    )
    assert ways(weights)["fc3"] == ("fc3", PairedBy.NAME)


@pytest.mark.parametrize("kind", [Kind.ARCHIVE, Kind.SAFETENSORS])
@pytest.mark.parametrize(
    "prefix", ["", "module.", "model.", "_orig_mod.", "module._orig_mod.", "net.model.", "_fsdp_wrapped_module."]
)
def test_what_stands_before_all_names(prefix: str, kind: Kind) -> None:
    weights = fitted("lenet_d2l", {f"{prefix}{name}": shape for name, shape in LENET.items()}, kind)
    assert {how for _, how in ways(weights).values()} == {PairedBy.NAME}
    assert (weights.guesses, weights.misfit_count) == (0, 0)
    assert weights.names_agree == (not prefix)


def test_what_wraps_modules_inside() -> None:
    found = {name.replace(".", "._checkpoint_wrapped_module."): shape for name, shape in LENET.items()}
    weights = fitted("lenet_d2l", found)
    assert {how for _, how in ways(weights).values()} == {PairedBy.NAME}


def test_weights_come_before_their_average() -> None:
    both = {f"{prefix}.{name}": shape for prefix in ("model_ema", "model") for name, shape in LENET.items()}
    weights = fitted("lenet_d2l", both)
    assert {found.partition(".")[0] for found, _ in ways(weights).values()} == {"model"}
    assert weights.misfit_count == len(LENET)  # the average has no place in the network


def test_of_two_networks_in_one_file_the_one_with_our_names_is_taken() -> None:
    heads = {f"head.{name}": shape for name, shape in LENET.items() if name.startswith("fc")}
    weights = fitted("lenet_d2l", heads | {f"net.{name}": shape for name, shape in LENET.items()})
    assert {found.partition(".")[0] for found, _ in ways(weights).values()} == {"net"}


def test_no_module_is_taken_twice(twins: Path) -> None:
    weights = fitted(twins, state_dict(a=CONV, b=CONV, d=FC))
    assert sorted(found for found, _ in ways(weights).values()) == ["a", "b", "d"]
    assert {one.name: one.verdict for one in weights.misfits} == dict.fromkeys(
        ("three.weight", "three.bias"), Verdict.MISSING
    )


NAMES = {
    "of Caffe": "{}_{}",
    "alone": "{}.{}",
}


@pytest.mark.parametrize("form", NAMES.values(), ids=NAMES)
def test_names_without_dots(form: str) -> None:
    weights = fitted("lenet_d2l", {form.format(*name.split(".")): shape for name, shape in LENET.items()})
    assert (weights.misfit_count, {how for _, how in ways(weights).values()}) == (0, {PairedBy.NAME})


def test_pruned_weights_are_one_tensor_and_its_mask(tmp_path: Path) -> None:
    net = archcalc.load("lenet_d2l").module()
    for name in ("conv1", "fc2"):
        prune.l1_unstructured(net.get_submodule(name), "weight", 0.5)  # type: ignore[no-untyped-call]
    prune.random_unstructured(net.get_submodule("fc3"), "bias", 0.5)  # type: ignore[no-untyped-call]
    path = saved(tmp_path / "pruned.pth", net.state_dict())
    weights = archcalc.load("lenet_d2l").check_weights(path).weights
    assert weights.misfit_count == 0
    masks = {one.name: (one.found_name, one.found_mask) for one in weights.own if one.found_mask}
    assert masks == {name: (f"{name}_orig", f"{name}_mask") for name in ("conv1.weight", "fc2.weight", "fc3.bias")}
    done = run_here("check", "lenet_d2l", "--weights", str(path))
    assert done.returncode == 0
    assert "times" in done.stdout.splitlines()[1]
    assert "pruned weights are weight_orig times weight_mask, as torch.nn.utils.prune keeps them" in done.stdout


def test_a_mask_of_another_shape_prunes_nothing() -> None:
    pruned = {name: shape for name, shape in LENET.items() if name != "fc1.weight"}
    weights = fitted("lenet_d2l", pruned | {"fc1.weight_orig": (120, 400), "fc1.weight_mask": (120, 1)})
    assert {one.name or one.found_name: one.verdict for one in weights.misfits} == {
        "fc1.weight": Verdict.MISSING,
        "fc1.weight_orig": Verdict.EXTRA,
        "fc1.weight_mask": Verdict.EXTRA,
    }


def on_disk(path: Path, found: Mapping[str, Shape]) -> Path:
    safetensors.torch.save_file({name: torch.zeros(shape) for name, shape in found.items()}, path)
    return path


GUESSED = "6 are paired by a guess: several modules have their shapes, and the order decides"


def test_guesses_are_marked_in_every_answer(twins: Path, tmp_path: Path) -> None:
    path = on_disk(tmp_path / "some.safetensors", state_dict(a=CONV, b=CONV, c=CONV, d=FC))
    sheet = run_here("check", str(twins), "--weights", str(path))
    assert sheet.returncode == 0
    assert GUESSED in sheet.stdout
    lines = {line.split()[1]: line.split()[-1] for line in sheet.stdout.splitlines() if ".weight" in line}
    assert lines == {"one.weight": "guess", "two.weight": "guess", "three.weight": "guess", "fc.weight": "shape"}
    data = json.loads(run_here("check", str(twins), "--weights", str(path), "--format", "json").stdout)
    assert (data["guesses"], data["names_agree"], data["fits"]) == (6, False, True)
    assert [one["paired_by"] for one in data["tensors"]] == ["guess"] * 6 + ["shape"] * 2
    found = run_here("identify", str(path), "--spec-dir", str(tmp_path))
    assert found.returncode == 0
    assert any("twins" in line and "fits, 6 by a guess" in line for line in found.stdout.splitlines())
    candidates = json.loads(run_here("identify", str(path), "--spec-dir", str(tmp_path), "--format", "json").stdout)
    assert candidates["candidates"][0]["guesses"] == 6


def test_shapes_that_are_alone_are_no_guess_and_are_noted(tmp_path: Path) -> None:
    renamed = {
        f"features.{place}.{own}": LENET[f"{name}.{own}"]
        for place, name in enumerate(("conv1", "conv2", "fc1", "fc2", "fc3"))
        for own in ("weight", "bias")
    }
    done = run_here("check", "lenet_d2l", "--weights", str(on_disk(tmp_path / "some.safetensors", renamed)))
    assert done.returncode == 0
    assert "names differ: each module fits one layer only, by its shapes" in done.stdout
    assert "guess" not in done.stdout


def many_in_one(count: int) -> dict[str, Shape]:
    return {f"conv1.t{i}": (3, 3) for i in range(count)}


def many_of_one_name(count: int) -> dict[str, Shape]:
    return {f"x{i}.conv1.weight": (6, 1, 5, 5) for i in range(count)}


def many_of_one_shape(count: int) -> dict[str, Shape]:
    return {f"x{i}.{own}": shape for i in range(count // 2) for own, shape in CONV.items()}


def many_deep(count: int) -> dict[str, Shape]:
    return {f"{'conv1.' * 30}x{i}.conv1.weight": (8, 8, 3, 3) for i in range(count)}


def many_wrapped(count: int) -> dict[str, Shape]:
    return {f"{'module.' * (i % 50)}conv1.weight{i}": (8, 8, 3, 3) for i in range(count)}


MANY = [many_in_one, many_of_one_name, many_of_one_shape, many_deep, many_wrapped]


def steps(run: Callable[[], Any]) -> int:
    """How many lines of Python run, and calls."""
    count = 0

    def trace(*_: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("made", MANY)
@pytest.mark.parametrize("kind", [Kind.ARCHIVE, Kind.SAFETENSORS])
def test_time_grows_as_the_tensors(made: Callable[[int], dict[str, Shape]], kind: Kind, twins: Path) -> None:
    def one_size(count: int) -> int:
        checkpoint = Checkpoint(Path("file"), kind, made(count))

        def pair_both() -> tuple[Fit, ...]:
            modules = Modules(checkpoint)
            networks = [fit(graph.spec.name, placed, modules) for graph, placed in specs]
            return tuple(one for weights in networks for one in weights.misfits)

        return steps(pair_both)

    graphs = [archcalc.load(spec).graph for spec in ("lenet_d2l", twins)]
    specs = [(graph, place(graph)) for graph in graphs]
    one_size(100)
    assert one_size(4000) < 5 * one_size(1000)
