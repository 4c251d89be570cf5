"""Params and inputs set from outside: by options or after a name; what was set stands in every answer."""

import json
from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchError
from archcalc.spec.settings import parted, with_channels_first
from tests.commands import run, run_here


def test_settings_after_a_name_are_those_of_options() -> None:
    by_word = run("table", "d2l:num_classes=3,input=3x128x128", "--format", "json").stdout
    by_option = run("table", "d2l", "--set", "num_classes=3", "--input", "3x128x128", "--format", "json").stdout
    assert by_word == by_option
    found = json.loads(by_word)
    assert (found["settings"], found["input_shape"]) == ({"num_classes": 3}, [3, 128, 128])
    network = archcalc.load("d2l:num_classes=3,input=3x128x128")
    assert network.spec.label == "alexnet_d2l:num_classes=3,input=3x128x128"
    assert network.table() == archcalc.load("d2l", num_classes=3, input_shape=(3, 128, 128)).table()
    assert network.with_(num_classes=4).graph.output_shape == (4,)
    assert archcalc.load(network.spec.label).table().to_dict() == network.table().to_dict()


@pytest.mark.parametrize(
    "command",
    [["table"], ["explain"], ["solve"], ["export"], ["reconcile"], ["check"], ["compare", "paper"]],
    ids=lambda command: command[0],
)
def test_what_was_set_stands_in_the_heading(command: list[str]) -> None:
    done = run_here(*command, "d2l:num_classes=3")
    assert "d2l:num_classes=3" in done.stdout.partition("\n")[0], done.stdout[:200]
    assert "num_classes" not in run_here(*command, "d2l").stdout.partition("\n")[0]


RECORD = "reports/calibrations/amd-epyc-2-cores-cpu.json"
SETTINGS = "lenet_d2l:num_classes=3,input=1x32x32"


@pytest.mark.parametrize(
    "words",
    [
        "table",
        "explain",
        "memory",
        "memory --plan",
        "memory --convention torchinfo",
        "roofline --device-model h100-sxm",
        f"predict --device-model {RECORD}",
        "solve",
        "solve --layer conv1",
        "reconcile",
        "reconcile --of memory",
        "reconcile --measured 1M",
        "audit",
        "validate --max-params 1M",
        "compare lenet_d2l",
        "sweep --vary conv1.out_channels=6,7",
        "training --images 1000 --batch 10 --epochs 1 --device-model h100-sxm",
    ],
)
def test_what_was_set_stands_in_json(words: str) -> None:
    found = json.loads(run_here(*words.split(), SETTINGS, "--format", "json").stdout)
    (network,) = [one for one in found.get("results") or found.get("networks") or [found] if one["settings"]]
    assert (network["name"], network["settings"]) == ("lenet_d2l", {"num_classes": 3})
    assert network["input_shape"] == [1, 32, 32]
    assert network["spec_hash"] == archcalc.load(SETTINGS).table().to_dict()["spec_hash"]


def test_two_settings_of_one_network_are_compared() -> None:
    found = json.loads(run("compare", "d2l", "d2l:num_classes=2", "--format", "json").stdout)
    first, second = found["networks"]
    assert (first["settings"], second["settings"]) == ({}, {"num_classes": 2})
    assert first["spec_hash"] != second["spec_hash"]
    assert found["same"] == []
    # 4096 * 8 weights and 8 biases fewer
    assert first["totals"]["params"] - second["totals"]["params"] == 8 * 4097


def test_the_hash_is_of_the_input_and_the_layers() -> None:
    def of(*words: str) -> str:
        return str(json.loads(run("table", *words, "--format", "json").stdout)["spec_hash"])

    assert len(of("torchvision")) == 12
    assert of("torchvision:num_classes=1000") == of("torchvision") == of("alexnet_torchvision")
    others = [of(word) for word in ("torchvision:num_classes=9", "torchvision:input=3x227x227", "owt", "paper")]
    assert len({of("torchvision"), *others}) == 5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["d2l:num_classes=3", "--set", "num_classes=3"], "d2l:num_classes=3: num_classes is set twice"),
        (["d2l:num_classes=3,num_classes=4"], "num_classes is set twice"),
        (["d2l:input=3x9x9", "--input", "3x9x9"], "d2l:input=3x9x9: input is set twice"),
        (["d2l:classes=3"], "alexnet_d2l has no param 'classes' to set"),
        (["d2l:num_classes="], "'num_classes=' is not a setting"),
        (["d2l:num_classes=3,"], "'' is not a setting"),
        (["d2l:input=9x9"], "input 9x9 is not like 1x224x224, which the network reads: it has no channels"),
        (["d2l:classes"], "there is no spec 'd2l:classes'"),
    ],
)
def test_settings_that_are_none_are_told(words: list[str], message: str) -> None:
    done = run("table", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"archcalc: {message}")


