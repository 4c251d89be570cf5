"""Promises of the README and the pages: a light core, one-way imports, commands that run, blocks that are current."""

import ast
import doctest
import json
import re
import shlex
import subprocess
import sys
from keyword import iskeyword
from pathlib import Path

import pytest
from safetensors.torch import save_file

import archcalc
from archcalc.cli.app import COMMANDS as ALL_COMMANDS
from archcalc.exchange.torch_models.words import model_of
from tests.commands import clean_environment, run, run_here
from tests.conftest import ROOT
from tests.pages import PAGES, TEXTS, blocks, sections

HEAVY = ["torch", "torchvision", "fvcore", "pandas", "numpy", "matplotlib", "pydantic", "jsonschema"]

SCRIPT = """
import sys
sys.argv = ["archcalc", {arguments}]
try:
    from archcalc.__main__ import main
    main()
except SystemExit as end:
    code = end.code
print("\\n".join(name for name in {names} if name in sys.modules), file=sys.stderr)
"""


def loaded(*arguments: str, names: list[str]) -> list[str]:
    """Which of these modules a command leaves loaded."""
    script = SCRIPT.format(arguments=", ".join(map(repr, arguments)), names=names)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, env=clean_environment(), check=True
    )
    return done.stderr.split()


@pytest.mark.parametrize(
    "command",
    [
        ["table", "paper"],
        ["table", "paper", "--format", "json"],
        ["table", "paper", "--format", "html"],
        ["table", "paper", "--format", "table"],
        ["list"],
        ["show", "paper"],
        ["validate", "paper"],
        ["ops"],
        ["schema"],
        ["export", "paper"],
        ["compare", "paper", "torchvision", "d2l"],
        ["compare", "paper", "torchvision", "--format", "csv"],
        ["audit"],
        ["audit", "--format", "markdown"],
        ["explain", "paper"],
        ["explain", "paper", "conv1"],
        ["solve", "paper"],
        ["solve", "paper", "--layer", "conv1"],
        ["fit", "paper", "--max-macs", "300M"],
        ["profile", "--help"],
        ["roofline", "paper", "--device-model", "h100-sxm"],
        ["roofline", "paper", "--device-model", "h100-sxm", "--format", "svg"],
        ["training", "paper"],
        ["predict", "paper", "--device-model", "reports/calibrations/amd-epyc-2-cores-cpu.json"],
        ["devices"],
        ["draw", "paper"],
        ["draw", "resnet152", "--format", "tikz"],
    ],
)
def test_no_command_loads_what_it_does_not_use(command: list[str]) -> None:
    assert loaded(*command, names=HEAVY) == []


def test_a_report_loads_nothing_heavy(tmp_path: Path) -> None:
    assert loaded("report", "paper", "--output", str(tmp_path), names=HEAVY) == []


def test_a_safetensors_header_is_read_without_torch(tmp_path: Path) -> None:
    path = str(lenet_checkpoint(tmp_path / "lenet.safetensors"))
    assert loaded("identify", path, names=HEAVY) == []
    assert loaded("check", "lenet_d2l", "--weights", path, names=HEAVY) == []


def lenet_checkpoint(path: Path) -> Path:
    """The weights of LeNet in a file, as a reader may have them."""
    save_file(archcalc.load("lenet_d2l").module().state_dict(), path)
    return path


def test_a_piped_table_does_not_even_load_rich() -> None:
    assert loaded("table", "paper", names=["rich.console", "rich.table", "json", "csv", "difflib"]) in ([], ["difflib"])


def test_a_table_does_not_load_the_data_sheets_of_devices() -> None:
    names = ["archcalc.analysis.datasheets", "archcalc.analysis.work", "archcalc.render.chart.svg"]
    pictures = ["archcalc.render.picture", "archcalc.render.draw", "archcalc.analysis.draw"]
    assert loaded("table", "paper", names=[*names, *pictures]) == []
    assert loaded("roofline", "paper", "--device-model", "t4", "--format", "svg", names=names) == names


def test_the_test_above_can_fail() -> None:
    assert loaded("table", "paper", names=["typer", "yaml", "torch"]) == ["typer", "yaml"]


def test_importing_the_package_loads_nothing_heavy() -> None:
    script = f"import archcalc, sys; print([n for n in {[*HEAVY, 'typer', 'rich']} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


