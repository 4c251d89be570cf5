"""Counting conventions: how a tool, in a version, counts operations, written so exactly that its number comes out.

A layer's facts are counted once (`facts`); a convention is a re-weighting of them (`convention`), one small file a tool
(`tools`). What a convention says nothing about is not counted, and is never silently zero.
"""

from typing import Final

from archcalc.analysis.conventions.convention import Convention as Convention
from archcalc.analysis.conventions.facts import Facts as Facts
from archcalc.analysis.conventions.facts import facts as facts
from archcalc.analysis.conventions.tools import (
    convnet_burden,
    darknet,
    deepspeed,
    fvcore,
    imgclsmob,
    keras,
    netscope,
    onnx_tool,
    ours,
    paddle,
    ptflops,
    tensorflow,
    thop,
    torch,
    torch_scan,
    torchinfo,
    torchprofile,
    torchstat,
)
from archcalc.errors import ArchError, did_you_mean, listing

CONVENTIONS: Final[dict[str, Convention]] = {
    one.name: one
    for one in (
        ours.MACS,
        ours.FLOPS,
        ours.PARAMS,
        torch.FLOP_COUNTER,
        torch.TORCHVISION,
        fvcore.FVCORE,
        torchinfo.TORCHINFO,
        ptflops.PYTORCH,
        ptflops.ATEN,
        ptflops.PYTORCH_0_6,
        thop.THOP,
        thop.THOP_2019,
        torchprofile.TORCHPROFILE,
        torch_scan.MACS,
        torch_scan.FLOPS,
        deepspeed.DEEPSPEED,
        deepspeed.DEEPSPEED_FLOPS,
        deepspeed.CALFLOPS,
        deepspeed.CALFLOPS_FLOPS,
        torchstat.FLOPS,
        torchstat.MADD,
        onnx_tool.ONNX_TOOL,
        netscope.NETSCOPE,
        convnet_burden.CONVNET_BURDEN,
        keras.KERAS,
        tensorflow.KERAS_FLOPS,
        tensorflow.RECEPTIVE_FIELD,
        darknet.DARKNET,
        imgclsmob.IMGCLSMOB,
        paddle.PADDLECLAS,
        paddle.PADDLECLAS_2020,
    )
}
"""Every convention by its name: ours first, then tool by tool."""


def meant(word: str) -> tuple[Convention, ...]:
    """Return the conventions that a word may mean: that of the name, or of the framework. Raises ArchError for none.

    >>> [one.name for one in meant("TensorFlow")]
    ['keras-flops', 'receptive-field']
    """
    lower = word.lower()
    named = [CONVENTIONS[lower]] if lower in CONVENTIONS else []
    found = (*named, *(one for one in CONVENTIONS.values() if lower in one.also and one not in named))
    if found:
        return found
    hint = did_you_mean(word, [*CONVENTIONS, *(other for one in CONVENTIONS.values() for other in one.also)])
    raise ArchError(f"there is no convention '{word}'{hint} (there are {', '.join(CONVENTIONS)})")


def find(name: str) -> Convention:
    """Return the convention called `name`, or the only one that it may mean. Raises ArchError that lists them."""
    first, *others = meant(name)
    if others and first.name != name.lower():
        raise ArchError(f"'{name}' may mean {listing([first.name, *(one.name for one in others)])}: name one of them")
    return first
