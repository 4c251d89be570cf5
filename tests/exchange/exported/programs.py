"""Programs that torch exports for the tests, and their archives with other JSON in them."""

import json
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

MAPS = (4, 8, 8)


def save(
    module: nn.Module,
    path: Path,
    *inputs: Tensor,
    dynamic_shapes: Any = None,
    in_training: bool = False,
    is_broken_down: bool = False,
) -> Path:
    """Export a module in inference, on two maps if nothing else is given, as a user does."""
    with warnings.catch_warnings(action="ignore"):
        module = module.train(in_training)
        program = torch.export.export(module, inputs or (torch.zeros(2, *MAPS),), dynamic_shapes=dynamic_shapes)
        torch.export.save(program.run_decompositions() if is_broken_down else program, path)
    return path


class Saved(NamedTuple):
    """The records of an archive that are read, with their names."""

    program: dict[str, Any]
    weights: dict[str, Any]
    name: str


def opened(path: Path) -> Saved:
    with zipfile.ZipFile(path) as archive:
        program, weights = (
            next(name for name in archive.namelist() if name.endswith(ending) and part in name)
            for part, ending in (("/models/", ".json"), ("/weights/", "_weights_config.json"))
        )
        return Saved(json.loads(archive.read(program)), json.loads(archive.read(weights)), path.stem)


def written(path: Path, program: object, weights: object, name: str = "net") -> Path:
    return archive_of(
        path,
        {
            f"{name}/models/model.json": json.dumps(program),
            f"{name}/data/weights/model_weights_config.json": json.dumps(weights),
        },
    )


def archive_of(path: Path, records: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in records.items():
            archive.writestr(name, content)
    return path


class Calling(nn.Module):
    """A model whose forward is a function of it and its inputs; its parts are attributes."""

    def __init__(self, function: Any, **parts: Any) -> None:
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self._function = function

    def forward(self, *xs: Any) -> Any:
        return self._function(self, *xs)