STAGES = [
    "collector",
    "errors",
    "files",
    "layers",
    "checkpoint",
    "spec",
    "graph",
    "twins",
    "calls",
    "table",
    "exchange",
    "analysis",
    "pytorch",
    "render",
    "answers",
    "network",
    "questions",
    "cli",
]

ROOMS: dict[str, dict[str, list[str]]] = {
    "analysis": {
        "audit": ["conventions"],
        "budget": ["memory", "roofline"],
        "card": ["audit", "conventions", "memory"],
        "check": [],
        "compare": [],
        "conventions": [],
        "draw": ["profile"],
        "explain": ["audit"],
        "fit": ["budget"],
        "identify": ["audit", "conventions"],
        "memory": [],
        "predict": [],
        "profile": ["predict"],
        "reconcile": ["conventions", "memory"],
        "report": ["audit", "compare", "conventions", "draw", "explain", "memory", "profile", "reconcile", "roofline"],
        "roofline": ["profile"],
        "solve": [],
        "sweep": ["audit", "memory", "predict", "profile", "roofline"],
        "training": ["memory", "profile"],
    },
    "pytorch": {"calibrate": ["profile"], "check": [], "profile": [], "sweep": ["profile"]},
    "render": {
        "audit": [],
        "budget": [],
        "card": ["audit", "receptive_field", "table"],
        "check": [],
        "compare": ["table"],
        "conventions": [],
        "devices": [],
        "draw": [],
        "explain": [],
        "fit": [],
        "identify": ["audit", "check", "reconcile"],
        "list": [],
        "memory": [],
        "ops": [],
        "predict": [],
        "profile": [],
        "reconcile": ["conventions", "table"],
        "report": [
            *("audit", "compare", "conventions", "draw", "explain", "memory", "profile", "reconcile", "roofline"),
            "table",
        ],
        "roofline": [],
        "solve": [],
        "sweep": [],
        "table": ["conventions"],
        "training": [],
        "validate": ["budget", "list"],
    },
    "answers": {
        name: []
        for name in (
            "audit",
            "budget",
            "card",
            "check",
            "compare",
            "conventions",
            "devices",
            "draw",
            "explain",
            "fit",
            "identify",
            "list",
            "memory",
            "ops",
            "predict",
            "reconcile",
            "report",
            "roofline",
            "solve",
            "sweep",
            "table",
            "training",
        )
    },
    "cli": {f"{command}_" if iskeyword(command) else command: [] for command in ALL_COMMANDS} | {"app": ["profile"]},
}
"""The questions that have a room in a stage, each with those that it stands on; what is no room is shared by all."""


def _imports(path: Path) -> set[str]:
    """The modules of archcalc that a file imports, at its top or in a function; what only types need does not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    names = (name for node in ast.walk(tree) if node not in typing_only for name in _names_of(node))
    return {name.removeprefix("archcalc.") for name in names if name.startswith("archcalc.")}


def _names_of(node: ast.AST) -> list[str]:
    """Return what an import statement names: modules, and names that it takes from a package, which may be modules."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module == "archcalc":
        return [f"archcalc.{alias.name}" for alias in node.names if not alias.name.startswith("__")]
    if isinstance(node, ast.ImportFrom) and node.module and node.module.count(".") == 1:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def out_of_order(parts: tuple[str, ...], imported: set[str]) -> set[str]:
    """The imports of a module, named by the parts of its path, that point the wrong way.

    They are those of a later stage, of torch's side but from the top, and within a stage those of a room that is not
    among those that the module's own room stands on.
    """
    stage, room = parts[0], parts[1] if len(parts) > 1 else ""
    wrong = {name for name in imported if STAGES.index(name.split(".")[0]) > STAGES.index(stage)}
    if stage not in ("cli", "network", "questions", "pytorch"):  # these ask for a module where they are asked for one
        wrong |= {name for name in imported if name.split(".")[0] == "pytorch"}
    rooms = ROOMS.get(stage, {})
    beside = (name.split(".")[1] for name in imported if name.startswith(f"{stage}."))
    allowed = {room, *rooms.get(room, ())}
    return wrong | {f"{stage}.{other}" for other in beside if other in rooms and other not in allowed}


