"""What is asked for, made sure before anything is measured: the device, the networks, and the way to measure."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from archcalc.analysis.profile.config import ON_ACCELERATOR, ON_CPU, Config, check
from archcalc.analysis.profile.presets import PRESETS
from archcalc.analysis.profile.ranks import Place, device_of
from archcalc.cli.networks import Networks
from archcalc.cli.options import Reading
from archcalc.cli.output import say
from archcalc.cli.profile import measuring
from archcalc.errors import ArchError, MissingError, did_you_mean
from archcalc.graph import Graph

if TYPE_CHECKING:
    import torch

_ALEXNETS: Final = "alexnet_"


@contextmanager
def spoken_by_the_first(ours: Place | None) -> Iterator[None]:
    """Let one of several ranks alone say what is wrong with all."""
    try:
        yield
    except ArchError as error:
        if ours is None or ours.is_first:
            raise
        raise SystemExit(3 if isinstance(error, MissingError) else 2) from None


def way(in_process: bool, ours: Place | None) -> measuring.Measure:
    """How to measure: in a process of its own, here, or with others."""
    if ours:
        return measuring.in_ranks(ours)
    return measuring.in_process if in_process else measuring.in_a_process


def expect_free(preset: str | None, given: Mapping[str, Any]) -> None:
    """Raise ArchError for a preset that there is not, and for options that are given though the preset decides."""
    if preset is None:
        return
    if preset not in PRESETS:
        raise ArchError(
            f"there is no preset '{preset}'{did_you_mean(preset, PRESETS)} (there are {', '.join(PRESETS)})"
        )
    for name, value in given.items():
        if value is not None and value is not False:
            raise ArchError(f"--preset {preset} says itself what is measured: leave out {name}")


def make_sure(asked: Config, batch: int | None, ours: Place | None) -> Config:
    """The configuration with the device that it means and a batch, or a message for what cannot be."""
    device = _device(asked, ours)
    if asked.preset:
        asked = asked._replace(mode=PRESETS[asked.preset].mode)
    if batch is None:
        default = ON_CPU if device.type == "cpu" else ON_ACCELERATOR
        batch = PRESETS[asked.preset].batch if asked.preset else default
    asked = asked._replace(device=str(device), batch=batch)
    check(asked)
    return asked


def _device(asked: Config, ours: Place | None) -> "torch.device":
    try:
        from archcalc.pytorch.profile.device import resolve
    except ImportError as error:
        raise MissingError(f"profile needs torch ({error}): pip install 'archcalc[torch]'") from error
    device = resolve(asked.device)
    if ours is None:
        return device
    kind = device.type if asked.device == "auto" else asked.device
    return _its_own(resolve, device_of(asked._replace(device=kind), ours), ours)


def _its_own(resolve: "Callable[[str], torch.device]", name: str, ours: Place) -> "torch.device":
    """The device of a rank; where there is none, this rank says so itself, as the first has no such fault."""
    try:
        return resolve(name)
    except MissingError as error:
        if not ours.is_first:
            say(f"rank {ours.rank}: {error}")
        raise


def graphs(asked: Config, specs: list[str] | None, reading: Reading) -> list[tuple[str, Graph]]:
    """The networks that are named; the preset's, or every AlexNet, if none is."""
    networks = Networks(reading)
    if not specs:
        alexnets = [stem for stem in networks.catalogue.files() if stem.startswith(_ALEXNETS)]
        specs = [PRESETS[asked.preset].spec] if asked.preset else alexnets
    return [(word, one.graph) for word, one in zip(specs, networks.all_of(specs), strict=True)]
