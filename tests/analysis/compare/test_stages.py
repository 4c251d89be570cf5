"""Networks that have too little in common for their layers to stand side by side: their stages do."""

import json

import archcalc
from archcalc.analysis.compare.stages import in_stages
from tests.commands import run

NAMES = ("lenet_d2l", "alexnet_d2l", "vgg11_d2l", "resnet18_d2l")
TABLES = [archcalc.load(name).table() for name in NAMES]


def test_stages_hold_every_layer_once() -> None:
    stages = in_stages(TABLES)
    for place, table in enumerate(TABLES):
        own = [stage.stages[place] for stage in stages]
        assert sum(one.layers for one in own if one) == len(table.rows)
        for count in table.totals._fields:
            assert sum(getattr(one.totals, count) for one in own if one) == getattr(table.totals, count)


def test_a_stage_is_of_the_nearest_power_of_two() -> None:
    stages = {stage.reduction: stage.stages for stage in in_stages(TABLES)}
    assert [*stages] == [1, 2, 4, 8, 16, 32, None]
    # 28 / 10 = 2.8 is nearer to 2 than to 4, of which the geometric mean is 2.83; 224 / 54 = 4.1, 224 / 12 = 18.7
    shapes = {reduction: [one and one.output_shape for one in several] for reduction, several in stages.items()}
    assert shapes[2] == [(16, 10, 10), None, (128, 112, 112), (64, 48, 48)]
    assert shapes[4] == [(16, 5, 5), (96, 54, 54), (256, 56, 56), (64, 24, 24)]
    assert shapes[16] == [None, (256, 12, 12), (512, 14, 14), (256, 6, 6)]
    # d2l's VGG-11: 3 * 64 * 9 + 64 = 1,792 with colours, 640 without; 64 * 128 * 9 + 128 = 73,856
    vgg = {reduction: several[2] for reduction, several in stages.items()}
    assert [one.totals.params for one in vgg.values() if one][:2] == [640, 73_856]


def test_networks_apart_are_shown_by_stage() -> None:
    done = run("compare", *NAMES)
    assert done.returncode == 0
    title, header, _, first, *_ = done.stdout.splitlines()
    assert title.startswith("lenet_d2l (1x28x28), alexnet_d2l (1x224x224)")
    assert header.split()[:3] == ["stage", "lenet_d2l:", "output"]
    assert first.split()[:5] == ["1", "6x28x28", "2", "156", "117,600"]
    assert "stages and totals are compared" in done.stdout
    made = json.loads(run("compare", *NAMES, "--format", "json").stdout)
    assert made["apart"]
    assert [stage["reduction"] for stage in made["stages"]] == [1, 2, 4, 8, 16, 32, None]
    assert made["stages"][0]["networks"][1] is None
    assert made["stages"][-1]["networks"][0]["params"] == 59_134


def test_stages_of_one_count_only() -> None:
    done = run("compare", *NAMES, "--only", "activations", "--format", "csv")
    header, first, *_ = done.stdout.splitlines()
    assert header == "stage,network,output,layers,activations"
    assert first == "1,lenet_d2l,6x28x28,2,9408"  # 6 * 28 * 28 twice
    alike = json.loads(run("compare", "alexnet_owt", "alexnet_paper", "--format", "json").stdout)
    assert (alike["apart"], alike["stages"]) == (False, [])


def test_networks_of_features_have_one_stage() -> None:
    one = archcalc.load("archcalc: 1\ninput: [8]\nlayers: [{name: a, op: relu}]\n").table()
    assert [stage.reduction for stage in in_stages([one])] == [None]