@pytest.mark.parametrize("path", sorted((ROOT / "archcalc").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    parts = path.relative_to(ROOT / "archcalc").with_suffix("").parts
    if parts[0] not in ("__init__", "__main__"):
        assert out_of_order(parts, _imports(path)) == set()


@pytest.mark.parametrize(
    ("module", "imported", "wrong"),
    [
        ("table", "render.table", "render.table"),
        ("analysis.explain.remarks", "render.words", "render.words"),
        ("analysis.explain.remarks", "pytorch.build", "pytorch.build"),
        ("analysis.explain.remarks", "analysis.solve.sizes", "analysis.solve"),
        ("analysis.receptive_field", "analysis.explain.traced", "analysis.explain"),
        ("analysis.explain.remarks", "analysis.audit.claims", ""),
        ("cli.table", "cli.explain", "cli.explain"),
        ("cli.check", "pytorch.check.observe", ""),
    ],
)
def test_an_import_out_of_order_is_seen(module: str, imported: str, wrong: str) -> None:
    assert out_of_order(tuple(module.split(".")), {imported}) == ({wrong} if wrong else set())


def test_every_room_is_there() -> None:
    for stage, rooms in ROOMS.items():
        folder = ROOT / "archcalc" / stage
        there = {path.stem for path in folder.iterdir() if path.is_dir() or path.suffix == ".py"}
        assert set(rooms) <= there
    assert {path.name for path in (ROOT / "archcalc" / "analysis").iterdir() if path.is_dir()} - {"__pycache__"} == set(
        ROOMS["analysis"]
    )


TYPED = [
    (name, line.removeprefix("$ "))
    for name in PAGES
    for code in blocks(name, "console", "sh", generated=False)
    for line in code.splitlines()
    if line.removeprefix("$ ").startswith("archcalc ")
]
"""The commands that stand on a page, except those in blocks that cog fills in by running them."""


def test_the_pages_have_commands() -> None:
    assert len(TYPED) >= 20
    assert len(re.findall(r"^\$ archcalc ", "".join(TEXTS.values()), re.MULTILINE)) >= 20
    for name in PAGES:
        assert blocks(name, "console", generated=False) == []


def is_slow(command: str) -> bool:
    """Whether a command starts a process that loads torch."""
    return command.startswith("archcalc profile") or runs_code(command)


def runs_code(command: str) -> bool:
    """Whether a command runs the code of a model, and says so."""
    return "--against" in command or any(model_of(word) for word in command.split("  #")[0].split())


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(command, marks=[pytest.mark.slow] * is_slow(command), id=command)
        for command in dict.fromkeys(command for _, command in TYPED)
    ],
)
def test_a_command_of_a_page_runs_as_it_is_written(command: str, tmp_path: Path) -> None:
    words = shlex.split(command.split("  #")[0])
    output = {"--output", "-o"} & set(words)
    if output:
        place = words.index(output.pop()) + 1
        if not words[place][0].isdigit():  # of solve it may be a size
            words[place] = str(tmp_path / words[place])
    words = [str(lenet_checkpoint(tmp_path / word)) if word.endswith(".safetensors") else word for word in words]
    (tmp_path / "net.py").write_text(MODEL, encoding="utf-8")
    words = [str(tmp_path / word) if word.startswith("net.py:") else word for word in words]
    done = run_here(*words[1:]) if words[1] == "check" else run(*words[1:])
    assert (done.returncode, bool(done.stderr)) == (0, runs_code(command))
    assert done.stdout or len(list(tmp_path.iterdir())) > 1


MODEL = """
from torch import nn

class Net(nn.Sequential):
    def __init__(self, channels: int = 8) -> None:
        super().__init__(nn.Conv2d(3, channels, 3), nn.ReLU())
"""

NETWORK = """archcalc: 1
name: net
input: [3, 8, 8]
layers:
  - {name: conv, op: conv2d, out_channels: %d, kernel_size: 3}
"""


def _git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, check=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return what a pull request's workflow checks out: a clone that stands on a branch of the repository."""
    repository, clone = tmp_path / "repository", tmp_path / "clone"
    repository.mkdir()
    _git(repository, "init")
    (repository / "net.yaml").write_text(NETWORK % 8, encoding="utf-8")
    _git(repository, "add", "net.yaml")
    _git(repository, "commit", "-m", "A network")
    _git(tmp_path, "clone", str(repository), str(clone))
    _git(clone, "checkout", "-b", "wider")
    return clone


