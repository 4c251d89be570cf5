"""The request, the networks and the way to run, each checked before anything is measured."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from archcalc.analysis.profile.presets import PRESETS
from archcalc.analysis.profile.ranks import Place, device_of
from archcalc.analysis.profile.request import Request, check, default_batch
from archcalc.cli.networks import Networks
from archcalc.cli.options import Reading
from archcalc.cli.output import say
from archcalc.cli.profile import runner
from archcalc.errors import ArchError, MissingError, did_you_mean
from archcalc.graph import Graph

if TYPE_CHECKING:
    import torch

_ALEXNETS: Final = "alexnet_"


@contextmanager
def said_by_the_first(place: Place | None) -> Iterator[None]:
    """Let only the first of several ranks print an error, which all have."""
    try:
        yield
    except ArchError as error:
        if place is None or place.is_first:
            raise
        raise SystemExit(3 if isinstance(error, MissingError) else 2) from None


def run_for(in_process: bool, place: Place | None) -> runner.Run:
    """Return how to run a measurement: in a process of its own, in this one, or with the other ranks."""
    if place:
        return runner.in_ranks(place)
    if in_process:
        return runner.in_process
    from archcalc.pytorch.profile.process import in_a_process

    return in_a_process


def expect_free(preset: str | None, given: Mapping[str, Any]) -> None:
    """Raise ArchError for an unknown preset, and for options that are given although the preset sets them."""
    if preset is None:
        return
    if preset not in PRESETS:
        raise ArchError(
            f"there is no preset '{preset}'{did_you_mean(preset, PRESETS)} (there are {', '.join(PRESETS)})"
        )
    for name, value in given.items():
        if value is not None and value is not False:
            raise ArchError(f"--preset {preset} sets what is measured: leave out {name}")


def completed(request: Request, batch: int | None, place: Place | None) -> Request:
    """Return the request with its device resolved and a batch. Raises ArchError for what cannot be measured."""
    device = _device(request, place)
    mode = PRESETS[request.preset].mode if request.preset else request.mode
    if batch is None:
        batch = PRESETS[request.preset].batch if request.preset else default_batch(device.type)
    request = replace(request, device=str(device), mode=mode, batch=batch)
    check(request)
    return request


def _device(request: Request, place: Place | None) -> "torch.device":
    try:
        from archcalc.pytorch.profile.device import resolve
    except ImportError as error:
        raise MissingError(f"profile needs torch ({error}): pip install 'archcalc[torch]'") from error
    device = resolve(request.device)
    if place is None:
        return device
    kind = device.type if request.device == "auto" else request.device
    return _of_rank(resolve, device_of(replace(request, device=kind), place), place)


def _of_rank(resolve: "Callable[[str], torch.device]", name: str, place: Place) -> "torch.device":
    """Return the device of a rank; a rank that has none prints so itself, since the first may have one."""
    try:
        return resolve(name)
    except MissingError as error:
        if not place.is_first:
            say(f"rank {place.rank}: {error}")
        raise


def graphs(request: Request, specs: list[str] | None, reading: Reading) -> list[tuple[str, Graph]]:
    """Return the networks that are named; if none is, that of the preset, or every AlexNet."""
    networks = Networks(reading)
    if not specs:
        alexnets = [stem for stem in networks.catalogue.files() if stem.startswith(_ALEXNETS)]
        specs = [PRESETS[request.preset].spec] if request.preset else alexnets
    return [(word, one.graph) for word, one in zip(specs, networks.all_of(specs), strict=True)]
