"""The process that imports a model: it reads what is wanted, pickled."""

import os
import sys
from typing import Any

from archcalc.analysis.messages import Progress
from archcalc.errors import ArchError, MissingError
from archcalc.exchange.torch_models.document import Imported
from archcalc.pytorch.importing.process import Wanted
from archcalc.pytorch.raised import with_place
from archcalc.pytorch.serving import Send, serve


def main() -> None:
    """Import the model that the process asks for that started this one."""
    serve(_imported, _failed)


def _imported(wanted: Wanted, send: Send) -> Imported:
    os.environ["TORCHDYNAMO_DISABLE"] = "1"  # what torch.compile makes of a model cannot be watched: its code can
    try:
        from archcalc.pytorch.importing.models import import_model
    except ImportError as error:
        raise MissingError(f"to import a model needs torch ({error}): pip install 'archcalc[torch]'") from error
    sys.path[:] = [folder or os.getcwd() for folder in wanted.folders]
    return import_model(wanted, lambda words: send(Progress(words)))


def _failed(wanted: Any, error: BaseException) -> ArchError:
    return ArchError(f"{wanted.model.word} fails: {with_place(error)}")


if __name__ == "__main__":
    main()
