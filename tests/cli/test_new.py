"""archcalc new: a spec to begin with, small or a copy."""

import json
from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchError
from tests.commands import run
from tests.conftest import BUNDLED
from tests.sizes import by_size


def test_a_small_network_to_begin_with(tmp_path: Path) -> None:
    done = run("new", "my_net.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "archcalc: wrote my_net.yaml; archcalc table my_net.yaml shows it\n"
    table = json.loads(run("table", "my_net.yaml", "--format", "json", cwd=tmp_path).stdout)
    # 3*32*9 + 32, 32*64*9 + 64, 64*8*8*128 + 128, 128*10 + 10
    assert (table["name"], table["totals"]["params"]) == ("my_net", 896 + 18_496 + 524_416 + 1_290)
    assert run("table", "my_net.yaml", "--set", "num_classes=2", cwd=tmp_path).returncode == 0
    assert run("validate", "my_net.yaml", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("name", by_size(BUNDLED))
@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_a_copy_has_the_same_layers_and_nothing_of_the_sources(name: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"2nd-net.{ending}"
    path.write_text(archcalc.starter(name, path), encoding="utf-8")
    copy, original = archcalc.load(path), archcalc.load(name)
    assert copy.spec.name == "net_2nd_net"
    assert copy.table().totals == original.table().totals
    assert copy.table().to_dict()["spec_hash"] == original.table().to_dict()["spec_hash"]
    assert (copy.spec.sources, copy.spec.claims, copy.spec.aliases, copy.spec.notes) == ({}, (), (), "")


def test_a_copy_may_be_of_a_network_with_settings(tmp_path: Path) -> None:
    for number, words in enumerate((["d2l:num_classes=7"], ["d2l", "--set", "num_classes=7"])):
        assert run("new", f"net{number}.yaml", "--from", *words, cwd=tmp_path).returncode == 0
    first, second = ((tmp_path / f"net{number}.yaml").read_text() for number in range(2))
    assert 'title: "Begun as alexnet_d2l:num_classes=7"\n' in first
    assert first.replace("net0", "net1") == second
    assert archcalc.load(tmp_path / "net0.yaml").graph.output_shape == (7,)


def test_json_is_a_spec_too(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(archcalc.starter(file=path))
    assert archcalc.load(path).table().totals == archcalc.load(archcalc.starter()).table().totals


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["net.txt"], "net.txt has not the ending of a spec: name a file such as my_net.yaml"),
        (["there.yaml"], "there.yaml is there already: name a new file"),
        (["no/net.yaml"], "no/net.yaml cannot be written: no such file or directory"),
        (["net.yaml", "--from", "nothing"], "there is no spec 'nothing'"),
        (["net.yaml", "--set", "a=1"], "--input, --set and --spec-dir go with --from"),
    ],
)
def test_what_cannot_be_begun(words: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "there.yaml").write_text("mine")
    done = run("new", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"archcalc: {message}")
    assert [path.name for path in tmp_path.iterdir()] == ["there.yaml"]
    assert (tmp_path / "there.yaml").read_text() == "mine"


def test_python_refuses_other_endings() -> None:
    with pytest.raises(ArchError, match="has not the ending of a spec"):
        archcalc.starter(file="net.toml")
