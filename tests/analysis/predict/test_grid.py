"""What is measured: every kind, the same for the same seed, and nothing twice of what is held out."""

import pytest

from archcalc.analysis.predict.grid import BATCHES, Job, layers_of
from archcalc.layers import KINDS
from archcalc.spec.catalogue import Catalogue
from archcalc.table import row_of
from tests.analysis.predict.made_up import NAMES, jobs


def test_every_kind_is_measured_with_several_sizes() -> None:
    seen: dict[str, set[object]] = {}
    for job in jobs():
        for node in job.graph.nodes:
            seen.setdefault(node.layer.op, set()).add((node.device_inputs, job.batch))
    assert set(seen) <= set(KINDS)
    shipped = {op for graph in map(_graph, Catalogue.shipped().files()) for op in graph}
    assert set(seen) | shipped == set(KINDS)
    assert min(len(sizes) for sizes in seen.values()) >= 2


def _graph(name: str) -> set[str]:
    return {entry.layer.op for entry in Catalogue.shipped().load(name).layers}


def test_the_seed_decides() -> None:
    assert _words(jobs(0)) == _words(jobs.__wrapped__(0))  # made anew
    assert _words(jobs(0)) != _words(jobs(1))


def _words(some: tuple[Job, ...]) -> list[tuple[object, ...]]:
    return [(job.batch, job.is_held_out, *((n.layer, n.device_inputs) for n in job.graph.nodes)) for job in some]


@pytest.mark.parametrize("seed", range(3))
def test_a_quarter_of_the_networks_is_held_out_with_all_batches(seed: int) -> None:
    of_networks = [job for job in jobs(seed) if job.is_network]
    held_out = {job.graph.spec.name for job in of_networks if job.is_held_out}
    assert len(held_out) == len(NAMES) // 4
    assert {job.graph.spec.name for job in of_networks if not job.is_held_out} == set(NAMES) - held_out
    assert {1, 2, 4, 8} <= {job.batch for job in of_networks} <= set(BATCHES)
    assert not any(job.is_held_out for job in jobs(seed) if not job.is_network)


def test_no_pass_is_too_long() -> None:
    assert max(job.batch * sum(row_of(node).macs for node in job.graph.nodes) for job in jobs()) <= 4 * 10**10


def test_layers_alone_are_not_those_of_networks() -> None:
    alone = layers_of(job.graph for job in jobs() if not job.is_network)
    there = layers_of(job.graph for job in jobs() if job.is_network)
    assert len(alone & there) < len(alone) / 10
