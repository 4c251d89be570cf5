"""What NVIDIA's driver reports of a GPU, through NVML: the package nvidia-ml-py, where it is installed."""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeVar

import torch

from archcalc.analysis.profile.results import Gpu, GpuState
from archcalc.pytorch.profile.accelerator import Clock
from archcalc.pytorch.profile.timing import Step

T = TypeVar("T")

_MILLI: Final = 1e-3
_FEWEST: Final = 5
"""Steps that are launched before the driver is asked."""

_REASONS: Final[Mapping[str, str]] = {
    "nvmlClocksThrottleReasonSwPowerCap": "power cap",
    "nvmlClocksThrottleReasonHwSlowdown": "slowdown by the hardware",
    "nvmlClocksThrottleReasonSwThermalSlowdown": "too hot, by the driver",
    "nvmlClocksThrottleReasonHwThermalSlowdown": "too hot, by the hardware",
    "nvmlClocksThrottleReasonHwPowerBrakeSlowdown": "power brake",
    "nvmlClocksThrottleReasonSyncBoost": "sync boost",
    "nvmlClocksThrottleReasonApplicationsClocksSetting": "set by a user",
}
"""Reasons for lower clocks, by the names of their bits in NVML."""


class _Handle(NamedTuple):
    """NVML, and its handle of a device."""

    nvml: Any
    device: Any

    def ask(self, name: str, *arguments: Any) -> Any:
        """Return what a function about the device returns; None where this GPU or this driver does not know it."""
        return _asked(lambda: getattr(self.nvml, name)(self.device, *arguments))


def describe_gpu(device: torch.device) -> Gpu | None:
    """Return what the driver reports of a GPU; None for another device, and where NVML is not there."""
    with _opened(device) as gpu:
        if gpu is None:
            return None
        driver = gpu.nvml.nvmlSystemGetDriverVersion()
        processes = gpu.ask("nvmlDeviceGetComputeRunningProcesses")
        return Gpu(
            driver=driver.decode() if isinstance(driver, bytes) else driver,
            power_limit_w=_watts(gpu.ask("nvmlDeviceGetEnforcedPowerLimit")),
            sm_max_mhz=gpu.ask("nvmlDeviceGetMaxClockInfo", gpu.nvml.NVML_CLOCK_SM),
            memory_max_mhz=gpu.ask("nvmlDeviceGetMaxClockInfo", gpu.nvml.NVML_CLOCK_MEM),
            other_processes=None if processes is None else sum(one.pid != os.getpid() for one in processes),
        )


def gpu_while(step: Step, steps: int, clock: Clock) -> GpuState | None:
    """Return what the driver reports of a GPU while so many steps run; None where NVML is not there."""
    with _opened(clock.device) as gpu:
        if gpu is None:
            return None
        for _ in range(max(steps, _FEWEST)):
            step()
        found = _state(gpu)
        clock()
        return found


def _state(gpu: _Handle) -> GpuState:
    bits = gpu.ask("nvmlDeviceGetCurrentClocksThrottleReasons") or 0
    return GpuState(
        sm_mhz=gpu.ask("nvmlDeviceGetClockInfo", gpu.nvml.NVML_CLOCK_SM),
        memory_mhz=gpu.ask("nvmlDeviceGetClockInfo", gpu.nvml.NVML_CLOCK_MEM),
        temperature_c=gpu.ask("nvmlDeviceGetTemperature", gpu.nvml.NVML_TEMPERATURE_GPU),
        power_w=_watts(gpu.ask("nvmlDeviceGetPowerUsage")),
        slowed_by=tuple(words for name, words in _REASONS.items() if bits & getattr(gpu.nvml, name, 0)),
    )


def _watts(milliwatts: int | None) -> float | None:
    return None if milliwatts is None else milliwatts * _MILLI


@contextlib.contextmanager
def _opened(device: torch.device) -> Iterator[_Handle | None]:
    """Yield NVML with its handle of a device; None where there is no NVML, or it does not know the device."""
    if device.type != "cuda":
        yield None
        return
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:  # there is no package, or no driver of NVIDIA's
        yield None
        return
    try:
        uuid = _asked(lambda: torch.cuda.get_device_properties(device).uuid)  # which CUDA_VISIBLE_DEVICES keeps
        handle = _asked(lambda: pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}"))
        yield None if handle is None else _Handle(pynvml, handle)
    finally:
        pynvml.nvmlShutdown()


def _asked(question: Callable[[], T]) -> T | None:
    """Return an answer; None where a function is not there or raises, as NVML does for what a GPU does not have."""
    try:
        return question()
    except Exception:
        return None
