"""archcalc memory --plan: what it says, and what it is refused with."""

import csv
import json

import pytest

import archcalc
from archcalc.analysis.memory.arena import exactly, smallest
from archcalc.analysis.memory.pool import Sort
from archcalc.errors import ArchError
from archcalc.render.formats import Screen, table
from archcalc.render.terminal.drawing import fit
from tests.commands import run_here

MOBILE = ("mobilenet_v2", "--plan", "--dtype", "int8", "--input", "3x96x96")


def notes(*words: str) -> list[str]:
    """Return what a plan says below its rows."""
    lines = run_here("memory", *words).stdout.partition("\n\n")[0].splitlines()
    return lines[next(place for place, line in enumerate(lines) if line.startswith(("fits", "does not", "arena:"))) :]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--mode", "train"], "--mode does not go with --plan: an arena is planned for inference"),
        (["--optimizer", "adam"], "--optimizer does not go with --plan: an arena is planned for inference"),
        (
            ["--device-model", "h100-sxm"],
            "--device-model does not go with --plan: give the memory of the device by --fits, such as --fits 320KB",
        ),
        (["--per-device"], "--per-device does not go with --plan: there is one arena"),
        (["--convention", "caffe"], "--convention does not go with --plan: another tool has no arena"),
        (["--align", "0"], "align must be a power of 2 from 1 to 4,096, got 0"),
        (["--align", "24"], "align must be a power of 2 from 1 to 4,096, got 24"),
        (["--fused", "--out-of-place"], "fused layers write over their input: leave out --fused or --out-of-place"),
        (["--fits", "much"], "fits must be a size of memory, such as 24GB or 24GiB, got text 'much'"),
    ],
)
def test_what_does_not_go_with_a_plan(words: list[str], message: str) -> None:
    done = run_here("memory", "lenet_d2l", "--plan", *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"archcalc: {message}\n")


@pytest.mark.parametrize("words", ["--order best", "--align 16", "--align 0", "--fused", "--per-layer"])
def test_what_goes_with_a_plan_alone(words: str) -> None:
    option, *value = words.split()
    done = run_here("memory", "lenet_d2l", option, *value)
    assert (done.returncode, done.stderr) == (2, f"archcalc: {option} goes with --plan\n")


def test_an_order_is_one_of_two() -> None:
    with pytest.raises(ArchError, match="order must be spec or best, got text 'worst'"):
        archcalc.load("lenet_d2l").memory_plan(order="worst")  # type: ignore[arg-type]


def test_what_a_plan_says() -> None:
    done = run_here("memory", "lenet_d2l", "--plan", "--dtype", "int8")
    lines = done.stdout.splitlines()
    assert lines[0] == "lenet_d2l: arena of inference, batch 1, int8"
    assert [" ".join(line.split()) for line in lines[1:6] if not line.startswith("-")] == [
        "map then in its place bytes offset from to alive to mark",
        "input 784 4,704 0 0 conv1",
        "conv1 conv1.sigmoid 4,704 0 0 2 pool1 largest, peak",
        "pool1 1,176 4,704 2 3 conv2 peak",
    ]
    assert notes("lenet_d2l", "--plan", "--dtype", "int8") == [
        "arena: 5,880 B (5.88 KB), equal to the lower bound, planned greedily by size, as TensorFlow Lite does "
        "(https://arxiv.org/abs/2001.03288), unaligned",
        "lower bound: 5,880 B (5.88 KB), alive at pool1: conv1 to conv1.sigmoid 4,704, pool1 1,176",
        "a row is a map with all layers that write over it, in the order in which they run; steps are layers, counted "
        "from 0",
        "weights and buffers lie beside it, as in flash: 61,706 B (61.7 KB), 1 B a number",
        "an estimate, of a runtime with 1 byte a number: it may keep biases and some maps in more",
        # 6 + 16 of the convolutions, 120 + 84 + 10 of the linear layers: 236 biases
        "int8 runtimes usually keep a bias of layers with weights in 4 B: up to 708 B more for the 236 biases",
        "not included: scratch buffers of kernels and what the runtime itself needs",
    ]


def test_what_lies_in_flash() -> None:
    """MobileNetV2 has 3,504,872 parameters, 52 batch norms of 17,056 channels, and 1,000 biases in its last layer.

    The running means and variances are 2 * 17,056; each of the norms counts its batches in 8 B, 416 in all.
    """
    assert notes(*MOBILE)[3:-1] == [
        f"weights and buffers lie beside it, as in flash: {3_504_872 + 2 * 17_056:,} B (3.54 MB), 1 B a number, batch "
        "norms not folded",
        "archcalc memory counts 416 B more: counts of batches, which inference does not read",
        "an estimate, of a runtime with 1 byte a number: it may keep biases and some maps in more",
        "int8 runtimes usually keep a bias of layers with weights in 4 B: up to 3,000 B more for the 1,000 biases",
        "a batch norm takes 4 B a channel, as much as the bias of 4 B that it is usually folded into",
    ]
    eager = archcalc.load("mobilenet_v2:input=3x96x96").memory(dtype="int8").found.peak.by_sort
    assert eager[Sort.WEIGHTS] + eager[Sort.BUFFERS] == 3_504_872 + 2 * 17_056 + 416