def test_a_file_may_have_such_a_name(tmp_path: Path) -> None:
    path = tmp_path / "net:a=1.yaml"
    path.write_text("archcalc: 1\ninput: [2]\nlayers: [{name: fc, op: linear, out_features: 3}]\n")
    assert archcalc.load(path).table().totals.params == 9
    assert parted("a:b") == ("a:b", {}, None)


def test_claims_are_not_of_a_network_that_was_changed() -> None:
    assert "claims:" in run("show", "torchvision").stdout
    assert "claims:" not in run("show", "torchvision:num_classes=10").stdout


@pytest.mark.parametrize(
    ("shape", "meant"),
    [
        ((224, 224, 3), (3, 224, 224)),
        ((28, 28, 1), (1, 28, 28)),
        ((227, 227, 4), (4, 227, 227)),
        ((64, 9, 3), (3, 64, 9)),
        ((3, 224, 224), None),
        ((256, 6, 6), None),
        ((256, 1, 1), None),
        ((8, 8, 3), None),
        ((9216,), None),
    ],
)
def test_channels_that_seem_to_be_last(shape: tuple[int, ...], meant: tuple[int, ...] | None) -> None:
    assert with_channels_first(shape) == meant


def test_channels_last_are_told() -> None:
    told = "input 227x227x3 has 227 channels, which come first: write 3x227x227 for 3"
    done = run("table", "caffenet", "--input", "227x227x3")
    assert done.returncode == 2
    assert f"archcalc: caffenet: {told}" in done.stderr
    layers = "[{name: c, op: conv2d, out_channels: 2, kernel_size: 1}]"
    text = f"archcalc: 1\nname: net\ninput: [227, 227, 3]\nlayers: {layers}\n"
    assert told in run("table", "-", stdin=text).stderr
    assert told in str(archcalc.load(text).graph.cautions)


def test_only_activations_and_what_is_shown_decides() -> None:
    def code(*words: str) -> int:
        return run("compare", *words, "--fail-on-diff").returncode

    shown = run("compare", "paper", "caffenet", "--only", "activations").stdout
    assert "activations" in shown.splitlines()[1]
    assert "MACs" not in shown
    # caffenet pools before it normalizes: its norms and pools have other maps, and equal parameters
    assert code("alexnet_caffe", "caffenet") == 1
    assert code("alexnet_caffe", "caffenet", "--only", "params") == 0
    assert code("alexnet_caffe", "caffenet", "--only", "activations") == 1
    assert code("torchvision", "torchvision:input=3x256x256", "--only", "params") == 0
    assert code("torchvision", "torchvision:input=3x256x256", "--only", "shapes") == 1
    comparison = archcalc.compare("torchvision", "torchvision:input=3x256x256", only="params")
    assert (comparison.differ, comparison.differ_as_shown) == (True, False)


def test_notes_can_be_read_from_table_and_list() -> None:
    notes = " ".join(archcalc.load("caffenet").spec.notes.split())
    assert f"\nnotes: {notes}\n" in run("table", "caffenet", "--notes").stdout
    assert notes not in run("table", "caffenet").stdout
    assert notes in run("list", "--notes").stdout
    assert json.loads(run("table", "caffenet", "-f", "json").stdout)["notes"] == notes
    listed = {one["name"]: one["notes"] for one in json.loads(run("list", "-f", "json").stdout)["results"]}
    assert listed["caffenet"] == notes
    with pytest.raises(ArchError):
        archcalc.load("nothing:notes=1")


NET = """
archcalc: 1
name: net
params: {more: 0}
input: [3, 8, 8]
blocks:
  block: {params: {width: 4}, layers: [{name: conv, op: conv2d, out_channels: $width, kernel_size: 3, padding: 1}]}
layers:
  - {name: stem, op: conv2d, out_channels: 4, kernel_size: 3, activation: relu}
  - {name: stage, op: use, block: block, repeat: 2}
  - {name: twice, op: use, layer: stem, from: input}
  - {name: pool, op: max_pool2d, kernel_size: 2}
  - {name: same, op: conv2d, out_channels: 4, kernel_size: 1, padding: same}
  - {name: late, op: relu, when: $more}
"""