@pytest.mark.parametrize(("channels", "code"), [(8, 0), (16, 1)])
def test_the_workflow_of_a_page_runs(checkout: Path, channels: int, code: int) -> None:
    (snippet,) = (one for one in blocks("ci.md", "yaml") if "archcalc compare" in one)
    assert snippet.startswith("on: pull_request\n")  # elsewhere there is no base_ref
    install, *commands = re.findall(r"- run: (.*)", snippet)
    assert install == 'pip install "archcalc @ git+https://github.com/OWNER/archcalc"'
    assert "`OWNER`" in TEXTS["ci.md"].replace(snippet, "")
    assert commands
    (checkout / "net.yaml").write_text(NETWORK % channels, encoding="utf-8")
    summary = checkout.parent / "summary.md"
    script = "\n".join(commands).replace("${{ github.base_ref }}", "main")
    assert "${{" not in script
    done = subprocess.run(
        ["bash", "-ec", f'archcalc() {{ "{sys.executable}" -m archcalc "$@"; }}\n{script}'],
        cwd=checkout,
        capture_output=True,
        text=True,
        env=clean_environment(GITHUB_STEP_SUMMARY=str(summary)),
        check=False,
    )
    assert done.returncode == code, done.stderr
    written = summary.read_text(encoding="utf-8")
    assert written.startswith("**net 1 (base/net.yaml, 3x8x8), net 2 (net.yaml, 3x8x8)**")
    assert ("8 -> 16 channels" in written) == (channels == 16)


@pytest.mark.parametrize("name", ALL_COMMANDS)
def test_every_command_has_a_section(name: str) -> None:
    section = sections("commands.md")[name]
    assert f'usage("{name}")' in section
    assert f"$ archcalc {name}" in section or f"\narchcalc {name}" in section
    assert name in {heading.split()[0] for heading in sections("json.md")} | NO_ANSWERS


NO_ANSWERS = {"new", "show", "schema", "import", "export", "draw", "report"}
"""Commands that write a spec, a schema, a program, a figure or pages: no JSON of their own."""

RECORDS = sorted((ROOT / "reports" / "profiles").glob("*.json"))
OF_A_CPU = [path for path in RECORDS if "-cpu-" in path.name]
assert RECORDS, "no records of profile found"

ANSWERS: dict[str, list[list[str]]] = {
    "table": [["table", "paper"], ["table", "paper", "--per-device"], ["table", "paper", "--dtype", "fp16"]],
    "table --convention NAME": [["table", "paper", "--convention", "fvcore"]],
    "table --convention all": [["table", "paper", "--convention", "all"]],
    "explain": [["explain", "paper", "conv1"]],
    "memory": [["memory", "paper"], ["memory", "paper", "--mode", "train"], ["memory", "paper", "--fits", "1GiB"]],
    "memory --per-device": [["memory", "paper", "--per-device"], ["memory", "paper", "--per-device", "--fits", "1GiB"]],
    "memory --plan": [["memory", "paper", "--plan"], ["memory", "lenet_d2l", "--plan", "--fits", "1MB"]],
    "memory --convention TOOL": [["memory", "paper", "--convention", "torchinfo"]],
    "roofline": [
        ["roofline", "paper", "--device-model", "h100-sxm", "--precision", "torch"],
        ["roofline", "owt", "--device-model", "titan-x-maxwell"],
    ],
    "predict": [["predict", "paper", "--device-model", "reports/calibrations/amd-epyc-2-cores-cpu.json"]],
    "calibrate": [],  # it takes minutes, and its keys are held against the page where one is made up
    "training": [["training", "paper", "--watts", "244", "--price", "1"]],
    "card": [["card", "paper", "--checkpoint", "{checkpoint}"]],
    "devices": [["devices"], ["devices", "h100-sxm"]],
    "compare": [["compare", "paper", "torchvision"]],
    "audit": [["audit", "paper", "torchvision"]],
    "reconcile": [["reconcile", "paper"]],
    "reconcile --of memory": [["reconcile", "paper", "--of", "memory"], ["reconcile", "lenet_d2l", "--of", "memory"]],
    "reconcile --measured NUMBER": [["reconcile", "paper", "--measured", "724.41M"]],
    "conventions": [["conventions"]],
    "identify NUMBER": [["identify", "0.714G"], ["identify", "253,440"], ["identify", "96x55x55"]],
    "identify FILE": [["identify", "{checkpoint}"]],
    "solve": [["solve", "alexnet_owt"], ["solve", "lenet_d2l", "--input", "1x2x2"]],
    "solve --layer LAYER": [["solve", "paper", "--layer", "conv1"]],
    "fit": [["fit", "lenet_d2l", "--max-macs", "300k", "--max-params", "fc1=40k"]],
    "sweep": [["sweep", "lenet_d2l", "--input", "8,28", "--vary", "conv1.out_channels=1..3", "--sample", "4"]],
    "check": [["check", "lenet_d2l"]],
    "check --against MODULE:NAME": [["check", "lenet_d2l", "--against", "{model}"]],
    "check --weights FILE": [["check", "lenet_d2l", "--weights", "{checkpoint}"]],
    "list": [["list"]],
    "validate": [
        ["validate", "paper", "tests/specs/invalid/several_faults_in_layers.yaml"],
        ["validate", "paper", "--max-params", "60M", "--max-ms", "1", "--device-model", "t4"],
    ],
    "ops": [["ops"], ["ops", "use"]],
    "profile --compare A.json B.json": [["profile", "--compare", *map(str, OF_A_CPU[:2])]],
}
"""Commands whose answers have all keys of a section of json.md; `profile` has records instead."""


