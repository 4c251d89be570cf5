"""Finding spec files: by path, name, alias, or the unique end of a name; and reading them.

Names are looked for in the folder of `--spec-dir`, in those of `$ARCHCALC_SPECS`, in `./specs`, and among the specs
that come with the package (a checkout's own, where the package is installed in place). An earlier folder wins.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from archcalc.collector import collector_at_rest
from archcalc.errors import ArchError, Fault, Faults, did_you_mean, listing
from archcalc.spec.document import read_document, sound
from archcalc.spec.inherit import inherit
from archcalc.spec.inputs import Inputs
from archcalc.spec.model import LONGEST_NAME, Spec
from archcalc.spec.reading import kind_of
from archcalc.spec.text import MOST_BYTES, Scalar, Sequence, decode, expect_json, parse, peek, read_bytes
from archcalc.spec.text import Mapping as Tree

SUFFIXES: Final = (".yaml", ".yml", ".json")
STANDARD_INPUT: Final = "-"
_STDIN_NAME: Final = "<stdin>"
_TEXT_NAME: Final = "<text>"
_MOST_PARENTS: Final = 32
_MOST_ALIKE: Final = 4
_MOST_LISTED: Final = 40
_OTHERS: Final = {
    ".py": "Python: name a class or a function in it, as in net.py:Net; archcalc import writes its spec",
    **dict.fromkeys(
        (".prototxt", ".cfg", ".onnx", ".keras", ".pt2"),
        "another framework's network: archcalc import FILE writes its spec",
    ),
    **dict.fromkeys(
        (".pth", ".pt", ".ckpt", ".bin", ".safetensors"),
        "a checkpoint: archcalc identify FILE says which specs it fits",
    ),
}
"""Files that people name in the place of a spec, by their endings, and what to do with them."""
_PACKAGE: Final = Path(__file__).resolve().parent.parent


class Found(NamedTuple):
    """A spec file, and what messages call it."""

    path: Path
    shown: str


class Draft(NamedTuple):
    """A file that was read, of which specs are made: each with other settings."""

    tree: Tree
    shown: str
    """What messages call it."""
    faults: tuple[Fault, ...]

    @collector_at_rest()
    def spec(self, settings: Mapping[str, Any] | None = None, input_shape: Inputs | None = None) -> Spec:
        """Return the spec, with `settings` for its params. Raises ArchError with every fault."""
        faults = Faults()
        faults.found += self.faults
        return read_document(self.tree, self.shown, settings or {}, input_shape, faults)


class Catalogue:
    """The spec files that can be named, in the folders where they are looked for."""

    def __init__(self, spec_dir: str | os.PathLike[str] | None = None) -> None:
        self.folders = list(_folders(spec_dir))

    @classmethod
    def shipped(cls) -> "Catalogue":
        """Return the specs that come with the package, and no others."""
        catalogue = cls()
        catalogue.folders = list(_shipped())
        return catalogue

    def files(self) -> dict[str, Path]:
        """Return every spec file by its stem; an earlier folder hides a later one's."""
        files: dict[str, Path] = {}
        for folder in self.folders:
            for name in sorted(_names_in(folder)):
                stem, suffix = os.path.splitext(name)
                if suffix in SUFFIXES and not stem.endswith(".schema"):
                    files.setdefault(stem, folder / name)
        return files

    def words(self) -> Iterator[str]:
        """Yield every name and alias by which a spec can be named; its file is read for the latter."""
        for stem, path in self.files().items():
            yield stem
            yield from _aliases(path)

    def knows(self, word: str) -> bool:
        """Return whether a word names a spec."""
        try:
            self._find(word)
        except ArchError:
            return False
        return True

    def find(self, word: str) -> Found:
        """Return the file that a spec argument means. Raises ArchError that lists what there is."""
        return self._find(word, _MOST_LISTED)

    def _find(self, word: str, most_listed: int = 0) -> Found:
        """Return the same, with a message that lists so many names if none is near."""
        if advice := _OTHERS.get(os.path.splitext(word)[1].lower()):
            raise ArchError(f"{word} is not a spec, but {advice}")
        if _is_path(word):
            return Found(Path(word), word)
        files = self.files()
        if word in files:
            return Found(files[word], _shown(files[word]))
        matches = self._with_alias(word, files) or [stem for stem in files if stem.endswith(f"_{word}")]
        matches = self._nearest(matches, files)
        if len(matches) == 1:
            return Found(files[matches[0]], _shown(files[matches[0]]))
        if matches:
            raise ArchError(f"'{word}' may be {listing(sorted(matches))}: write the whole name")
        if _is_file(Path(word)):
            return Found(Path(word), word)
        if word and _is_folder(Path(word)):
            raise ArchError(f"{word} is a folder; name a spec file in it")
        raise ArchError(_unknown(word, files, self.folders, most_listed))

    def _with_alias(self, word: str, files: Mapping[str, Path]) -> list[str]:
        """Return the specs with this alias; only files in which the word occurs are read for it."""
        return [stem for stem, path in files.items() if word in _aliases(path, word)]

    def _nearest(self, stems: list[str], files: Mapping[str, Path]) -> list[str]:
        """Return those of these specs that are in the first folder that has any."""
        for folder in self.folders:
            if found := [stem for stem in stems if files[stem].parent == folder]:
                return found
        return stems

    @collector_at_rest()
    def load(self, word: str, settings: Mapping[str, Any] | None = None, input_shape: Inputs | None = None) -> Spec:
        """Read the spec that an argument means, with `settings` for its params. Raises ArchError with every fault."""
        return self.draft(word).spec(settings, input_shape)

    @collector_at_rest()
    def draft(self, word: str) -> "Draft":
        """Read the file that an argument means, and all that it inherits. Raises ArchError for what is no tree."""
        faults = Faults()
        if word == STANDARD_INPUT:
            path, shown = None, _STDIN_NAME
            if sys.stdin is None:
                raise ArchError("standard input is closed")
            content = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            path, shown = self.find(word)
            content = read_bytes(path, shown)
        text = decode(content, shown)
        if path and path.suffix == ".json":
            expect_json(text, shown)
        tree = sound(parse(text, shown), faults)
        tree = _named(tree, path.stem if path else "network")
        return Draft(self._with_parents(tree, path, [], faults), shown, tuple(faults.found))

    @collector_at_rest()
    def read(
        self,
        text: str,
        settings: Mapping[str, Any] | None = None,
        input_shape: Inputs | None = None,
        shown: str = _TEXT_NAME,
    ) -> Spec:
        """Read a text as a spec, which messages call as it is `shown`; what it extends is named as from here.

        Raises ArchError as `load` does.
        """
        return self.draft_of(text, shown).spec(settings, input_shape)

    @collector_at_rest()
    def draft_of(self, text: str, shown: str = _TEXT_NAME) -> "Draft":
        """Read a text, and all that it inherits. Raises ArchError for what is no tree."""
        faults = Faults()
        content = text.encode(errors="surrogatepass")
        if len(content) > MOST_BYTES:
            raise ArchError(f"a spec of over {MOST_BYTES:,} bytes").at(None, shown)
        tree = _named(sound(parse(decode(content, shown), shown), faults), "network")
        return Draft(self._with_parents(tree, None, [], faults), shown, tuple(faults.found))

    def _with_parents(self, tree: Tree, path: Path | None, below: list[str], faults: Faults) -> Tree:
        """Return the tree with all that it inherits through `extends`."""
        node = tree.items.get("extends")
        if node is None:
            return tree
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            raise ArchError(f"extends must be a spec's name or path, got {kind_of(node)}").at(node.mark)
        chain = [*below, str(path.resolve()) if path else _STDIN_NAME]
        try:
            parent = self._parent(node.value, path)
            if str(parent.path.resolve()) in chain:
                names = " -> ".join(Path(link).stem for link in (*chain, str(parent.path)))
                raise ArchError(f"this goes in a circle: {names}")
            if len(chain) > _MOST_PARENTS:
                raise ArchError(f"more than {_MOST_PARENTS} specs extend each other")
            content = read_bytes(parent.path, parent.shown)
        except (ArchError, OSError, ValueError) as error:
            raise ArchError(f"extends: {error}").at(node.mark) from None
        above = sound(parse(decode(content, parent.shown), parent.shown), faults)
        above = self._with_parents(above, parent.path, chain, faults)
        return inherit(tree, above, parent.path.stem, faults)

    def _parent(self, word: str, child: Path | None) -> Found:
        """Find a parent: a path or a bare name counts from the child's folder, before the catalogue is asked."""
        if "\0" in word:
            raise ArchError("a file's name cannot hold a zero byte")
        folder = child.parent if child else Path()
        if _is_path(word):
            path = folder / word
            return Found(path, str(path))
        for suffix in SUFFIXES:
            path = folder / f"{word}{suffix}"
            if _is_file(path):
                return Found(path, str(path))
        return self._find(word)


