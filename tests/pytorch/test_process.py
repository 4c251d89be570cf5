"""A process of its own: what it is asked arrives whole."""

import sys

from archcalc.analysis.check.against import Against
from archcalc.analysis.messages import Failure, read
from archcalc.pytorch.process import ask

ANSWERS_WITH_THE_LENGTH = """
from archcalc.errors import ArchError
from archcalc.pytorch.serving import serve

def answer(request, send):
    raise ArchError(f"{len(request):,} bytes")

serve(answer, lambda request, error: ArchError("something else"))
"""


def test_a_request_that_a_pipe_hands_on_in_parts_arrives_whole() -> None:
    # a pipe holds 64 KiB, and the graph of ResNet-152 is longer when it is pickled
    words = (sys.executable, "-c", ANSWERS_WITH_THE_LENGTH)
    answer = ask(words, b"x" * 1_000_000, lambda text: read(text, Against))
    assert answer == Failure("1,000,000 bytes", False)
