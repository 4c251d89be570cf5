"""The middle of a map: what torchvision cuts out, and what models that cut it out themselves are held against."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms import functional

import archcalc
from tests.commands import run

SIZES = st.tuples(st.integers(1, 12), st.integers(1, 12))


@settings(max_examples=100, deadline=None)
@given(SIZES, SIZES)
def test_the_middle_is_what_torchvision_cuts_out(one: tuple[int, int], other: tuple[int, int]) -> None:
    size = tuple(map(max, one, other))
    kept = tuple(map(min, one, other))
    x = torch.arange(2 * size[0] * size[1]).reshape(1, 2, *size).float()
    given_ = f"archcalc: 1\ninput: [2, {size[0]}, {size[1]}]\nlayers:\n"
    layer = f"  - {{name: crop, op: center_crop, output_size: [{kept[0]}, {kept[1]}]}}\n"
    module = archcalc.load(given_ + layer).module()
    assert torch.equal(module(x), functional.center_crop(x, list(kept)))
    inputs = f"archcalc: 1\ninput: {{x: [2, {size[0]}, {size[1]}], like: [3, {kept[0]}, {kept[1]}]}}\nlayers:\n"
    beside = archcalc.load(f"{inputs}  - {{name: crop, op: center_crop_like, from: [x, like]}}\n").module()
    assert torch.equal(beside(x, torch.zeros(1, 3, *kept)), functional.center_crop(x, list(kept)))


NET = """archcalc: 1
name: net
input: [1, 20, 21]
layers:
  - {name: skip, op: conv2d, out_channels: 4, kernel_size: 3}
  - {name: pool, op: max_pool2d, kernel_size: 2}
  - {name: up, op: conv_transpose2d, out_channels: 3, kernel_size: 2, stride: 2}
  - {name: down, op: conv2d, out_channels: 2, kernel_size: 4}
  - {name: cut, op: center_crop_like, from: [skip, down]}
  - {name: both, op: concat, from: [cut, down]}
  - {name: less, op: center_crop, output_size: 9}
"""

MODEL = """
import torch
from torch import nn
from torchvision.transforms import functional


class Net(nn.Module):
    def __init__(self, shift=0):
        super().__init__()
        self.skip, self.up = nn.Conv2d(1, 4, 3), nn.ConvTranspose2d(4, 3, 2, 2)
        self.pool, self.down, self.shift = nn.MaxPool2d(2), nn.Conv2d(3, 2, 4), shift

    def forward(self, x):
        skip = self.skip(x)
        x = self.down(self.up(self.pool(skip)))
        cut = functional.center_crop(skip, x.shape[2:])
        if self.shift:
            cut = skip[:, :, self.shift : self.shift + x.shape[2], 2 : 2 + x.shape[3]]
        return functional.center_crop(torch.cat([cut, x], 1), 9)


class Shifted(Net):
    def __init__(self):
        super().__init__(2)
"""


def written(folder: Path) -> Path:
    spec = folder / "net.yaml"
    spec.write_text(NET, encoding="utf-8")
    (folder / "models.py").write_text(MODEL, encoding="utf-8")
    return spec


def test_a_model_that_cuts_as_torchvision_does_agrees(tmp_path: Path) -> None:
    spec = written(tmp_path)
    done = run("check", str(spec), "--against", f"{tmp_path / 'models.py'}:Net")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "output less agrees" in done.stdout
    # 18 - 15 = 3 rows left over: the middle begins at 1.5, of which the even one is 2; of 19 - 15 = 4 columns at 2
    assert run("check", str(spec), "--against", f"{tmp_path / 'models.py'}:Shifted").returncode == 0


def test_a_cut_elsewhere_differs(tmp_path: Path) -> None:
    spec = written(tmp_path)
    path = tmp_path / "models.py"
    path.write_text(MODEL.replace("super().__init__(2)", "super().__init__(1)"), encoding="utf-8")
    done = run("check", str(spec), "--against", f"{path}:Shifted")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "start 2 here, 1 in the model" in done.stdout


def test_what_is_built_and_what_is_exported_agree_with_the_spec(tmp_path: Path) -> None:
    spec = written(tmp_path)
    exported = tmp_path / "exported.py"
    assert run("export", str(spec), "--output", str(exported)).returncode == 0
    assert "class CenterCropLike(nn.Module)" in exported.read_text(encoding="utf-8")
    assert run("check", str(spec), "--against", f"{exported}:Net").returncode == 0
    again = archcalc.from_module(archcalc.load(spec).module(), input_shape=(1, 20, 21))
    assert again.table().totals.macs == archcalc.load(spec).table().totals.macs
    assert [row.output_shape for row in again.table().rows if row.op == "slice"] == [
        *((4, 15, 19), (4, 15, 15), (6, 9, 15), (6, 9, 9)),
    ]


@pytest.mark.parametrize(
    ("layer", "fault"),
    [
        ("{name: crop, op: center_crop, output_size: [4, 9]}", "cuts 4x9 out of 8x8, which is less"),
        (
            "{name: crop, op: center_crop_like, from: [input, wide]}",
            "cuts 10x10 out of 8x8, which is less (from input: 3x8x8, wide: 3x10x10)",
        ),
        (
            "{name: crop, op: center_crop_like, from: [input, wide, wide]}",
            "center_crop_like reads 2 layers, not 3",
        ),
    ],
)
def test_what_is_smaller_is_refused(layer: str, fault: str) -> None:
    with pytest.raises(archcalc.ArchError) as caught:
        archcalc.load(
            f"archcalc: 1\ninput: [3, 8, 8]\nlayers:\n  - {{name: wide, op: zero_pad2d, padding: 1}}\n"
            f"  - {layer}\n".replace("output_size", "from: input, output_size")
        ).table()
    assert fault in str(caught.value)
