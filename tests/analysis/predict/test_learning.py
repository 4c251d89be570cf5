"""What is learnt of a machine whose times are known, and how far off predictions are said to be."""

import pytest

import archcalc
from archcalc.analysis.predict.calibration import Calibration
from archcalc.analysis.predict.learning import Measurements, learn
from archcalc.analysis.predict.load import loads
from archcalc.analysis.predict.prediction import predict
from archcalc.errors import ArchError
from tests.analysis.predict.made_up import (
    NAMES,
    by_the_terms,
    calibration,
    jobs,
    measured,
    twice_as_long_at_places,
)


def test_a_machine_that_follows_the_terms_is_known_exactly() -> None:
    found = calibration()
    assert found.network_error < 1e-4  # not 0: terms that grow together are told apart by the last digits
    assert found.layer_error < 1e-4
    assert found.within < 1e-4
    graph = archcalc.load("alexnet_caffe").graph  # of which nothing was measured
    assert predict(graph, found, 4).seconds == pytest.approx(sum(map(by_the_terms, loads(graph, 4))), rel=1e-4)


def test_a_machine_that_does_not_is_said_to_be_off() -> None:
    found = calibration(twice_as_long_at_places)
    assert 0.05 < found.layer_error < 1
    assert found.within >= max(0.05, found.network_error)


def test_the_errors_are_those_of_the_networks_that_were_held_out() -> None:
    found = calibration(twice_as_long_at_places)
    assert len(found.held_out) == sum(job.is_held_out for job in jobs())
    for one in found.held_out:
        graph = archcalc.load(one.network).graph
        layers = [twice_as_long_at_places(load) for load in loads(graph, one.batch)]
        guesses = [layer.seconds for layer in predict(graph, found, one.batch).layers]
        assert one.measured_ms == pytest.approx(1e3 * sum(layers))
        assert one.error == pytest.approx(sum(guesses) / sum(layers) - 1)
        shares = [abs(guess / layer - 1) for guess, layer in zip(guesses, layers, strict=True)]
        assert one.layer_error == pytest.approx(sum(shares) / len(shares))
        off = sum(abs(guess - layer) for guess, layer in zip(guesses, layers, strict=True))
        assert one.layer_error_by_time == pytest.approx(off / sum(layers))
    nine = sorted(abs(one.error) for one in found.held_out)
    assert sum(error <= found.within for error in nine) >= 0.9 * len(nine) > sum(error < found.within for error in nine)


def test_nothing_is_learnt_of_layers_that_are_held_out() -> None:
    hidden = {(n.layer, n.device_inputs) for job in jobs() if job.is_held_out for n in job.graph.nodes}
    false = measured(jobs(), by_the_terms)
    times = [
        one
        if job.is_held_out
        else one.__class__(
            whole=one.whole,
            layers=tuple(
                99.0 if (node.layer, node.device_inputs) in hidden else seconds
                for node, seconds in zip(job.graph.nodes, one.layers, strict=True)
            ),
        )
        for job, one in zip(jobs(), false.times, strict=True)
        if one is not None
    ]
    found = learn(jobs(), Measurements(machine=false.machine, waited=None, times=tuple(times)), 0, "")
    assert any(99.0 in one.layers for one in times)
    assert found.network_error < 1e-4


def test_a_network_that_could_not_run_is_left_out() -> None:
    whole = measured(jobs(), by_the_terms)
    pairs = zip(jobs(), whole.times, strict=True)
    times = tuple(None if job.is_held_out and job.batch > 1 else one for job, one in pairs)
    found = learn(jobs(), Measurements(machine=whole.machine, waited=None, times=times), 0, "")
    assert {one.batch for one in found.held_out} == {1}


def test_too_little_is_not_enough() -> None:
    nothing = Measurements(machine=calibration().machine, waited=None, times=(None,) * len(jobs()))
    with pytest.raises(ArchError, match="too little could be measured to predict anything"):
        learn(jobs(), nothing, 0, "")


def test_it_says_what_was_learnt_from() -> None:
    found = calibration()
    held_out = {one.network for one in found.held_out}
    assert set(found.networks) == set(NAMES) - held_out
    assert Calibration.from_json(found.to_json()) == found
