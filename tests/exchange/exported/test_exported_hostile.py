"""Exported programs that are damaged, or made to do harm: each is refused with its reason, at once, in little room."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.export import Dim

from archcalc.exchange.exported.opening import MOST_BYTES
from tests.commands import run
from tests.exchange.exported.programs import Calling, Saved, archive_of, opened, save, written
from tests.exchange.readers import fault_of, is_refused_or_sound

PROGRAM, WEIGHTS = "net/models/model.json", "net/data/weights/model_weights_config.json"


@cache
def saved() -> Saved:
    """A small program with most of what programs have in them."""

    def forward(model: Any, x: torch.Tensor) -> torch.Tensor:
        left, right = model.norm(model.conv(x)).relu_().chunk(2, 1)
        y = torch.cat([left * 2, right.transpose(2, 3)], 1)[:, 1:].mean((2, 3))
        return model.out(y.view(x.size(0), -1))  # type: ignore[no-any-return]

    model = Calling(forward, conv=nn.Conv2d(3, 4, 3, padding=1), norm=nn.BatchNorm2d(4), out=nn.Linear(3, 2))
    with TemporaryDirectory() as folder:
        shapes = (({0: Dim("b"), 2: Dim("s"), 3: Dim("s")},),)
        return opened(save(model, Path(folder) / "net.pt2", torch.zeros(2, 3, 8, 8), dynamic_shapes=shapes))


def test_the_program_that_is_spoilt_is_sound(tmp_path: Path) -> None:
    path = written(tmp_path / "net.pt2", saved().program, saved().weights)
    assert run("table", str(path), "--input", "3x8x8").returncode == 0


def graph(program: Any) -> Any:
    return program["graph_module"]["graph"]


def without(key: str) -> Callable[[Any], None]:
    return lambda program: graph(program).pop(key)


def the_first_reads(name: str) -> Callable[[Any], None]:
    def change(program: Any) -> None:
        node = next(node for node in graph(program)["nodes"] if "conv2d" in node["target"])
        node["inputs"][0]["arg"] = {"as_tensor": {"name": name}}

    return change


def with_sizes(*sizes: Any) -> Callable[[Any], None]:
    def change(program: Any) -> None:
        graph(program)["tensor_values"]["conv2d"]["sizes"] = list(sizes)

    return change


def expression(text: str) -> Callable[[Any], None]:
    return with_sizes({"as_int": 2}, {"as_int": 4}, {"as_expr": {"expr_str": text}}, {"as_int": 8})


NOT_SO = "is not as torch.export writes it: "
SPOILT: dict[str, tuple[Callable[[Any], object], str]] = {
    "no graph": (lambda program: program.pop("graph_module"), f" {NOT_SO}it lacks graph_module"),
    "no nodes": (without("nodes"), f" {NOT_SO}it lacks nodes"),
    "nodes of a wrong type": (
        lambda program: graph(program).update(nodes={}),
        f" {NOT_SO}nodes must be a list, not an object",
    ),
    "a node that is none": (
        lambda program: graph(program).update(nodes=[3]),
        f" {NOT_SO}what has outputs must be an object, not an integer",
    ),
    "a tensor that nothing makes": (
        the_first_reads("y"),
        ": conv: reads y, which nothing before it makes",
    ),
    "a node that reads itself": (
        the_first_reads("conv2d"),
        ": conv: reads conv2d, which nothing before it makes",
    ),
    "a node that reads what comes after it": (
        the_first_reads("linear"),
        ": conv: reads linear, which nothing before it makes",
    ),
    "no sizes": (
        lambda program: graph(program)["tensor_values"].pop("conv2d"),
        f": conv: {NOT_SO}nothing says the sizes of conv2d",
    ),
    "sizes that are not the layer's": (
        with_sizes({"as_int": 2}, {"as_int": 4}, {"as_int": 9}, {"as_int": 8}),
        ": conv: it makes (4, 9, 8), where a conv2d would make (4, 8, 8)",
    ),
    "an expression that would run code": (
        expression("__import__('os').system('true')"),
        ": conv: has a size that archcalc cannot compute: __import__('os').system('true')",
    ),
    "a huge power": (
        expression("Pow(Integer(10), Pow(Integer(10), Integer(10)))"),
        ": conv: has a size that archcalc cannot compute: Pow(Integer(10), Pow(Integer(10), Integer(10)))",
    ),
    "a division by zero": (
        expression("FloorDiv(Integer(1), Integer(0))"),
        ": conv: has a size that archcalc cannot compute: FloorDiv(Integer(1), Integer(0))",
    ),
    "an expression nested deep": (
        expression("(" * 900 + "1" + ")" * 900),
        f": conv: has a size that archcalc cannot compute: {'(' * 60}...",
    ),
    "a long expression": (
        expression("1" + "+1" * 5_000),
        ": conv: has a size that archcalc cannot compute: an expression of 10,001 characters",
    ),
    "a number that only a run gives": (
        expression("Symbol('u0', integer=True)"),
        ": conv: has a size that only a run gives: u0",
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_program_that_was_spoilt(name: str, tmp_path: Path) -> None:
    spoil, message = SPOILT[name]
    program = deepcopy(saved().program)
    spoil(program)
    path = written(tmp_path / "net.pt2", program, saved().weights)
    assert re.sub(r", at test_\w+\.py:\d+", "", fault_of(path, (3, 8, 8))) == f"{path}{message}"


ARCHIVES: dict[str, tuple[dict[str, str | bytes], str]] = {
    "of torch.save": (
        {"net/data.pkl": b"."},
        "has no program in it: torch.export.save writes one to ARCHIVE/models/NAME.json",
    ),
    "of several programs": (
        {f"net/models/{name}.json": "{}" for name in "abcdef"},
        "has 6 programs, a, b, c, d and others: save one alone",
    ),
    "of an older torch": (
        {"serialized_exported_program.json": "{}"},
        "is laid out as PyTorch before 2.8 did it: load it there, and save it by a newer one",
    ),
    "without a list of weights": (
        {PROGRAM: "{}"},
        f"is not an archive of torch.export.save, or is damaged or cut off (it has no {WEIGHTS})",
    ),
    "of what is no JSON": ({PROGRAM: "{", WEIGHTS: "{}"}, ""),
    "of JSON nested deep": ({PROGRAM: "[" * 10**5, WEIGHTS: "{}"}, ""),
    "of no UTF-8": ({PROGRAM: b"\xff", WEIGHTS: "{}"}, ""),
    "of a long number": ({PROGRAM: "9" * 5_000, WEIGHTS: "{}"}, ""),
}
WHY = {
    "of what is no JSON": "is not JSON: expecting property name enclosed in double quotes at line 1, column 2",
    "of JSON nested deep": "is nested too deep",
    "of no UTF-8": "is not UTF-8: the byte at 0 is none",
    "of a long number": "has a number that is too long",
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive(name: str, tmp_path: Path) -> None:
    records, message = ARCHIVES[name]
    path = archive_of(tmp_path / "net.pt2", records)
    assert fault_of(path) == (f"{path} {message}" if message else f"{path}: {PROGRAM} {WHY[name]}")


def test_no_archive_at_all(tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    assert fault_of(path) == f"{path}: there is no such file"
    path.write_bytes(b"PK\x03\x04")
    what = "is not an archive of torch.export.save, or is damaged or cut off (File is not a zip file)"
    assert fault_of(path) == f"{path} {what}"


def test_an_archive_that_was_cut_off(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.pt2", saved().program, saved().weights).read_bytes()
    for length in range(0, len(whole), 97):
        path = tmp_path / "net.pt2"
        path.write_bytes(whole[:length])
        assert "is damaged or cut off" in fault_of(path)


LIMITS = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (4, 4))
from archcalc.__main__ import main
sys.argv = ["archcalc", "table", sys.argv[1]]
try:
    main()
finally:
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
"""


