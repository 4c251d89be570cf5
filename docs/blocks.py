"""Blocks of README.md and docs/*.md that are made from the program itself.

Regenerate them all, from the repository's root, after a change of a help text, a docstring, a layer kind or an output:

    python -m cogapp -r README.md docs/*.md
"""

import inspect
import json
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import typer.main

import archcalc
import archcalc.answers
from archcalc.analysis.audit.claims import Standing, Verdict, audit, in_words
from archcalc.analysis.conventions import CONVENTIONS, Convention
from archcalc.analysis.conventions.convention import in_words as count_in_words
from archcalc.analysis.conventions.facts import QUANTITIES
from archcalc.analysis.profile.record import Record
from archcalc.cli.app import assemble
from archcalc.cli.options import Reading, Writing
from archcalc.layers import KINDS, Layer
from archcalc.render.audit.claims import about, said
from archcalc.render.audit.page import reference
from archcalc.render.conventions import silence
from archcalc.render.formats import plain
from archcalc.render.formats.markdown import escape, render_page
from archcalc.render.ops import how_many, kind_sheet, kinds_sheet, structure_sheet
from archcalc.render.page import paragraph
from archcalc.render.profile import profile_sheets
from archcalc.spec.catalogue import Catalogue
from archcalc.spec.statement import STRUCTURES

ROOT: Final = Path(__file__).resolve().parent.parent
UNSET: Final = ("COLUMNS", "NO_COLOR", "ARCHCALC_SPECS")
"""Variables that would change what is printed."""

_OPTIONS_IN_TEXT: Final = re.compile(r"(?<![\w`])--[a-z][a-z-]*")
_TORCH: Final = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
_COMMANDS: Final[dict[str, Any]] = typer.main.get_command(assemble()).commands  # type: ignore[attr-defined]


def session(*commands: str, code: int = 0) -> str:
    """Return commands as they are typed in a shell, each followed by what it prints.

    Raises ValueError for a command that does not end with `code`.
    """
    return _fenced("console", "\n".join(f"$ {command}\n{_printed(command, code)}" for command in commands))


def measured(command: str, record: str) -> str:
    """Return a command of profile and what it printed when it wrote the record, in today's words."""
    found = Record.from_json(json.loads((ROOT / "reports" / "profiles" / record).read_text(encoding="utf-8")))
    return _fenced("text", f"$ {command}\n{plain.render(profile_sheets([found]))}")


