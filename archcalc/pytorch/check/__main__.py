"""The process that runs somebody's model: it reads a graph, the model's name and a device, pickled."""

import os
import sys
from typing import Any

from archcalc.analysis.check.against import Against
from archcalc.analysis.messages import Progress
from archcalc.errors import ArchError, MissingError
from archcalc.pytorch.raised import with_place
from archcalc.pytorch.serving import Send, serve


def main() -> None:
    """Hold a spec against a model, as the process asks that started this one."""
    serve(_against, _failed)


def _against(request: Any, send: Send) -> Against:
    graph, target, device, folders = request
    os.environ["TORCHDYNAMO_DISABLE"] = "1"  # what torch.compile makes of a model cannot be watched: its code can
    try:
        from archcalc.pytorch.check.against import hold_against_model
    except ImportError as error:
        raise MissingError(f"check needs torch and fvcore ({error}): pip install 'archcalc[torch]'") from error
    sys.path[:] = [folder or os.getcwd() for folder in folders]
    return hold_against_model(graph, target, device, lambda words: send(Progress(words)))


def _failed(request: Any, error: BaseException) -> ArchError:
    return ArchError(f"{request[1]} fails: {with_place(error)}")


if __name__ == "__main__":
    main()
