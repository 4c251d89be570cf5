"""archcalc card: every figure is that of the command that it is from, and a checkpoint is what it is said to be."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch

import archcalc
from archcalc.errors import ArchError
from archcalc.network import Network
from archcalc.pytorch.build import build
from tests.commands import run
from tests.conftest import BUNDLED
from tests.goldens import same_as_golden
from tests.pages import sections
from tests.sizes import by_size

DOCUMENT: dict[str, Any] = {
    "archcalc": 1,
    "name": "net",
    "input": [3, 8, 8],
    "layers": [{"name": "conv", "op": "conv2d", "out_channels": 4, "kernel_size": 3}],
}


def network(**more: Any) -> Network:
    return archcalc.load(DOCUMENT | more)


@pytest.mark.parametrize("name", by_size(BUNDLED, ["lenet_d2l", "alexnet_paper", "googlenet"]))
def test_figures_are_those_of_other_commands(name: str) -> None:
    found = archcalc.load(name)
    card, totals = found.card().to_dict(), found.table().totals
    assert {key: card[key] for key in totals._fields} == totals._asdict()
    by_all = {one.convention.name: one.cost for one in found.table(convention="all").by_all}
    assert {one["name"]: one["total"] for one in card["conventions"]} == by_all
    assert card["inference_bytes"] == found.memory().peak
    if name == "alexnet_owt_bn":  # whose batch norms of features do not train on one example
        assert card["training_bytes"] is None
    else:
        assert card["training_bytes"] == found.memory("train").peak
    assert card["claims"] == found.audit().to_dict()["claims"]


def test_the_page(update_golden: bool) -> None:
    result = run("card", "lenet_d2l")
    assert (result.returncode, result.stderr) == (0, "")
    same_as_golden("card_lenet_d2l.md", result.stdout, update_golden)
    assert result.stdout == archcalc.load("lenet_d2l").card().markdown()


def test_of_many_layers_it_has_sums() -> None:
    page = archcalc.load("resnet50").card().markdown()
    assert "| conv2d (53) | 23,454,912 | 4,087,136,256 |" in page  # as archcalc table resnet50 has them below
    assert "to see all 175 layers" in page
    assert "layer1.0" not in page


def test_what_torch_does_not_run_has_no_memory() -> None:
    """A batch norm does not train on one example of one place: "Expected more than 1 value per channel"."""
    layers = [{"name": "norm", "op": "batch_norm2d"}]
    found = network(input=[3, 1, 1], layers=layers).card()
    assert found.inference is not None
    assert (found.to_dict()["inference_bytes"], found.to_dict()["training_bytes"]) == (found.inference.total, None)
    assert "memory of inference" in found.markdown()
    assert "memory of training" not in found.markdown()


def test_a_checkpoint_that_fits(tmp_path: Path) -> None:
    file = tmp_path / "net.pth"
    torch.save(build(network().graph).state_dict(), file)
    (tmp_path / "net.yaml").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    result = run("card", str(tmp_path / "net.yaml"), "--checkpoint", str(file))
    assert (result.returncode, result.stderr) == (0, "")
    assert f"- net.pth, {file.stat().st_size:,} B\n" in result.stdout
    assert f"- SHA-256 `{hashlib.sha256(file.read_bytes()).hexdigest()}`\n" in result.stdout
    assert "- 2 of 2 tensors of the network are in it with their shapes, and no others\n" in result.stdout


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        (
            {"conv.weight": (5, 3, 3, 3), "conv.bias": (5,)},
            "0 of 2 tensors of the network are in it with their shapes; its last layer has 5 outputs, which may be set",
        ),
        (
            {"conv.weight": (4, 3, 3, 3), "conv.bias": (4,), "fc.weight": (2, 2)},
            "2 of 2 tensors of the network are in it with their shapes; what does not fit is fc.weight",
        ),
    ],
)
def test_a_checkpoint_that_does_not(tensors: dict[str, tuple[int, ...]], words: str, tmp_path: Path) -> None:
    file = tmp_path / "other.pth"
    torch.save({name: torch.zeros(shape) for name, shape in tensors.items()}, file)
    (tmp_path / "net.yaml").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    result = run("card", str(tmp_path / "net.yaml"), "--checkpoint", str(file))
    assert result.returncode == 1
    assert result.stderr == f"archcalc: {file} is not of net: {words}\n"
    assert f"- {words}\n" in result.stdout
    assert network().card(file).to_dict()["checkpoint"]["fits"] is False


def test_a_checkpoint_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ArchError, match="cannot be read: no such file or directory"):
        network().card(tmp_path / "none.pth")
    result = run("card", "lenet_d2l", "--key", "model")
    assert (result.returncode, result.stderr) == (2, "archcalc: --key goes with --checkpoint\n")


def test_it_says_how_it_was_made(tmp_path: Path) -> None:
    (tmp_path / "my net.yaml").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    file = str(tmp_path / "my net.yaml")
    assert f"- made by `archcalc card '{file}'`\n" in run("card", file).stdout
    assert "- made by `archcalc card d2l:num_classes=2`\n" in run("card", "d2l", "--set", "num_classes=2").stdout
    assert "made by" not in network().card().markdown()


def test_weights_are_as_large_as_torch_has_them() -> None:
    """Counts of batches are 64-bit integers: 8 bytes each, of 20 batch norms."""
    found = archcalc.load("resnet18").card().to_dict()
    tensors = build(archcalc.load("resnet18").graph).state_dict().values()
    assert found["weight_bytes"] == sum(one.numel() * one.element_size() for one in tensors)
    assert found["weight_bytes"] == 4 * (found["params"] + found["buffers"]) + 20 * 4


def test_the_receptive_field_is_of_the_last_layer_with_places() -> None:
    page = archcalc.load("torchvision").card().markdown()
    assert "| receptive field | 195, jump 32 | what an output of avgpool sees of the input" in page


def test_what_is_no_address_of_a_page_is_no_link() -> None:
    source = {"title": "a page", "url": "javascript:alert(1)"}
    assert "javascript" not in network(sources={"s": source}).card().markdown()
    linked = network(sources={"s": source | {"url": "https://example.org/a"}}).card().markdown()
    assert "[a page](https://example.org/a)" in linked


def test_titles_and_notes_are_text() -> None:
    page = network(title="<script> *a* | [b](c)", notes="# `d` ~e~ $f$ & <g>").card().markdown()
    assert page.startswith("# \\<script> \\*a\\* \\| \\[b\\](c)\n")
    assert "\\`d\\` \\~e\\~ \\$f\\$ \\& \\<g>" in page


def test_other_formats_have_its_sheets(tmp_path: Path) -> None:
    for ending, start in (
        (".html", "<!doctype html>"),
        (".json", '{\n  "archcalc"'),
        (".csv", "figure,value,what\nparameters,61706,"),
    ):
        file = tmp_path / f"card{ending}"
        assert run("card", "lenet_d2l", "-o", str(file)).returncode == 0
        assert file.read_text(encoding="utf-8").startswith(start)


def test_the_keys_are_documented() -> None:
    card = archcalc.load("lenet_d2l").card().to_dict()
    section = sections("json.md")["card"]
    assert [key for key in sorted({*card} - {"archcalc", "schema"}) if not re.search(rf"`{key}`", section)] == []


def test_a_frame_has_the_figures() -> None:
    frame = archcalc.load("lenet_d2l").card().to_frame()
    assert frame.figure[0] == "parameters"
    assert (frame.value[0], frame.text[0]) == (61_706, "61,706")
