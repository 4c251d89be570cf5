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
    netscope,
    onnx_tool,
    ours,
    paddle,
    ptflops,
    tensorflow,
    thop,
    torch,
    torchinfo,
    torchprofile,
    torchstat,
)
from archcalc.errors import ArchError, did_you_mean

CONVENTIONS: Final[dict[str, Convention]] = {
    one.name: one
    for one in (
        ours.MACS,
        ours.FLOPS,
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
        deepspeed.DEEPSPEED,
        deepspeed.DEEPSPEED_FLOPS,
        deepspeed.CALFLOPS,
        deepspeed.CALFLOPS_FLOPS,
        torchstat.FLOPS,
        torchstat.MADD,
        onnx_tool.ONNX_TOOL,
        netscope.NETSCOPE,
        convnet_burden.CONVNET_BURDEN,
        tensorflow.RECEPTIVE_FIELD,
        darknet.DARKNET,
        imgclsmob.IMGCLSMOB,
        paddle.PADDLECLAS,
        paddle.PADDLECLAS_2020,
    )
}
"""Every convention by its name: ours first, then tool by tool."""


def find(name: str) -> Convention:
    """Return the convention called `name`. Raises ArchError that lists them."""
    if name in CONVENTIONS:
        return CONVENTIONS[name]
    hint = did_you_mean(name, CONVENTIONS)
    raise ArchError(f"there is no convention '{name}'{hint} (there are {', '.join(CONVENTIONS)})")
