"""The language: what valid files mean, and that showing a spec is a fixed point."""

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
import torchvision
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc.analysis.audit.claims import judge
from archcalc.exchange.yaml import document, to_json, to_yaml
from archcalc.spec.catalogue import Catalogue
from archcalc.spec.reading import plain
from archcalc.spec.schema import schema
from archcalc.spec.text import decode, parse
from tests.conftest import BUNDLED, ROOT, SPECS
from tests.sizes import by_size
from tests.spec.test_spec_files import INVALID_FILES

VALID = ROOT / "tests" / "specs" / "valid"
VALID_FILES = sorted(VALID.glob("*.*"))
assert VALID_FILES, "no valid specs found"
ALL_FILES = [*VALID_FILES, *(SPECS / f"{name}.yaml" for name in BUNDLED)]

TORCHVISION = [name for name in BUNDLED if name in torchvision.models.list_models()]


@pytest.mark.parametrize("name", by_size(TORCHVISION))
def test_blocks_and_branches_make_torchvisions_networks(name: str) -> None:
    network = archcalc.load(name)
    totals = network.table().totals
    keywords = {"aux_logits": False, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
    with torch.device("cpu" if name.startswith("regnet") else "meta"):  # a RegNet computes its widths with tensors
        theirs = getattr(torchvision.models, name)(**keywords).eval().to("meta")
    with FlopCounterMode(display=False) as counter:
        theirs(torch.empty(1, *network.spec.input_shape, device="meta"))
    assert totals.params == sum(p.numel() for p in theirs.parameters())
    assert totals.buffers == sum(b.numel() for b in theirs.buffers())
    assert totals.flops == counter.get_total_flops()


@pytest.mark.parametrize("path", by_size(ALL_FILES))
def test_a_shown_spec_is_a_fixed_point(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = archcalc.load(path)
    for write in (to_yaml, to_json):
        shown = write(network.spec)
        again = _from_stdin(shown, monkeypatch)
        assert write(again.spec) == shown
        assert again.table().rows == network.table().rows
        assert document(again.spec) == document(network.spec)


def _from_stdin(text: str, monkeypatch: pytest.MonkeyPatch) -> archcalc.Network:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
    return archcalc.Network(Catalogue().load("-"))


@pytest.mark.parametrize("path", ALL_FILES, ids=lambda path: path.name)
def test_the_schema_accepts_every_valid_file(path: Path) -> None:
    tree = parse(path.read_text(encoding="utf-8"), path.name)
    jsonschema.validate(plain(tree), schema(), cls=jsonschema.Draft7Validator)


def test_the_schema_is_a_draft_07_schema() -> None:
    jsonschema.Draft7Validator.check_schema(schema())


def test_the_committed_schema_is_current() -> None:
    committed = json.loads((SPECS / "archcalc.schema.json").read_text(encoding="utf-8"))
    assert committed == schema(), "run: archcalc schema --output specs/archcalc.schema.json"


def test_the_schema_refuses_much_that_the_reader_refuses() -> None:
    """Editors should mark most faults; the reader refuses every one of these files."""
    validator = jsonschema.Draft7Validator(schema())
    refused = [path.name for path in INVALID_FILES if not _schema_accepts(validator, path)]
    # most of the others need shapes, params, or the names of other layers
    assert len(refused) > 0.45 * len(INVALID_FILES)


def _schema_accepts(validator: Any, path: Path) -> bool:
    try:
        tree = parse(decode(path.read_bytes(), path.name), path.name)
    except archcalc.ArchError:
        return False
    return bool(validator.is_valid(plain(tree)))


def spec(tmp_path: Path, body: str, name: str = "net") -> archcalc.Network:
    path = tmp_path / f"{name}.yaml"
    path.write_text(f"archcalc: 1\nname: {name}\n{body}", encoding="utf-8")
    return archcalc.load(path)


def test_params_are_set_in_order_and_from_outside(tmp_path: Path) -> None:
    body = """
params: {width: 8, wide: $(width * 2 + 1)}
input: [3, 8, 8]
layers: [{name: conv, op: conv2d, out_channels: $wide, kernel_size: $(width // 3)}]
"""
    assert spec(tmp_path, body).graph.output_shape == (17, 7, 7)
    assert archcalc.load(tmp_path / "net.yaml", width=9).graph.output_shape == (19, 6, 6)


def test_defaults_are_house_rules_that_a_layer_may_break(tmp_path: Path) -> None:
    body = """
input: [3, 8, 8]
defaults: {conv2d: {bias: false, activation: relu, kernel_size: 3}}
layers:
  - {name: a, op: conv2d, out_channels: 4}
  - {name: b, op: conv2d, out_channels: 4, bias: true, activation: null, kernel_size: 1}
"""
    rows = spec(tmp_path, body).table().rows
    assert [(row.name, row.params) for row in rows] == [("a", 4 * 3 * 9), ("a.relu", 0), ("b", 4 * 4 + 4)]


def test_names_in_structures_and_what_they_hand_on(tmp_path: Path) -> None:
    body = """
input: [2, 8, 8]
blocks:
  pair:
    params: {channels: 3}
    layers:
      - {name: a, op: conv2d, out_channels: $channels, kernel_size: 1, activation: relu}
      - {name: b, op: conv2d, out_channels: $channels, kernel_size: 1}
layers:
  - {name: first, op: use, block: pair}
  - {name: more, op: use, block: pair, repeat: 2, with: {channels: 5}}
  - {name: none, op: use, block: pair, repeat: 0}
  - name: split
    op: branches
    merge: concat
    from: first
    paths: [[], [{name: c, op: relu}], [{name: d, op: relu, from: more}]]
  - {name: end, op: add, from: [more, more], activation: tanh}
"""
    rows = {row.name: row for row in spec(tmp_path, body).table().rows}
    assert list(rows) == [
        *("first.a", "first.a.relu", "first.b"),
        *("more.0.a", "more.0.a.relu", "more.0.b", "more.1.a", "more.1.a.relu", "more.1.b"),
        *("split.c", "split.d", "split", "end", "end.tanh"),
    ]
    assert rows["more.0.a"].inputs == ("first.b",)
    assert rows["split"].inputs == ("first.b", "split.c", "split.d")
    assert rows["split"].output_shape == (3 + 3 + 5, 8, 8)
    assert rows["end"].inputs == ("more.1.b", "more.1.b")


def test_a_layer_list_in_a_param_sees_the_params_of_where_it_is_written(tmp_path: Path) -> None:
    body = """
params: {width: 7}
input: [2, 8, 8]
blocks:
  wrap:
    params: {width: 3, body: null}
    layers: [$body, {name: last, op: conv2d, out_channels: $width, kernel_size: 1}]
layers:
  - name: outer
    op: use
    block: wrap
    with: {body: [{name: first, op: conv2d, out_channels: $width, kernel_size: 1}]}
"""
    rows = spec(tmp_path, body).table().rows
    assert [(row.name, row.output_shape[0]) for row in rows] == [("outer.first", 7), ("outer.last", 3)]


def test_a_variant_overrides_removes_and_inserts(tmp_path: Path) -> None:
    spec(
        tmp_path,
        """
aliases: [parent]
params: {classes: 10}
input: [1, 8, 8]
layers:
  - {name: conv, op: conv2d, out_channels: 4, kernel_size: 3, padding: 1}
  - {name: pool, op: max_pool2d, kernel_size: 2}
  - {name: split, op: branches, merge: add, paths: [[], [{name: inner, op: conv2d, out_channels: 4, kernel_size: 1}]]}
  - {name: flatten, op: flatten}
  - {name: fc, op: linear, out_features: $classes}
""",
        "base",
    )
    child = spec(
        tmp_path,
        """
extends: base
params: {classes: 5}
input: [3, 8, 8]
override:
  conv: {padding: null, out_channels: 6}
  split.inner: {out_channels: 6}
remove: [pool]
insert:
  - {after: input, layers: [{name: pad, op: zero_pad2d, padding: 1}]}
  - {after: pool, layers: [{name: mean, op: avg_pool2d, kernel_size: 2}]}
  - {after: split.inner, layers: [{name: act, op: relu}]}
""",
        "child",
    )
    assert child.spec.aliases == ()
    assert [(row.name, row.output_shape) for row in child.table().rows] == [
        ("pad", (3, 10, 10)),
        ("conv", (6, 8, 8)),
        ("mean", (6, 4, 4)),
        ("split.inner", (6, 4, 4)),
        ("split.act", (6, 4, 4)),
        ("split", (6, 4, 4)),
        ("flatten", (96,)),
        ("fc", (5,)),
    ]


def test_yaml_reads_words_as_yaml_1_2_does(tmp_path: Path) -> None:
    body = """
title: 12:30:45
notes: "on"
sources: {s: {title: x, version: 2.10, commit: 9e89154}}
input: [6, 4, 4]
layers: [{name: norm, op: local_response_norm, size: 5, alpha: 1e-4, beta: .75, alpha_per: sum}]
"""
    read = spec(tmp_path, body).spec
    assert (read.title, read.notes) == ("12:30:45", "on")
    assert (read.sources["s"].version, read.sources["s"].commit) == ("2.10", "9e89154")
    assert vars(read.layers[0].layer)["alpha"] == 1e-4


def test_json_is_read_by_the_same_reader(tmp_path: Path) -> None:
    data = {
        "archcalc": 1,
        "name": "net",
        "title": "a 😀 title",
        "input": [1, 5, 5],
        "layers": [{"name": "conv", "op": "conv2d", "out_channels": 2, "kernel_size": [3, 1]}],
    }
    for text in (json.dumps(data), json.dumps(data, indent="\t"), json.dumps(data, ensure_ascii=False, indent=2)):
        path = tmp_path / "net.json"
        path.write_text(text, encoding="utf-8")
        network = archcalc.load(path)
        assert network.spec.title == "a 😀 title"
        assert network.graph.output_shape == (2, 3, 5)


def test_inserts_after_one_layer_follow_each_other(tmp_path: Path) -> None:
    spec(tmp_path, "input: [4]\nlayers: [{name: a, op: relu}, {name: b, op: relu}]\n", "base")
    body = """
extends: base
insert:
  - {after: a, layers: [{name: one, op: tanh}]}
  - {after: a, layers: [{name: two, op: tanh}]}
"""
    assert [row.name for row in spec(tmp_path, body, "child").table().rows] == ["a", "one", "two", "b"]


def test_a_list_of_layers_may_be_made_of_others(tmp_path: Path) -> None:
    body = """
params: {one: [{name: a, op: relu}], both: [$one, {name: b, op: tanh}], alone: [$one]}
input: [4]
blocks:
  wrap: {params: {body: null}, layers: [$body]}
layers:
  - $both
  - {name: w, op: use, block: wrap, with: {body: $alone}}
  - {name: v, op: use, block: wrap, with: {body: [{name: inner, op: use, block: wrap, with: {body: [$one]}}]}}
"""
    assert [row.name for row in spec(tmp_path, body).table().rows] == ["a", "b", "w.a", "v.inner.a"]


BASE = """
input: [3, 8, 8]
defaults: {conv2d: {bias: false, activation: relu}}
blocks: {p: {layers: [{name: a, op: relu}]}}
layers:
  - {name: c, op: conv2d, out_channels: 4, kernel_size: 3}
  - {name: u, op: use, block: p}
"""


def test_a_variant_changes_what_house_rules_give(tmp_path: Path) -> None:
    spec(tmp_path, BASE, "base")
    child = spec(tmp_path, "extends: base\noverride: {c: {bias: true, activation: null}}\n", "child")
    assert [(row.name, row.params) for row in child.table().rows] == [("c", 4 * 3 * 9 + 4), ("u.a", 0)]
    with pytest.raises(archcalc.ArchError, match=r"c\.bias is false by default"):
        spec(tmp_path, "extends: base\noverride: {c: {bias: false}}\n", "same")


def test_a_variant_changes_one_word_deep_in_a_block(tmp_path: Path) -> None:
    spec(tmp_path, BASE, "base")
    child = spec(tmp_path, "extends: base\nblocks: {p: {layers: [{name: a, op: tanh}]}}\n", "child")
    assert child.table().rows[-1].op == "tanh"
    with pytest.raises(archcalc.ArchError, match=r"blocks\.p is the same in base"):
        spec(tmp_path, "extends: base\nblocks: {p: {layers: [{name: a, op: relu}]}}\n", "same")


STRUCTURES = """
sources: {me: {title: mine}, "on": {title: odd}, "a: b": {title: odder}}
input: [3, 8, 8]
blocks: {pair: {layers: [{name: a, op: conv2d, out_channels: 4, kernel_size: 1}, {name: b, op: relu}]}}
layers:
  - {name: stem, op: local_response_norm, size: 3, alpha_per: sum, k: 1e20}
  - {name: u, op: use, block: pair, repeat: 2}
  - name: s
    op: branches
    merge: add
    paths: [[], [{name: c, op: conv2d, out_channels: 4, kernel_size: 3, padding: 1}]]
claims:
  - {what: params, of: u, value: 36, source: me}
  - {what: params, of: u.1, value: 20, source: "on"}
  - {what: output, of: u, value: [4, 8, 8], source: "a: b"}
  - {what: params, of: s, value: 148, source: me}
  - {what: output, of: s, value: [4, 8, 8], source: me}
  - {what: receptive_field, of: s, value: 3, source: me}
  - {what: receptive_field, of: u, value: 1, source: me}
  - {what: memory, of: s, value: 592, source: me}
  - {what: memory, value: 736B, source: me}
"""


def test_a_claim_may_be_about_a_structure_and_outlives_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # u: 3*4 + 4 = 16 and 4*4 + 4 = 20; s: 4*4*9 + 4 = 148; 36 + 148 = 184 parameters of 4 bytes
    network = spec(tmp_path, STRUCTURES)
    again = _from_stdin(to_yaml(network.spec), monkeypatch)
    for each in (network, again):
        verdicts = judge(each.graph, each.table(), each.spec.claims)
        assert [verdict for verdict in verdicts if not verdict.holds] == []
    assert document(again.spec) == document(network.spec)


def test_a_claim_about_towers_as_such_is_refused(tmp_path: Path) -> None:
    body = """
sources: {me: {title: mine}}
input: [3, 8, 8]
layers: [{name: t, op: towers, devices: [a, b], layers: [{name: c, op: conv2d, out_channels: 4, kernel_size: 1}]}]
claims: [{what: params, of: t, value: 1, source: me}]
"""
    with pytest.raises(archcalc.ArchError, match="of: there is no layer 't'"):
        spec(tmp_path, body)


def test_a_block_may_be_given_no_activation(tmp_path: Path) -> None:
    body = """
input: [4]
blocks: {b: {params: {act: null}, layers: [{name: f, op: linear, out_features: 2, activation: $act}]}}
layers: [{name: one, op: use, block: b, with: {act: relu}}, {name: two, op: use, block: b, with: {act: null}}]
"""
    assert [row.name for row in spec(tmp_path, body).table().rows] == ["one.f", "one.f.relu", "two.f"]


def test_endless_structures_end_with_a_message(tmp_path: Path) -> None:
    holds_itself = """
params: {body: [{name: x, op: use, block: a}]}
input: [4]
blocks: {a: {layers: [$body]}}
layers: [$body]
"""
    blocks = ", ".join(f"b{i}: {{layers: [{{name: x, op: use, block: b{i + 1}}}]}}" for i in range(400))
    chain = f"input: [4]\nblocks: {{{blocks}, b400: {{layers: []}}}}\nlayers: [{{name: x, op: use, block: b0}}]\n"
    for body in (holds_itself, chain):
        with pytest.raises(archcalc.ArchError, match="structures are nested more than 64 deep"):
            spec(tmp_path, body)


def test_the_api_checks_what_it_is_given() -> None:
    for shape in ((3.0, 224, 224), "3x224x224", (3, 0, 224), (3, 2, 2, 2, 2)):
        with pytest.raises(archcalc.ArchError, match="input must be"):
            archcalc.load("paper", input_shape=shape)  # type: ignore[arg-type]
    for batch in (0, -1, 1.5, True):
        with pytest.raises(archcalc.ArchError, match="batch must be an integer >= 1"):
            archcalc.load("paper").table(batch=batch)  # type: ignore[arg-type]
    with pytest.raises(archcalc.ArchError, match="alexnet_paper has no param 'nope' to set"):
        archcalc.load("paper", nope=1)


def test_one_use_changes_the_layers_of_its_block(tmp_path: Path) -> None:
    network = spec(
        tmp_path,
        """
input: [3, 32, 32]
defaults: {conv2d: {bias: false}}
blocks:
  unit:
    params: {width: 8}
    layers:
      - {name: conv, op: conv2d, out_channels: $width, kernel_size: 3, padding: 1, activation: relu}
      - name: sum
        op: branches
        merge: add
        paths: [[{name: point, op: conv2d, out_channels: $width, kernel_size: 1}], []]
layers:
  - {name: plain, op: use, block: unit}
  - name: changed
    op: use
    block: unit
    repeat: 2
    with: {width: 4}
    override: {conv: {stride: 2, activation: null}, sum.point: {bias: true}}
    insert: [{after: input, layers: [{name: norm, op: batch_norm2d}]}, {after: sum, layers: [{name: end, op: tanh}]}]
  - {name: bare, op: use, block: unit, remove: [sum]}
""",
    )
    rows = {row.name: row for row in network.table().rows}
    assert [name for name in rows if name.startswith("changed.1")] == [
        *("changed.1.norm", "changed.1.conv", "changed.1.sum.point", "changed.1.sum", "changed.1.end")
    ]
    assert [rows[name].output_shape for name in ("plain.sum", "changed.0.end", "changed.1.end", "bare.conv.relu")] == [
        *((8, 32, 32), (4, 16, 16), (4, 8, 8), (8, 8, 8))
    ]
    assert (rows["plain.sum.point"].params, rows["changed.1.sum.point"].params) == (64, 4 * 4 + 4)
    assert network.check().differences == []