def test_every_section_on_json_is_held_against_answers() -> None:
    assert [*sections("json.md")] == [*list(ANSWERS)[:-1], "profile", [*ANSWERS][-1]]


@pytest.mark.parametrize("section", ANSWERS)
def test_every_key_of_json_is_documented(section: str, tmp_path: Path) -> None:
    files = {
        "checkpoint": str(lenet_checkpoint(tmp_path / "lenet.safetensors")),
        "model": f"{tmp_path}/net.py:LenetD2l",
    }
    (tmp_path / "net.py").write_text(archcalc.load("lenet_d2l").export(), encoding="utf-8")
    for command in ANSWERS[section]:
        words = [word.format_map(files) for word in command]
        answer = json.loads(run_here(*words, "--format", "json").stdout)
        assert sorted(_keys(answer) - _documented(section)) == []


def test_every_key_of_a_record_is_documented() -> None:
    keys = {key for record in RECORDS for key in _keys(json.loads(record.read_text(encoding="utf-8")))}
    assert sorted(keys - _documented("profile")) == []


def _documented(section: str) -> set[str]:
    """Return the words in marks of code of a section, and of those whose keys it says that it has too."""
    every = sections("json.md")
    words = set(re.findall(r"`([^`]+)`", every[section]))
    return words.union(*(_documented(other) for other in every if other in words and other != section))


BY_NAMES = ("counts", "quantities", "not_counted", "not_known", "depends", "fields", "keys", "settings", "variables")


def _keys(data: object) -> set[str]:
    """The keys of a JSON document at every depth, except the stamp of all answers and what is keyed by names."""
    if isinstance(data, list):
        return {key for item in data for key in _keys(item)}
    if not isinstance(data, dict):
        return set()
    inner = {
        key for name, value in data.items() if name not in BY_NAMES or isinstance(value, list) for key in _keys(value)
    }
    return ({*data} | inner) - {"archcalc", "schema", "results"}


def test_the_specs_of_the_pages_are_read(tmp_path: Path) -> None:
    names = []
    for page in PAGES:
        for number, text in enumerate(blocks(page, "yaml")):
            if not text.startswith(("on: ", "repos:")):
                whole = text if "archcalc: 1" in text else f"archcalc: 1\nname: part_{number}\n{text}"
                names += re.findall(r"^name: (\w+)", whole, re.MULTILINE)
                (tmp_path / f"{names[-1]}.yaml").write_text(whole, encoding="utf-8")
    assert len(names) == len(set(names)) >= 5
    for name in names:
        assert not archcalc.load(tmp_path / f"{name}.yaml").audit().has_surprises
    rows = {row.name: row for row in archcalc.load(tmp_path / "tiny_avg.yaml").table().rows}
    assert list(rows)[:3] == ["conv1", "act1", "mean1"]
    assert rows["fc"].output_shape == (100,)
    (repeated,) = (name for name in names if "repeat: 2" in (tmp_path / f"{name}.yaml").read_text(encoding="utf-8"))
    assert "stage.1.conv" in {row.name for row in archcalc.load(tmp_path / f"{repeated}.yaml").table().rows}


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")])
def test_the_python_of_a_page_runs(page: str) -> None:
    code = "\n".join(blocks(page, "python"))
    assert all(block.startswith(">>> ") for block in blocks(page, "python"))
    examples = doctest.DocTestParser().get_doctest(code, {}, page, None, None)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples, out=said.append)
    assert "".join(said) == ""
