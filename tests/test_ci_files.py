"""The action of GitHub and the hook of pre-commit: both are read, and what they run does what they say."""

import os
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.commands import clean_environment
from tests.conftest import BUNDLED, ROOT, SPECS

ACTION: Any = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
SCRIPTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/usr/bin/env bash\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def run_step(step: dict[str, Any], inputs: dict[str, str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the action as GitHub does: bash -eo pipefail, with the inputs where `env` asks for them."""
    assert step["shell"] == "bash"
    assert "${{" not in step["run"]  # a value in the text of a command may become a command
    of_step = {
        name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: inputs[found[1]], value)
        for name, value in step.get("env", {}).items()
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=clean_environment(**of_step, **environment),
        check=False,
    )


DEFAULTS = {name: one["default"] for name, one in ACTION["inputs"].items()}


def test_the_action_uses_no_other_action() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert all("uses" not in step and step["shell"] == "bash" for step in ACTION["runs"]["steps"])
    assert all(one["description"] for one in (ACTION, *ACTION["inputs"].values()))


def test_the_action_installs_its_own_checkout(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "python3", 'echo "python3 $*" >> "$SAID"; mkdir -p "$3/bin"; cp "$PIP" "$3/bin/python"')
    program(tmp_path / "pip", 'echo "pip of ${0#"$RUNNER_TEMP"/}: $*" >> "$SAID"')
    folders = {"RUNNER_TEMP": str(tmp_path / "temp"), "GITHUB_ACTION_PATH": str(ROOT)}
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    said = {"SAID": str(tmp_path / "said"), "PIP": str(tmp_path / "pip"), "PATH": path}
    done = run_step(ACTION["runs"]["steps"][0], DEFAULTS, **folders, **said)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "said").read_text().splitlines() == [
        f"python3 -m venv {tmp_path}/temp/archcalc",
        f"pip of archcalc/bin/python: -m pip install --quiet {ROOT}",
    ]


@pytest.mark.parametrize(
    ("inputs", "code", "rows"),
    [
        ({}, 0, len(BUNDLED)),
        ({"specs": "specs/alexnet_paper.yaml specs/zfnet.yaml", "options": "--max-params 62M --max-macs 1.2G"}, 1, 6),
        ({"specs": "specs/no_such_*.yaml"}, 2, 0),
    ],
)
def test_the_action_writes_into_the_summary(inputs: dict[str, str], code: int, rows: int, tmp_path: Path) -> None:
    program(tmp_path / "archcalc" / "bin" / "archcalc", f'exec "{sys.executable}" -m archcalc "$@"')
    summary = tmp_path / "summary.md"
    summary.write_text("# before\n", encoding="utf-8")
    folders = {"RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(summary)}
    done = run_step(ACTION["runs"]["steps"][1], DEFAULTS | inputs, **folders)
    assert (done.returncode, done.stdout) == (code, "")
    written = summary.read_text(encoding="utf-8")
    assert written.startswith("# before\n")
    assert len(re.findall(r"^\| (?!file|network)", written, re.MULTILINE)) == rows
    assert ("**budget: 1 of 4 limits not kept**" in written) == (code == 1)
    assert ("there is no such file" in written) == (code == 2)


def test_an_input_is_no_command(tmp_path: Path) -> None:
    program(tmp_path / "archcalc" / "bin" / "archcalc", 'printf "%s\\n" "$@"')
    folders = {"RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    words = DEFAULTS | {"specs": "a.yaml; touch made", "options": "$(touch made)"}
    run_step(ACTION["runs"]["steps"][1], words, **folders)
    assert (tmp_path / "summary").read_text().split() == [
        *("validate", "a.yaml;", "touch", "made", "$(touch", "made)", "--format", "markdown")
    ]
    assert not (ROOT / "made").exists()


def test_the_hook_takes_specs_and_nothing_else() -> None:
    def takes(path: str) -> bool:
        return bool(re.search(HOOK["files"], path)) and not re.search(HOOK["exclude"], path)

    there = [path.relative_to(ROOT).as_posix() for path in SPECS.iterdir()]
    assert sorted(filter(takes, there)) == sorted(f"specs/{name}.yaml" for name in BUNDLED)
    assert takes("networks/specs/mine.json")
    assert not takes("specs/archcalc.schema.json")
    assert not takes("docs/conf.yaml")
    assert not takes("myspecs/a.yaml")


@pytest.mark.parametrize(("limit", "code"), [("62M", 0), ("60M", 1)])
def test_the_hook_runs(limit: str, code: int) -> None:
    assert (HOOK["id"], HOOK["language"]) == ("archcalc-validate", "python")
    word, *words = HOOK["entry"].split()
    assert word in SCRIPTS  # what pip installs from this repository
    command = [*words, "--max-params", limit, "specs/alexnet_paper.yaml", "specs/lenet_d2l.yaml"]
    done = subprocess.run(
        [sys.executable, "-m", "archcalc", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=clean_environment(),
        check=False,
    )
    assert done.returncode == code, done.stderr


def test_the_page_on_ci_names_the_hook_and_the_inputs() -> None:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    used = yaml.safe_load(re.findall(r"```yaml\n(repos:.*?)```", page, re.DOTALL)[0])
    assert [hook["id"] for repo in used["repos"] for hook in repo["hooks"]] == [HOOK["id"]]
    with_ = [
        step["with"]
        for block in re.findall(r"```yaml\n(on:.*?)```", page, re.DOTALL)
        for job in yaml.safe_load(block)["jobs"].values()
        for step in job["steps"]
        if step.get("uses", "").startswith("OWNER/archcalc")
    ]
    assert [set(one) for one in with_] == [set(ACTION["inputs"])]
