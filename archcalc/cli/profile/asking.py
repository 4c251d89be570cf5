"""The request, the networks and the way to run, each checked before anything is measured."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from archcalc.analysis.profile.presets import PRESETS
from archcalc.analysis.profile.ranks import Place, device_of
from archcalc.analysis.profile.request import Request
from archcalc.cli.networks import Networks
from archcalc.cli.options import Reading
from archcalc.cli.output import say
from archcalc.cli.profile import runner
from archcalc.errors import ArchError, MissingError
from archcalc.graph import Graph

if TYPE_CHECKING:
    import torch

_ALEXNETS: Final = "alexnet_"
_TIME_TO_SPEAK: Final = 10.0
"""Seconds that the first rank has to say why all end; torchrun ends every rank as soon as one has ended."""


@contextmanager
def said_by_the_first(place: Place | None) -> Iterator[None]:
    """Let only the first of several ranks print an error, which all have."""
    try:
        yield
    except ArchError as error:
        if place is None or place.is_first:
            raise
        time.sleep(_TIME_TO_SPEAK)
        raise SystemExit(3 if isinstance(error, MissingError) else 2) from None


def run_for(in_process: bool, place: Place | None) -> runner.Run:
    """Return how to run a measurement: in a process of its own, in this one, or with the other ranks."""
    if place:
        return runner.in_ranks(place)
    if in_process:
        return runner.in_process
    from archcalc.pytorch.profile.process import in_a_process

    return in_a_process


def device_for(request: Request, place: Place | None) -> str:
    """Return the device to measure on, by torch's name. Raises ArchError for what ranks do not measure."""
    from archcalc.pytorch.profile.process import find_device

    device = find_device(request.device, request.precision)
    if place is None:
        return str(device)
    kind = device.type if request.device == "auto" else request.device
    return str(_of_rank(device_of(replace(request, device=kind), place), place))


def _of_rank(name: str, place: Place) -> "torch.device":
    """Return the device of a rank; a rank that has none prints so itself, since the first may have one."""
    from archcalc.pytorch.profile.process import find_device

    try:
        return find_device(name)
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
