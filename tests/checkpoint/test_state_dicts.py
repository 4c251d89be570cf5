"""Which of the mappings in a file is taken for its state_dict."""

from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import nn

from archcalc.checkpoint.read import read
from archcalc.errors import ArchError
from tests.checkpoint.files import saved

NET = {"weight": torch.zeros(2, 3), "bias": torch.zeros(2)}
OTHER = {"weight": torch.ones(2, 3), "bias": torch.ones(2)}
SMALL = {"weight": torch.zeros(2, 3)}
SHAPES = {"weight": (2, 3), "bias": (2,)}


def itself() -> Any:
    """A mapping that contains itself, beside its state_dict."""
    made: dict[str, Any] = {"model": NET}
    made["self"] = made
    made["list"] = [made, [made]]
    return made


def optimizer() -> Any:
    net = nn.Linear(3, 2)
    made = torch.optim.Adam(net.parameters())
    net(torch.zeros(1, 3)).sum().backward()
    made.step()
    return made.state_dict()


# what a file has, the key that is taken, and the others with how many tensors they have
CHOSEN: dict[str, tuple[Any, str | None, dict[str | None, int]]] = {
    "nothing else": (NET, None, {}),
    "a number beside it": ({"state_dict": NET, "best_acc1": torch.tensor(0.5)}, "state_dict", {None: 1}),
    "model": ({"model": NET, "epoch": 3}, "model", {}),
    "net": ({"net": NET, "acc": 93.1}, "net", {}),
    "weights": ({"weights": NET}, "weights", {}),
    "deep": ({"run": {"model": {"state_dict": NET}}}, "run.model.state_dict", {}),
    "an average after it": ({"model": NET, "model_ema": OTHER}, "model", {"model_ema": 2}),
    "an average before it": ({"model_ema": OTHER, "model": NET}, "model", {"model_ema": 2}),
    "state_dict_ema": ({"state_dict_ema": OTHER, "state_dict": NET}, "state_dict", {"state_dict_ema": 2}),
    "ema": ({"ema": {"shadow": OTHER}, "net": NET}, "net", {"ema.shadow": 2}),
    "only an average": ({"model_ema": NET, "decay": 0.9}, "model_ema", {}),
    "schema is no average": ({"schema": NET, "swa": OTHER}, "schema", {"swa": 2}),
    "the larger": ({"discriminator": SMALL, "generator": NET}, "generator", {"discriminator": 1}),
    "a larger average": ({"model": SMALL, "model_ema": NET}, "model_ema", {"model": 1}),
    "the first of equals": ({"generator": NET, "discriminator": OTHER}, "generator", {"discriminator": 2}),
    "a list": ([SMALL, NET], "1", {"0": 1}),
    "a tuple in a dict": ({"nets": (SMALL, NET)}, "nets.1", {"nets.0": 1}),
    "a list that is saved with numbers": ([3, NET, None], "1", {}),
    "a mapping that has itself": (itself(), "model", {}),
    "the same twice": ({"state_dict": NET, "best": NET}, "state_dict", {}),
    "an optimizer beside it": ({"optimizer": optimizer(), "model": NET}, "model", {}),
    "optimizers in a list": ({"optimizer_states": [optimizer()], "state_dict": NET}, "state_dict", {}),
    "tensors without names": ({0: torch.zeros(2), "model": NET, ("a", 1): torch.zeros(1)}, "model", {}),
    "an averaged model": (
        {"n_averaged": torch.tensor(3), **{f"module.{name}": tensor for name, tensor in NET.items()}},
        None,
        {},
    ),
}


@pytest.mark.parametrize("what", CHOSEN)
def test_the_state_dict_that_is_taken(what: str, tmp_path: Path) -> None:
    value, key, others = CHOSEN[what]
    found = read(saved(tmp_path / "some.pth", value))
    assert {name.removeprefix("module."): shape for name, shape in found.tensors.items()} == SHAPES
    assert found.key == key
    assert {".".join(keys) or None: count for keys, count in found.others} == others


