"""Where specs are found, and which one a word means."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchError
from archcalc.spec.catalogue import Catalogue
from tests.conftest import BUNDLED, ROOT, SPECS


def write(folder: Path, name: str, extra: str = "") -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / f"{name}.yaml"
    path.write_text(f"archcalc: 1\nname: {name}\n{extra}input: [3]\nlayers: [{{name: a, op: relu}}]\n")
    return path


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ARCHCALC_SPECS", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("alexnet_paper", "alexnet_paper"),
        ("paper", "alexnet_paper"),
        ("torchvision", "alexnet_torchvision"),
        ("d2l", "alexnet_d2l"),
        ("bvlc_alexnet", "alexnet_caffe"),
        ("half", "alexnet_half"),
        ("d2l_rgb", "alexnet_d2l_rgb"),
    ],
)
def test_a_name_an_alias_or_a_unique_tail(word: str, name: str, elsewhere: Path) -> None:
    assert archcalc.load(word).spec.name == name


def test_every_bundled_name_and_alias_means_one_network(elsewhere: Path) -> None:
    catalogue = Catalogue()
    words = [*catalogue.words()]
    assert len(words) > len(BUNDLED)
    found: dict[str, str] = {}
    for word in words:
        if word != "alexnet":  # the paper's or torchvision's: this is asked
            found[word] = catalogue.find(word).path.stem
    assert {word for word, stem in found.items() if word in BUNDLED and word != stem} == set()
    with pytest.raises(ArchError, match="'alexnet' may be alexnet_paper or alexnet_torchvision: write the whole name"):
        catalogue.find("alexnet")


def test_a_tail_of_several_specs_asks_which(elsewhere: Path) -> None:
    write(elsewhere / "specs", "one_net")
    write(elsewhere / "specs", "two_net")
    with pytest.raises(ArchError) as refused:
        Catalogue().find("net")
    assert str(refused.value) == "'net' may be one_net or two_net: write the whole name"


def test_an_alias_of_two_specs_asks_which(elsewhere: Path) -> None:
    write(elsewhere / "specs", "one", "aliases: [net]\n")
    write(elsewhere / "specs", "two", "aliases: [net]\n")
    with pytest.raises(ArchError, match="'net' may be one or two: write the whole name"):
        Catalogue().find("net")


def test_an_earlier_folder_wins(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = write(elsewhere / "specs", "alexnet_paper")
    assert Catalogue().find("alexnet_paper").path == here.relative_to(elsewhere)
    environment = write(elsewhere / "env", "alexnet_paper")
    monkeypatch.setenv("ARCHCALC_SPECS", os.pathsep.join(["/nowhere", str(elsewhere / "env")]))
    assert Catalogue().find("alexnet_paper").path == environment
    option = write(elsewhere / "option", "alexnet_paper")
    assert Catalogue(elsewhere / "option").find("alexnet_paper").path == option


def test_a_path_is_a_path(elsewhere: Path) -> None:
    path = write(elsewhere, "mine")
    assert archcalc.load("mine.yaml").spec.name == "mine"
    assert archcalc.load("./mine.yaml").spec.name == "mine"
    assert archcalc.load(path).spec.file == str(path)


def test_a_broken_neighbour_does_not_hide_an_alias(elsewhere: Path) -> None:
    (elsewhere / "specs").mkdir()
    (elsewhere / "specs" / "broken.yaml").write_text("aliases: [net\n")
    (elsewhere / "specs" / "binary.yaml").write_bytes(b"aliases: net \0")
    write(elsewhere / "specs", "good", "aliases: [net]\n")
    assert archcalc.load("net").spec.name == "good"


def test_a_copy_works_at_once_and_is_found_by_its_files_name(elsewhere: Path) -> None:
    write(elsewhere / "specs", "mine").rename(elsewhere / "specs" / "other.yaml")
    assert archcalc.load("other").spec.name == "mine"


@pytest.mark.parametrize(
    ("stem", "name"), [("mine", "mine"), ("r-34.v2", "r_34_v2"), ("3net", "net_3net"), ("n\u00e9", "n_")]
)
def test_a_name_that_is_left_out_is_that_of_the_file(elsewhere: Path, stem: str, name: str) -> None:
    text = write(elsewhere, "mine").read_text().replace("name: mine\n", "")
    (elsewhere / f"{stem}.yaml").write_text(text)
    assert archcalc.load(f"./{stem}.yaml").spec.name == name
    assert archcalc.load(text).spec.name == "network"


def test_the_alias_in_the_nearest_folder_wins(elsewhere: Path) -> None:
    write(elsewhere / "specs", "mine", "aliases: [paper]\n")
    assert archcalc.load("paper").spec.name == "mine"


def test_a_file_here_is_suggested(elsewhere: Path) -> None:
    write(elsewhere, "r34")
    with pytest.raises(ArchError, match=r"there is no spec 'r34'; did you mean the file \./r34\.yaml\?"):
        archcalc.load("r34")


@pytest.mark.parametrize("name", ["net.prototxt", "net.cfg", "net.py", "net.onnx", "net.keras", "net.pth"])
def test_files_of_others_are_called_by_their_name(name: str) -> None:
    with pytest.raises(ArchError, match=f"^{name} is not a spec, but .*archcalc (import|identify) "):
        Catalogue().load(name)


def test_a_spec_extends_specs_only(elsewhere: Path) -> None:
    write(elsewhere, "mine", "extends: net.cfg\n")
    with pytest.raises(ArchError, match=r"extends: net\.cfg is not a spec, but .* archcalc import FILE writes"):
        archcalc.load("./mine.yaml")


def test_no_specs_at_all(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archcalc.spec.catalogue._PACKAGE", elsewhere / "archcalc")
    with pytest.raises(ArchError) as refused:
        archcalc.load("paper")
    assert (
        str(refused.value) == "there is no spec 'paper', nor any other; name a file, or give its folder with --spec-dir"
    )


def test_an_editable_install_reads_the_checkouts_specs(elsewhere: Path) -> None:
    assert Catalogue().folders == [SPECS]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--quiet",
        "-w",
        str(folder),
        ".",
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("archcalc-*.whl")
    return built


def test_a_wheel_carries_the_specs_the_files_of_pages_and_the_marker_of_its_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"archcalc/specs/{name}.yaml" for name in BUNDLED} <= names
    assert {"archcalc/specs/archcalc.schema.json", "archcalc/py.typed"} <= names
    assert {f"archcalc/render/report/{name}" for name in ("page.css", "page.js", "play.js")} <= names
    assert "archcalc/exchange/javascript/walk.js" in names
    assert not any(name.startswith("tests/") for name in names)


def test_an_installed_wheel_finds_its_specs(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own, which borrows this one's dependencies but not its archcalc."""
    home = tmp_path / "env"
    venv.create(home, with_pip=False)
    (site,) = home.glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    here = Path(os.__file__).parent if sys.prefix == sys.base_prefix else next(Path(sys.prefix).glob("lib/python*"))
    for package in (
        "typer",
        "rich",
        "yaml",
        "_yaml",
        "annotated_doc",
        "shellingham",
        "markdown_it",
        "mdurl",
        "pygments",
    ):
        source = here / "site-packages" / package
        if source.exists():
            (site / package).symlink_to(source)
    done = subprocess.run(
        [home / "bin" / "python", "-m", "archcalc", "table", "paper"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "60,965,224" in done.stdout
    shutil.rmtree(home)