def _printed(command: str, code: int) -> str:
    done = subprocess.run(
        ["bash", "-c", f'archcalc() {{ "{sys.executable}" -m archcalc "$@"; }}\n{command}'],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={name: value for name, value in os.environ.items() if name not in UNSET},
        check=False,
    )
    if done.returncode != code:
        raise ValueError(f"{command} ended with {done.returncode}, not {code}: {done.stdout}")
    return done.stdout


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table of Markdown."""
    names = list(header)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def usage(name: str) -> str:
    """Return the help of a command: what it does, how it is called, and the options that it alone has."""
    command = _COMMANDS[name]
    about, *examples = command.help.split("\n\n")
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = {one.opts[0]: _option(one) for one in command.params if one not in arguments}
    common = _shared()
    shared = [f"`{word}`" for word, option in options.items() if option in common]
    rows = [*map(_argument, arguments), *(option for option in options.values() if option not in common)]
    call = " ".join(["archcalc", name, "[OPTIONS]", *(one.metavar for one in arguments)])
    parts = [
        about,
        _fenced("text", f"{call}\n"),
        *map(_example, examples),
        table(("argument or option", "what it is"), rows) if rows else "",
        f"It also takes {_listing(shared)}: see [Options that commands share](#options-that-commands-share).",
    ]
    return "\n\n".join(part for part in parts if part)


def _example(text: str) -> str:
    """Return `Example: one; another` with the commands as code."""
    label, sign, commands = text.partition(": ")
    if not sign or not label.startswith("Example"):
        return text
    return f"{label}: {_listing([f'`{command}`' for command in commands.split('; ')])}"


def shared_options() -> str:
    """Return the options that many commands have."""
    return table(("option", "what it is"), _shared())


def _shared() -> list[tuple[str, str]]:
    names = (*Reading._fields, *Writing._fields)
    return [_option(one) for one in _COMMANDS["table"].params if one.name in names]


def _argument(argument: Any) -> tuple[str, str]:
    return f"`{argument.metavar}`", argument.help


def _option(option: Any) -> tuple[str, str]:
    """Return how an option is written, and its help with the values that it takes and its default."""
    metavar = "" if option.is_flag or (option.metavar or "[").startswith("[") else f" {option.metavar}"
    choices = [f"`{one}`" for one in getattr(option.type, "choices", ())]
    if choices and (option.metavar or "").startswith("["):
        choices = [*choices, "no value"]
    has_default = option.default is not None and not option.is_flag
    parts = [
        option.help,
        f"{'One of ' if len(choices) > 1 else ''}{_listing(choices, 'or')}." if choices else "",
        f"Default: {option.default}." if has_default else "",
    ]
    return f"`{', '.join(option.opts)}{metavar}`", _OPTIONS_IN_TEXT.sub(r"`\g<0>`", " ".join(filter(None, parts)))


def kinds() -> str:
    """Return all layer kinds as a table."""
    rows = [(f"[`{op}`](#{op})", fields, what) for op, fields, what in kinds_sheet().rows if op in KINDS]
    return table(("op", "fields, with their defaults", "what it is"), rows)


def kind_sections() -> str:
    """Return a section for each layer kind: its rule, its fields, and what it is in torch."""
    return "\n\n".join(part for op, kind in KINDS.items() for part in (f"### {op}", *_kind(kind)))


def _kind(kind: type[Layer]) -> Iterator[str]:
    yield inspect.getdoc(kind) or ""
    if kind.fields:
        rows = [[f"`{name}`", f"`{default}`", values] for name, default, values in kind_sheet(kind).rows]
        yield table(("field", "default", "values"), rows)
    else:
        yield "It has no fields."
    yield "\n".join(f"- {fact}" for fact in _facts(kind))


def _facts(kind: type[Layer]) -> Iterator[str]:
    call = kind.torch_call.removeprefix("torch.")
    if "." in kind.torch_call:
        yield f"In torch: [`torch.{call}`]({_TORCH.format(call)})."
    else:
        yield f"torch has none: the class `{call}` is archcalc's own, and stands in what `archcalc export` writes."
    if kind.counted:
        yield "Its multiply-accumulates are counted."
    if kind.takes_activation:
        yield "It takes `activation:`."
    if kind.merges:
        yield f"It reads {how_many(kind)} layers: `from: [one, another]`."
    if kind.also_called:
        yield f"Other names for it: {', '.join(kind.also_called)}."


def structures() -> str:
    """Return a section for each structure: what it is, and its keys."""
    sections = []
    for op in STRUCTURES:
        sheet = structure_sheet(op)
        rows = [[f"`{key}`", values] for key, values in sheet.rows]
        sections += [f"### {op}", sheet.title.removeprefix(f"{op}: "), table(("key", "values"), rows)]
    return "\n\n".join(sections)


def said_by(key: str) -> str:
    """Return a source as it is cited, and every claim of its, of whichever networks: what it says, and what is true."""
    audits = [audit(archcalc.load(name).graph) for name in Catalogue.shipped().files()]
    theirs = [(one.spec, verdict) for one in audits for verdict in one.verdicts if verdict.claim.source == key]
    cited = paragraph(*reference(key, theirs[0][0].sources[key]))
    rows = (
        (
            f"`{spec.name}`",
            *map(_as_text, (about(v.claim), said(v.claim), in_words(v), v.claim.where or "")),
            _verdict(v),
        )
        for spec, v in theirs
    )
    header = ("network", "about", "the page says", "archcalc says", "where", "verdict")
    return f"{render_page((cited,))}\n{table(header, rows)}"


def _verdict(verdict: Verdict) -> str:
    why = f": {_as_text(verdict.claim.why)}" if verdict.claim.why else ""
    return verdict.standing.value if verdict.standing is Standing.OK else f"**{verdict.standing.value}**{why}"


def _as_text(words: str) -> str:
    """Return words as Markdown without meaning; `table` takes care of what is between cells."""
    return escape(words).replace("\\|", "|")


def conventions() -> str:
    """Return all conventions as a table."""
    rows = [
        (f"[`{one.name}`](#{_anchor(one)})", f"{one.tool} {one.version}", one.word, one.means)
        for one in CONVENTIONS.values()
    ]
    return table(("convention", "tool and version", "calls it", "what it counts"), rows)


def convention_sections() -> str:
    """Return a section for each convention: what it counts of each layer kind, and where that is written."""
    return "\n\n".join(part for one in CONVENTIONS.values() for part in _convention(one))


def _anchor(one: Convention) -> str:
    return f"convention-{one.name}".replace(".", "")


def _convention(one: Convention) -> Iterator[str]:
    yield f"### Convention {one.name}"
    yield f"{one.word} of {one.tool} {one.version}: {one.means}."
    if one.note:
        yield f"Note: {one.note}."
    if one.printed_half:
        yield "What it publishes is half of this sum."
    if one.depends:
        yield f"It depends on how the model is written: {one.depends}."
    if one.also:
        yield f"Also found as {_listing([f'`{word}`' for word in one.also], 'or')}."
    by_count: dict[str, list[str]] = {}
    for op in KINDS:
        weights = one.weights(op)
        counted = silence(one, op) if weights is None else count_in_words(weights) if weights else "nothing"
        by_count.setdefault(counted, []).append(op)
    most = max(by_count, key=lambda counted: len(by_count[counted]))
    rows = [(words, ", ".join(_over_axes(ops))) for words, ops in by_count.items() if words != most]
    yield table(("what is counted", "of these kinds"), [*rows, (most, "all others")])
    yield f"Its rule: <{one.url}>" if one.url.startswith("http") else "Its rule is on this page."


def _over_axes(ops: Sequence[str]) -> Iterator[str]:
    """Yield ops as they are written; those over one, two and three axes as one."""
    for op in ops:
        stem = op[:-2] if op[-2:] in ("1d", "2d", "3d") else ""
        if not {f"{stem}1d", f"{stem}2d", f"{stem}3d"} <= set(ops):
            yield f"`{op}`"
        elif op.endswith("1d"):
            yield f"`{stem}1d` to `3d`"


def quantities() -> str:
    """Return the quantities that conventions count."""
    return table(("quantity", "what it is"), [(f"`{name}`", words.full) for name, words in QUANTITIES.items()])


def keys(data: Callable[..., object]) -> str:
    """Return what a function's docstring says, after its first sentence, of the keys of the JSON that it makes."""
    _, _, rest = (inspect.getdoc(data) or "").partition("\n\n")
    if not rest:
        raise ValueError(f"{data.__module__}.{data.__qualname__} documents no keys")
    return rest


def answers() -> str:
    """Return the directives that document the module of every answer."""
    names = sorted(one.name for one in pkgutil.iter_modules(archcalc.answers.__path__))
    modules = [f".. automodule:: archcalc.answers.{name}\n   :members:\n   :show-inheritance:\n" for name in names]
    return _fenced("{eval-rst}", "\n".join(modules))


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}```"


def _listing(words: list[str], last: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