def test_layers_and_maps_in_all_forms() -> None:
    said = json.loads(run_here("memory", "lenet_d2l", "--plan", "--out-of-place", "--format", "json").stdout)
    assert (said["in_place"], said["bound"], said["fits"]) == (False, 4 * 2 * 4_704, None)
    assert [one["makes"] for one in said["layers"][:3]] == ["input", "map", "map"]
    names = [one["layer"] for one in said["layers"]]
    for one in said["maps"]:
        assert one["first"] == one["layers"][0]
        assert {one["first"], one["last"]} <= {*names}
        assert names.index(one["last"]) == one["last_step"] + 1  # after the input
    plan = archcalc.load("lenet_d2l")
    by_map, by_layer = plan.memory_plan(in_place=False), plan.memory_plan(in_place=False, per_layer=True)
    assert list(by_map.to_frame().columns) == [*said["maps"][0]]
    assert list(by_layer.to_frame().columns) == [*said["layers"][0]]
    written = run_here("memory", "lenet_d2l", "--plan", "--out-of-place", "--per-layer", "--format", "csv").stdout
    rows = list(csv.DictReader(written.splitlines()))
    assert [(row["layer"], row["makes"], int(row["bytes"]), row["last"]) for row in rows] == [
        (one["layer"], one["makes"], one["bytes"], one["last"]) for one in said["layers"]
    ]


def test_a_row_for_each_map() -> None:
    """MobileNetV2 makes 3 maps in each of 17 blocks, one less in the first, and those of its first and last layers."""
    written = run_here("memory", *MOBILE, "--format", "csv").stdout
    rows = list(csv.DictReader(written.splitlines()))
    assert len(rows) == 1 + 1 + (3 * 17 - 1) + 3
    assert [row["map"] for row in rows if "largest" in row["mark"]] == ["stage2.first.expand"]
    held = {name for row in rows for name in (row["map"], *row["then"].split())}
    steps = archcalc.load("mobilenet_v2").memory_plan().found.steps
    assert held == {step.layer for step in steps if step.how != "view"}


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (60, ["map", "bytes", "offset", "from"]),
        (80, ["map", "bytes", "offset", "from", "to", "mark"]),
        (120, ["map", "bytes", "offset", "from", "to", "alive to", "mark"]),
        (160, ["map", "then in its place", "bytes", "offset", "from", "to", "alive to", "mark"]),
    ],
)
def test_a_narrow_terminal_keeps_what_places_a_map(width: int, columns: list[str]) -> None:
    plan = archcalc.load("mobilenet_v2:input=3x96x96").memory_plan(dtype="int8")
    (sheet,) = plan.rendered().sheets
    narrower, _ = fit(sheet, width)
    assert [column.header for column in narrower.columns] == columns
    assert max(map(len, table.write(plan.rendered(), Screen(width)).splitlines())) <= width


# whether it fits


def test_an_arena_that_fits() -> None:
    """276,480 = 4 * 69,120; 320,000 - 276,480 = 43,520."""
    done = run_here("memory", *MOBILE, "--fits", "320KB")
    assert done.returncode == 0
    assert notes(*MOBILE, "--fits", "320KB")[0] == "fits in 320,000 B (320 KB): 43,520 B (43.5 KB) are left"
    said = json.loads(run_here("memory", *MOBILE, "--fits", "320KB", "-f", "json").stdout)
    assert said["fits"] == {"room": 320_000, "left": 43_520}


@pytest.mark.parametrize(
    ("words", "code", "verdict"),
    [
        (
            [*MOBILE, "--fits", "256KiB"],
            1,
            "does not fit in 262,144 B (262 KB): 14,336 B (14.3 KB) are missing; another order of layers may need "
            "less: add --order best",
        ),
        (
            [*MOBILE, "--fits", "256KiB", "--order", "best"],
            1,
            "does not fit in 262,144 B (262 KB): 14,336 B (14.3 KB) are missing",
        ),
        # 4 * 5,880 of a chain, whose order is the only one
        (["lenet_d2l", "--plan", "--fits", "23519B"], 1, "does not fit in 23,519 B (23.5 KB): 1 B are missing"),
        (["lenet_d2l", "--plan", "--fits", "23520B"], 0, "fits in 23,520 B (23.5 KB): 0 B are left"),
        (
            ["mnasnet1_0", "--plan", "--dtype", "int8", "--input", "3x128x128", "--fits", "256KiB"],
            0,
            "fits in 262,144 B (262 KB): 0 B are left",
        ),
    ],
)
def test_whether_it_fits_and_by_how_much_not(words: list[str], code: int, verdict: str) -> None:
    assert run_here("memory", *words).returncode == code
    assert notes(*words)[0] == verdict


def test_a_bound_that_fits_where_the_plan_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any search, and so without proof: greedy needs 1.25 times the bound of 262,144."""
    monkeypatch.setattr(smallest, "_ways", lambda found: [(smallest.Way.BY_SIZE, found.placed(found.by_size()))])
    monkeypatch.setattr(smallest, "MOST_PLACED", 0)
    monkeypatch.setattr(exactly, "MOST_LOOKED_AT", 0)
    words = ("mnasnet1_0", "--plan", "--dtype", "int8", "--input", "3x128x128", "--order", "best", "--fits", "300KB")
    assert run_here("memory", *words).returncode == 1
    assert notes(*words)[:2] == [
        "does not fit in 300,000 B (300 KB): 27,680 B (27.7 KB) are missing; the bound fits, so that another plan may",
        "arena: 327,680 B (328 KB), 1.25 x the lower bound, and smaller plans may exist, planned greedily by size, as "
        "TensorFlow Lite does (https://arxiv.org/abs/2001.03288), unaligned",
    ]


def test_a_plan_that_greedy_does_not_find() -> None:
    said = notes("mnasnet1_0", "--plan", "--dtype", "int8", "--input", "3x128x128", "--align", "16")
    assert said[0] == (
        "arena: 262,144 B (262 KB), equal to the lower bound, planned from below by start; greedily by size, as "
        "TensorFlow Lite does (https://arxiv.org/abs/2001.03288), it needs 327,680 B, each size rounded "
        "up to a multiple of 16 B"
    )
