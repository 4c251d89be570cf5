"""The device that a word means, whether this torch can use it, and the settings made before it is used."""

import os
import re

import torch

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.request import Request
from archcalc.errors import ArchError, MissingError
from archcalc.pytorch.profile import accelerator


def resolve(name: str) -> torch.device:
    """Return the device that `auto`, `cpu`, `cuda`, `cuda:1` or `mps` means.

    Raises MissingError where there is none, with what torch sees, and ArchError for another word.
    """
    if name == "auto":
        return resolve(_best())
    match = re.fullmatch(r"cpu|mps|cuda(?::(\d{1,9}))?", name)
    if match is None:
        raise ArchError(f"--device: '{name}' is not a device; write auto, cpu, cuda, cuda:1 or mps")
    if name in ("cpu", "mps"):
        if name == "mps" and not torch.backends.mps.is_available():
            raise MissingError(f"torch {torch.__version__} sees no MPS device here; --device cpu works")
        return torch.device(name)
    index = int(match[1] or 0)
    _expect_cuda(index)
    return torch.device("cuda", index)


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _expect_cuda(index: int) -> None:
    wheel = f"torch {torch.__version__}"
    if torch.version.cuda is None and torch.version.hip is None:
        raise MissingError(f"{wheel} is built without CUDA; --device cpu works (pytorch.org says how to install it)")
    if not torch.cuda.is_available():
        built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else f"built for ROCm {torch.version.hip}"
        raise MissingError(
            f"{wheel}, {built}, sees no CUDA device here: is there a GPU, and its driver? --device cpu works"
        )
    if index >= torch.cuda.device_count():
        seen = ", ".join(f"cuda:{one}" for one in range(torch.cuda.device_count()))
        raise MissingError(f"there is no cuda:{index}: torch sees {seen}")
    _expect_code_for(torch.device("cuda", index), wheel)


def _expect_code_for(device: torch.device, wheel: str) -> None:
    """Raise MissingError unless this torch has code of the same major version, or PTX of any earlier one."""
    major, minor = torch.cuda.get_device_capability(device)
    archs = torch.cuda.get_arch_list()
    built_for = [_number(arch) for arch in archs if arch.startswith("sm_")]
    later = [_number(arch) for arch in archs if arch.startswith("compute_")]
    ours = 10 * major + minor
    runs = any(arch // 10 == major and arch <= ours for arch in built_for) or any(arch <= ours for arch in later)
    if built_for and not runs:
        raise MissingError(
            f"{torch.cuda.get_device_name(device)} has compute capability {major}.{minor}; {wheel} is built for "
            f"{', '.join(arch for arch in archs if arch.startswith('sm_'))}: it needs "
            f"{'an older' if ours < min(built_for) else 'a newer'} torch; --device cpu works"
        )


def _number(arch: str) -> int:
    """Return the number in the name of an architecture.

    >>> _number("sm_90a"), _number("compute_120")
    (90, 120)
    """
    return int("".join(filter(str.isdigit, arch)))


def set_up(request: Request, device: torch.device) -> int:
    """Make a device current, and set seed, flags and threads. Returns the number of threads."""
    threads = request.threads or default_threads()
    torch.set_num_threads(threads)
    torch.manual_seed(request.seed)
    tf32 = request.precision is Precision.TF32
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = True
    accelerator.make_current(device)
    return threads


def default_threads() -> int:
    """Return the number of cores that this process may use, at most as many as torch would take."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, torch.get_num_threads())