def name_of(stem: str) -> str:
    """Return the name of a network whose file has this stem.

    >>> name_of("my-net.v2"), name_of("34_layers")
    ('my_net_v2', 'net_34_layers')
    """
    name = re.sub(r"\W", "_", stem, flags=re.ASCII)[:LONGEST_NAME]
    return name if name[:1].isalpha() else f"net_{name}"[:LONGEST_NAME]


def _named(tree: Tree, stem: str) -> Tree:
    """Return the tree with a name, which is made of the file's stem if none is written."""
    if "name" in tree.items:
        return tree
    name = name_of(stem)
    return tree._replace(items={**tree.items, "name": Scalar(name, name, tree.mark)})


def _aliases(path: Path, word: str = "") -> list[str]:
    """Return the other names that a spec gives itself, looked up only where `word` occurs in its file at all."""
    try:
        content = read_bytes(path, path.name, in_passing=True)
        if os.fsencode(word) not in content or b"aliases" not in content:
            return []
        node = peek(decode(content, path.name), "aliases")
    except ArchError:
        return []  # a file that cannot be read says so when it is named itself
    return [item.text for item in node.items if isinstance(item, Scalar)] if isinstance(node, Sequence) else []


def _folders(spec_dir: str | os.PathLike[str] | None) -> Iterator[Path]:
    if spec_dir is not None:
        if not Path(spec_dir).is_dir():
            raise ArchError(f"--spec-dir: {spec_dir} is not a folder")
        yield Path(spec_dir)
    for folder in os.environ.get("ARCHCALC_SPECS", "").split(os.pathsep):
        if folder and Path(folder).is_dir():
            yield Path(folder)
    if Path("specs").is_dir():
        yield Path("specs")
    yield from _shipped()