TWO = {"model": NET, "model_ema": OTHER, "heads": [SMALL]}


@pytest.mark.parametrize("key", ["model", "model_ema", "heads.0"])
def test_the_key_that_is_named(key: str, tmp_path: Path) -> None:
    found = read(saved(tmp_path / "some.pth", TWO), key)
    assert (found.key, len(found.tensors)) == (key, 1 if key == "heads.0" else 2)
    assert {".".join(keys) for keys, _ in found.others} == {"model", "model_ema", "heads.0"} - {key}


def test_a_key_with_dots_of_its_own(tmp_path: Path) -> None:
    found = read(saved(tmp_path / "some.pth", {"a.b": {"c": NET}}), "a.b.c")
    assert found.keys == ("a.b", "c")


KEYS: dict[str, tuple[Any, str, str]] = {
    "another": (TWO, "weights", "has no tensors under the key 'weights' (it has model, model_ema and heads.0)"),
    "nearly": (TWO, "modelema", "has no tensors under the key 'modelema'; did you mean 'model_ema'?"),
    "empty": (TWO, "", "has no tensors under the key '' (it has model, model_ema and heads.0)"),
    "of no tensors": (TWO, "heads", "has no tensors under the key 'heads'; did you mean 'heads.0'?"),
    "none at all": (NET, "model", "has no tensors under the key 'model' (its tensors have none)"),
    "of an optimizer": (
        {"optimizer": optimizer(), "model": NET},
        "optimizer",
        "has no tensors under the key 'optimizer' (it has model)",
    ),
    "of a file that is none": ([1], "model", "has no tensors with names, as a state_dict has"),
    "many": (
        {f"net{i}": {**NET} for i in range(30)},
        "weights",
        "has no tensors under the key 'weights' (it has net0, net1, net2, net3, net4, net5, net6, net7 "
        "and 22 more keys)",
    ),
    "with control characters": (
        {"\x1b[31m": NET},
        "weights",
        "has no tensors under the key 'weights' (it has \\x1b[31m)",
    ),
}


@pytest.mark.parametrize("what", KEYS)
def test_keys_that_are_not_there(what: str, tmp_path: Path) -> None:
    value, key, message = KEYS[what]
    path = saved(tmp_path / "some.pth", value)
    with pytest.raises(ArchError) as raised:
        read(path, key)
    assert str(raised.value) == f"{path} {message}"


def test_a_safetensors_file_has_no_keys(tmp_path: Path) -> None:
    path = tmp_path / "some.safetensors"
    safetensors.torch.save_file(NET, path)
    with pytest.raises(ArchError, match=r"is a \.safetensors file, in which tensors are under no key"):
        read(path, "model")


NONE = "has no tensors with names, as a state_dict has"
OPTIMIZER = "but no weights of a network: name the file with model.state_dict()"
NOTHING: dict[str, tuple[Any, str]] = {
    "a tensor": (torch.zeros(3), NONE),
    "tensors in a list": ([torch.zeros(2)], NONE),
    "numbers": ({"epoch": 3}, NONE),
    "an empty mapping": ({}, NONE),
    "None": (None, NONE),
    "mappings": ({"model": {"optimizer": 1}}, NONE),
    "numbered tensors": ({0: torch.zeros(2)}, NONE),
    "too deep": ({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": NET}}}}}}}}}, NONE),
    "an optimizer": (optimizer(), f"has the state of an optimizer, {OPTIMIZER}"),
    "an optimizer under a key": (
        {"epoch": 1, "opt": optimizer()},
        f"has the state of an optimizer under opt, {OPTIMIZER}",
    ),
}


@pytest.mark.parametrize("what", NOTHING)
def test_files_without_a_state_dict(what: str, tmp_path: Path) -> None:
    value, message = NOTHING[what]
    path = saved(tmp_path / "other.pth", value)
    with pytest.raises(ArchError) as raised:
        read(path)
    assert str(raised.value) == f"{path} {message}"