@pytest.mark.parametrize(
    ("setting", "layer", "field", "value"),
    [
        ("stem.out_channels=7", "stem", "out_channels", 7),
        ("stem.out_channels=7", "twice", "out_channels", 7),  # the same layer once more
        ("stage.1.conv.kernel_size=1", "stage.1.conv", "kernel_size", (1, 1)),
        ("pool.kernel_size=3", "pool", "stride", (3, 3)),  # which follows the window where it is not given
        ("stage.0.conv.padding=same", "stage.0.conv", "padding", "same"),
        ("stem.bias=false", "stem", "bias", False),
        ("stem.kernel_size.height=1", "stem", "kernel_size", (1, 3)),
        ("pool.kernel_size.width=1", "pool", "stride", (2, 1)),
        ("pool.stride.width=1", "pool", "stride", (2, 1)),
        ("stage.1.conv.padding.left=3", "stage.1.conv", "padding", (1, 1, 3, 1)),
    ],
)
def test_a_field_of_a_layer_is_set(setting: str, layer: str, field: str, value: object) -> None:
    name, _, given = setting.partition("=")
    word: object = {"7": 7, "1": 1, "3": 3, "same": "same", "false": False}[given]
    network = archcalc.load(NET).with_(**{name: word})
    (found,) = (entry.layer for entry in network.spec.layers if entry.name == layer)
    assert getattr(found, field) == value
    other = archcalc.load(NET).spec
    same = [one.layer == two.layer for one, two in zip(network.spec.layers, other.layers, strict=True)]
    assert same.count(False) == (2 if layer in ("stem", "twice") else 1)


@pytest.mark.parametrize(
    ("settings", "layers"),
    [
        ({"stage.repeat": 1}, ["stem", "stem.relu", "stage.0.conv"]),
        ({"stage.repeat": 0}, ["stem", "stem.relu"]),
        ({"stage.repeat": 3, "stage.width": 2}, ["stem", "stem.relu", *(f"stage.{turn}.conv" for turn in range(3))]),
    ],
)
def test_what_a_use_has_of_its_own_is_set(settings: dict[str, int], layers: list[str]) -> None:
    spec = archcalc.load(NET).with_(**settings).spec
    names = [entry.name for entry in spec.layers]
    assert names[: names.index("twice")] == layers
    widths = {entry.layer.out_channels for entry in spec.layers if entry.name.startswith("stage.")}  # type: ignore[attr-defined]
    assert widths == ({settings.get("stage.width", 4)} if settings["stage.repeat"] else set())


CLAIM = """
sources: {me: {cite: me}}
claims: [{what: params, of: LAYER, value: 148, source: me}]
"""


def test_a_claim_about_a_layer_that_a_setting_leaves_out_is_left_out_too() -> None:
    network = archcalc.load(f"{NET}{CLAIM.replace('LAYER', 'stage.1.conv')}")
    assert len(network.with_(**{"stage.repeat": 2}).spec.claims) == 1  # 4 * 4 * 3 * 3 + 4 = 148
    assert network.with_(**{"stage.repeat": 1}).spec.claims == ()
    with pytest.raises(ArchError, match=r"there is no layer 'stage\.9\.conv'"):
        archcalc.load(f"{NET}{CLAIM.replace('LAYER', 'stage.9.conv')}")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("stem.out_chanels=7", "layer stem: conv2d has no field 'out_chanels' to set; did you mean 'out_channels'?"),
        ("stem.out_channels=0", "layer stem: out_channels must be an integer >= 1, got 0, which is set"),
        ("stems.out_channels=7", "there is no layer 'stems' to set a field of; did you mean 'stem'?"),
        ("stage.2.conv.stride=2", "there is no layer 'stage.2.conv' to set a field of; did you mean 'stage.1.conv'?"),
        ("late.inplace=1", "there is no layer 'late' to set a field of; its when leaves it out"),
        ("stem.relu.slope=1", "stem.relu has no fields of its own to set"),
        ("twice.stride=1", "layer twice: there is no 'stride' of it to set (it has repeat)"),
        ("stage.wide=3", "layer stage: there is no 'wide' of it to set; did you mean 'width'?"),
        ("stage.repeat=x", "layer stage: repeat must be an integer >= 0, got text 'x'"),
        ("stage.width=0", "layer conv: out_channels must be an integer >= 1, got 0 from $width"),
        ("stem.kernel_size.hight=3", "layer stem: kernel_size has no number 'hight' to set; did you mean 'height'?"),
        ("stem.kernel_size.top=3", "layer stem: kernel_size has no number 'top' to set (it has height, width)"),
        ("stem.bias.height=1", "layer stem: bias has no number 'height' to set"),
        (
            "stem.kernel_size.height=0",
            "layer stem: kernel_size must be an integer >= 1 or [height, width], got [0, 3], which is set",
        ),
        ("same.padding.top=1", "layer same: padding is same, of which no number can be set, which is set"),
    ],
)
def test_a_field_that_cannot_be_set_is_said(tmp_path: Path, setting: str, message: str) -> None:
    (tmp_path / "net.yaml").write_text(NET, encoding="utf-8")
    done = run_here("table", str(tmp_path / "net.yaml"), "--set", setting)
    assert done.returncode == 2
    assert done.stderr.partition(": ")[2] == f"{message}\n"
