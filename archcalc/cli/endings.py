"""The endings of files that are written: a name that says one kind of file gets no other.

An ending that nobody knows says nothing, so that whatever was asked for may be in it, as in `net.txt` or `run.log`.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange import targets
from archcalc.render import formats

SPECS: Final = (".yaml", ".yml", ".json")
"""The endings of specs."""

_PLAIN: Final = (".txt",)
"""The endings of what any text may be."""

_OF_OTHERS: Final = """
.avif .bmp .eps .gif .heic .ico .jpeg .jpg .png .ps .tif .tiff .webp
.doc .docx .odp .ods .odt .pdf .ppt .pptx .rtf .xls .xlsx
.7z .bz2 .gz .rar .tar .tgz .xz .zip
.arrow .feather .npy .npz .parquet .pickle .pkl
.caffemodel .ckpt .h5 .hdf5 .keras .mlmodel .pb .pt .pt2 .pth .safetensors .tflite .weights
.cfg .ipynb
"""
"""Endings of pictures, documents, archives, tables and models that archcalc writes nowhere, or in one place only."""


def expect_ending(file: Path | None, own: Collection[str], option: str = "--output") -> None:
    """Raise ArchError for a file whose ending is that of another kind than those that a command writes."""
    ending = file.suffix.lower() if file else ""
    if ending not in own and ending not in _PLAIN and ending in _known():
        raise ArchError(
            f"{option}: {ending} is the ending of another kind of file than this command writes ({', '.join(own)})"
        )


def expect_agreement(file: Path | None, option: str, own: Collection[str], known: Collection[str]) -> None:
    """Raise ArchError where an option asks for files with its `own` endings, and a file has another that is `known`."""
    ending = file.suffix.lower() if file else ""
    own = own or _PLAIN
    if file and ending in known and ending not in own and ending not in _PLAIN:
        named = " or ".join(f"{file.stem}{one}" for one in own)
        words = f"{option} does not go with the ending of --output {file}"
        raise ArchError(f"{words}: leave out {option}, or write {named}")


def _known() -> set[str]:
    return {*_OF_OTHERS.split(), *SPECS, *formats.endings(), *targets.endings()}
