"""cuda-convnet's layer files: those that its author published, against the specs that were written after them."""

from pathlib import Path

import pytest
from hypothesis import given, settings

import archcalc
from tests.commands import run
from tests.exchange.readers import FOLDER, fault_of, is_refused_or_sound, network, spoilt, text_of

CFG = FOLDER / "cuda_convnet"


def test_the_weird_trick_is_the_spec_that_is_written_by_hand() -> None:
    ours, theirs = archcalc.load("alexnet_cuda_convnet2"), network(CFG / "layers-imagenet-1gpu.cfg", (3, 224, 224))
    assert [(row.op, row.output_shape, row.params, row.macs) for row in theirs.table().rows if row.macs] == [
        (row.op, row.output_shape, row.params, row.macs) for row in ours.table().rows if row.macs
    ]
    norms = [one.spec.layers[1].layer for one in (ours, theirs)]
    assert norms[0] == norms[1]  # with scale, pow and minDiv of the other file


@pytest.mark.parametrize("name", ["2gpu-data", "4gpu-data", "4gpu-data-model"])
def test_several_devices_compute_the_same(name: str) -> None:
    totals = network(CFG / f"layers-imagenet-{name}.cfg", (3, 224, 224)).table().totals
    assert (totals.params, totals.macs) == (61_100_840, 714_188_480)


def test_two_columns_are_those_of_the_paper_but_for_its_filters() -> None:
    network_ = network(CFG / "layers-imagenet-2gpu-model.cfg", (3, 224, 224))
    nodes = {node.name: node for node in network_.graph.nodes}
    assert nodes["cnorm2a"].layer.op == "local_response_norm2d"
    assert (nodes["cnorm2a"].layer.alpha, nodes["rnorm1a"].layer.k) == (0.001, 2)  # of the other file
    assert network_.fault is None


def test_local_layers_are_those_of_the_spec() -> None:
    ours, theirs = archcalc.load("cuda_convnet_11pct"), network(CFG / "layers-cifar10-11pct.cfg", (3, 24, 24))
    assert [(row.output_shape, row.params, row.macs) for row in theirs.table().rows if row.params] == [
        (row.output_shape, row.params, row.macs)
        for row in ours.with_(input_shape=(3, 24, 24)).table().rows
        if row.params
    ]


def cfg(folder: Path, *sections: str) -> Path:
    path = folder / "net.cfg"
    path.write_text("\n\n".join(["[data]\ntype=data\ndataIdx=0", *sections]), encoding="utf-8")
    return path


CONV = "[c]\ntype=conv\ninputs=data\nchannels=3\nfilters=4\nfilterSize=3"


@pytest.mark.parametrize(
    ("neuron", "ops"),
    [
        ("relu", "relu"),
        ("logistic", "sigmoid"),
        ("ident", ""),
        ("tanh[1,1]", "tanh"),
        ("tanh[1.7159,0.6667]", "times tanh times"),
        ("brelu[2]", "hardtanh"),
        ("linear[3,0]", "times"),
        ("softrelu", "softplus"),
        ("abs", "abs"),
    ],
)
def test_neurons_follow_their_layer(tmp_path: Path, neuron: str, ops: str) -> None:
    nodes = network(cfg(tmp_path, f"{CONV}\nneuron={neuron}"), (3, 8, 8)).graph.nodes
    assert " ".join(node.layer.op for node in nodes) == f"conv2d {ops}".strip()


def test_numbers_of_neurons_are_kept(tmp_path: Path) -> None:
    written = text_of(cfg(tmp_path, f"{CONV}\nneuron=tanh[1.7159, 0.6667]"), (3, 8, 8))
    assert "op: times, number: 0.6667, activation: tanh}" in written
    assert "op: times, number: 1.7159}" in written


@pytest.mark.parametrize(
    ("size", "stride", "start", "out"),
    [(3, 2, 0, 4), (2, 2, 0, 4), (3, 3, 0, 3), (3, 2, -1, 4), (3, 2, -2, 5)],
)
def test_pools_round_up(tmp_path: Path, size: int, stride: int, start: int, out: int) -> None:
    # layer.py: outputsX = int(ceil((imgSize - start - sizeX) / float(stride))) + 1
    pool = f"[p]\ntype=pool\npool=max\ninputs=data\nchannels=3\nsizeX={size}\nstride={stride}\nstart={start}"
    (row,) = network(cfg(tmp_path, pool), (3, 8, 8)).table().rows
    assert row.output_shape == (3, out, out)


def test_several_inputs_of_a_layer_are_side_by_side(tmp_path: Path) -> None:
    one, other = (CONV.replace("[c]", f"[c{n}]") for n in "ab")
    both = "[d]\ntype=conv\ninputs=ca,cb\nchannels=4,4\nfilters=2,2\nfilterSize=3,3\npadding=1,1"
    rows = network(cfg(tmp_path, one, other, both), (3, 8, 8)).table().rows
    assert [(row.name, row.output_shape, row.params) for row in rows[2:]] == [
        ("d_inputs", (8, 6, 6), 0),
        ("d", (2, 6, 6), 2 * 8 * 9 + 2),
    ]


def test_weights_of_a_source_are_counted_once(tmp_path: Path) -> None:
    other = CONV.replace("[c]", "[e]") + "\nweightSource=c"
    table = network(cfg(tmp_path, CONV, other), (3, 8, 8)).table()
    assert [row.params for row in table.rows] == [4 * 27 + 4, 0]


@pytest.mark.parametrize(
    ("sections", "fault"),
    [
        ([f"{CONV}\nsharedBiases=0"], "net.cfg:11:1: layer c: no layer kind has a bias for each place"),
        ([CONV.replace("channels=3", "channels=4")], "channels is 4, but it reads 3x8x8"),
        (
            [CONV.replace("inputs=data", "inputs=date")],
            "inputs: there is no layer 'date' before it; did you mean 'data'?",
        ),
        ([f"{CONV}\nneuron=reul"], "no layer kind does what the neurons reul do; did you mean 'relu'?"),
        ([f"{CONV}\nneuron=tanh[1]"], "neurons tanh take 2 numbers, got tanh[1]"),
        (["[n]\ntype=cnorm\ninputs=data\nsize=3"], "layer n: no layer kind does what cnorm does"),
        ([CONV, CONV], "[c] is there twice"),
        ([CONV.replace("filters=4", "")], "[c] needs filters=; did you mean 'filterSize'?"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, sections: list[str], fault: str) -> None:
    assert fault in fault_of(cfg(tmp_path, *sections), (3, 8, 8))


def test_the_input_has_to_be_given() -> None:
    done = run("table", str(CFG / "layers-imagenet-1gpu.cfg"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "do not say how large images are: give it, as in --input 3x224x224" in done.stderr


@settings(max_examples=60, deadline=None)
@given(text=spoilt((CFG / "layers-cifar10-11pct.cfg").read_text(encoding="utf-8")))
def test_what_is_spoilt_is_refused_or_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("spoilt") / "net.cfg"
    path.write_text(text, encoding="utf-8")
    is_refused_or_sound(path, (3, 24, 24))