def taken(path: Path) -> tuple[str, int]:
    """What is said of a file that is refused, and how many kB of memory that took; over 4 seconds kill it."""
    done = subprocess.run([sys.executable, "-c", LIMITS, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done
    *said, memory = done.stderr.splitlines()
    return "\n".join(said), int(memory)


@pytest.mark.parametrize("piece", ["{}", "[]", '{"a":1}', "1"])
def test_json_as_large_as_may_be(piece: str, tmp_path: Path) -> None:
    """Empty objects take most memory for their bytes."""
    text = "[" + ",".join([piece] * ((MOST_BYTES - 1) // (len(piece) + 1))) + "]"
    assert MOST_BYTES - 10 < len(text) <= MOST_BYTES
    said, memory = taken(archive_of(tmp_path / "net.pt2", {PROGRAM: text, WEIGHTS: "{}"}))
    assert said.endswith(f"{NOT_SO}what has graph_module must be an object, not a list")
    assert memory < 300_000


def test_an_archive_that_would_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(PROGRAM, "w") as stream:
        for _ in range(200):
            stream.write(bytes(10**6))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(WEIGHTS, "{}")
    assert path.stat().st_size < 10**6
    said, memory = taken(path)
    assert said.endswith(f"{PROGRAM} has 200,000,000 bytes, which no program of a network has")
    assert memory < 100_000


def test_a_program_of_many_nodes_is_read_in_time(tmp_path: Path) -> None:
    """A chain of in-place functions: each changes all that came before it."""
    program = deepcopy(saved().program)
    node = next(node for node in graph(program)["nodes"] if "relu_" in node["target"])
    first, name = node["inputs"][0]["arg"]["as_tensor"]["name"], ""
    nodes, values = graph(program)["nodes"], graph(program)["tensor_values"]
    place = nodes.index(node) + 1
    for number in range(8_000):
        values[f"r{number}"] = values[first]
        inputs = [{"name": "self", "arg": {"as_tensor": {"name": name or first}}}]
        name = f"r{number}"
        more = {**node, "inputs": inputs, "outputs": [{"as_tensor": {"name": name}}], "metadata": {}}
        nodes.insert(place + number, more)
    path = written(tmp_path / "net.pt2", program, saved().weights)
    done = subprocess.run(
        [sys.executable, "-c", LIMITS.replace("sys.argv[1]]", 'sys.argv[1], "--input", "3x8x8"]'), str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 2), done.stderr[-2_000:]


ODD: st.SearchStrategy[Any] = st.sampled_from(
    (
        *(None, True, 0, -1, 3, 10**12, 10**30, 1.5, "", "x", "dim", "\x1b[31m", [], {}, [1], {"a": 1}),
        *({"as_int": 0}, {"as_int": -1}, {"as_int": 10**14}, {"as_ints": []}, {"as_ints": [0, 0]}, {"as_none": True}),
        *({"as_tensor": {"name": "x"}}, {"as_tensor": {"name": "conv2d"}}, {"as_float": "NaN"}, {"as_string": "same"}),
        *({"as_expr": {"expr_str": "1 // 0"}}, {"as_sym_int": {"as_name": "sym_size_int"}}, {"as_bool": True}),
        *(
            f"torch.ops.aten.{name}"
            for name in ("relu_.default", "cat.default", "view.default", "mean.dim", "t.default")
        ),
        *(f"torch.ops.aten.{name}" for name in ("addmm.default", "slice.Tensor", "pad.default", "mul.Tensor")),
    )
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a value in JSON: what it is in, and its key or number."""
    keys = [*value] if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in ((value, key), *places(value[key]))]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_whatever_is_changed_is_refused_or_sound(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    program, weights = deepcopy(saved().program), deepcopy(saved().weights)
    for _ in range(data.draw(st.integers(1, 3))):
        part = data.draw(st.sampled_from((graph(saved().program) and program["graph_module"], program, weights)))
        there = places(part)
        if not there:
            continue
        owner, key = there[data.draw(st.integers(0, len(there) - 1))]
        match data.draw(st.sampled_from(("out", "odd", "other"))):
            case "out":
                del owner[key]
            case "odd":
                owner[key] = deepcopy(data.draw(ODD))  # which the next change may be within
            case "other":
                other, place = there[data.draw(st.integers(0, len(there) - 1))]
                owner[key] = deepcopy(other[place])
        if "graph_module" not in program or not isinstance(program["graph_module"], dict):
            break
    path = written(tmp_path_factory.mktemp("spoilt") / "net.pt2", program, weights)
    is_refused_or_sound(path, (3, 8, 8))
