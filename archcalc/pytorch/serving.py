"""The other side of `process`: a process that reads one pickled request, answers it, and ends.

What was standard output is for messages alone. What anybody prints goes to standard error, and standard input is empty.
"""

import contextlib
import faulthandler
import os
import pickle
import resource
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

from archcalc.analysis.messages import Answer, Failure, Message, line
from archcalc.errors import ArchError, MissingError
from archcalc.pytorch.process import SIZE_BYTES

Send = Callable[[Message], None]


def serve(answer: Callable[[Any, Send], Answer], failed: Callable[[Any, BaseException], ArchError]) -> NoReturn:
    """Answer the request on standard input and end; `failed` says what the message for any other error is."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    faulthandler.enable(all_threads=False)
    messages, requests = os.fdopen(os.dup(1), "w", encoding="utf-8"), os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def send(message: Message) -> None:
        print(f"\n{line(message)}", file=messages, flush=True)  # a line of its own, whatever stands there already

    size = int.from_bytes(requests.read(SIZE_BYTES))
    request = pickle.loads(requests.read(size))
    threading.Thread(target=_end_with_the_caller, args=(requests.fileno(),), daemon=True).start()
    code = 1
    try:
        message = _answered(answer, failed, request, send)
        _write_out_what_was_printed()
        send(message)
        code = 0
    finally:
        os._exit(code)  # whatever else still runs here, or would run at the end


def _answered(
    answer: Callable[[Any, Send], Answer], failed: Callable[[Any, BaseException], ArchError], request: Any, send: Send
) -> Message:
    try:
        return answer(request, send)
    except BaseException as error:
        known = error if isinstance(error, ArchError) else failed(request, error)
        return Failure(str(known), isinstance(known, MissingError))


def _end_with_the_caller(requests: int) -> None:
    """End when standard input does: the process that asked is gone, and the device must not stay in use."""
    while os.read(requests, 1):
        pass
    os._exit(1)


def _write_out_what_was_printed() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