def _shipped() -> Iterator[Path]:
    yield from (folder for folder in (_PACKAGE / "specs", _PACKAGE.parent / "specs") if _is_shipped(folder))


def _is_shipped(folder: Path) -> bool:
    """Return whether specs come with the package: in a wheel inside it, in a checkout next to it."""
    return folder.is_dir() and (folder.parent == _PACKAGE or (folder.parent / "pyproject.toml").is_file())


def _names_in(folder: Path) -> list[str]:
    """Return the names in a folder; none where it cannot be read."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _is_file(path: Path) -> bool:
    """Return whether there is such a file; False for a name that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _is_folder(path: Path) -> bool:
    """Return whether there is such a folder."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _is_path(word: str) -> bool:
    return "/" in word or os.sep in word or word.endswith(SUFFIXES)


def _shown(path: Path) -> str:
    """Return a path as a message shows it: from here, where it is below here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _unknown(word: str, files: Mapping[str, Path], folders: list[Path], most_listed: int) -> str:
    for suffix in SUFFIXES:
        if _is_file(Path(f"{word}{suffix}")):
            return f"there is no spec '{word}'; did you mean the file ./{word}{suffix}?"
    alike = [stem for stem in files if stem.lower().startswith(f"{word.lower()}_")]
    if alike:
        more = " ..." if len(alike) > _MOST_ALIKE else ""
        return (
            f"there is no spec '{word}', but there are {', '.join(alike[:_MOST_ALIKE])}{more} (archcalc list shows all)"
        )
    hint = did_you_mean(word, [*files, *(stem.partition("_")[2] for stem in files if "_" in stem)])
    if not files:
        looked = f" in {listing([_shown(folder) for folder in folders], 'and')}" if folders else ""
        return f"there is no spec '{word}', nor any other{looked}; name a file, or give its folder with --spec-dir"
    if hint or not most_listed:
        return f"there is no spec '{word}'{hint} (archcalc list shows all)"
    known = ", ".join([*files][:most_listed]) + ", ..." * (len(files) > most_listed)
    return f"there is no spec '{word}'; there are: {known} (archcalc list shows their titles)"
