"""What is learnt of a machine whose times are known, and how far off predictions are said to be."""

from dataclasses import replace

import pytest

import archcalc
from archcalc.analysis.predict.calibration import Calibration
from archcalc.analysis.predict.learning import Measurements, learn
from archcalc.analysis.predict.load import Load, loads
from archcalc.analysis.predict.prediction import predict
from archcalc.analysis.predict.rates import estimate, rates_of
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


def test_the_errors_are_those_of_networks_whose_layers_were_hidden() -> None:
    found = calibration(twice_as_long_at_places)
    assert len(found.held_out) == sum(job.is_held_out for job in jobs())
    rates = rates_of(_shown())
    for one in found.held_out:
        loaded = loads(archcalc.load(one.network).graph, one.batch)
        layers = [twice_as_long_at_places(load) for load in loaded]
        guesses = [estimate(rates, load).seconds for load in loaded]
        assert one.measured_ms == pytest.approx(1e3 * sum(layers))
        assert one.error == pytest.approx(sum(guesses) / sum(layers) - 1)
        shares = [abs(guess / layer - 1) for guess, layer in zip(guesses, layers, strict=True)]
        assert one.layer_error == pytest.approx(sum(shares) / len(shares))
        off = sum(abs(guess - layer) for guess, layer in zip(guesses, layers, strict=True))
        assert one.layer_error_by_time == pytest.approx(off / sum(layers))
    nine = sorted(abs(one.error) for one in found.held_out)
    assert sum(error <= found.within for error in nine) >= 0.9 * len(nine) > sum(error < found.within for error in nine)


def _shown() -> list[tuple[Load, float]]:
    """The layers that no network has that is held out."""
    hidden = {(n.layer, n.device_inputs) for job in jobs() if job.is_held_out for n in job.graph.nodes}
    return [
        (load, twice_as_long_at_places(load))
        for job in jobs()
        for node, load in zip(job.graph.nodes, loads(job.graph, job.batch), strict=True)
        if (node.layer, node.device_inputs) not in hidden
    ]


def test_predictions_of_networks_are_learnt_from_all() -> None:
    """Also from those that were held out: the rates are those of every layer that was measured."""
    whole = measured(jobs(), twice_as_long_at_places)
    every = [
        (load, seconds)
        for job, times in zip(jobs(), whole.times, strict=True)
        if times is not None
        for load, seconds in zip(loads(job.graph, job.batch), times.layers, strict=True)
    ]
    found = calibration(twice_as_long_at_places)
    assert found.rates == rates_of(every)
    assert found.rates != rates_of(_shown())
    assert found.samples == len(every)


def test_how_far_off_a_time_may_be_is_that_of_others_about_as_long() -> None:
    """A dozen short ones were off by a half, and a dozen long ones by a tenth."""
    one = calibration().held_out[0]
    short = [replace(one, measured_ms=1.0, predicted_ms=1.5 + 0.001 * place) for place in range(12)]
    long = [replace(one, measured_ms=100.0, predicted_ms=110.0 - 0.001 * place) for place in range(12)]
    found = replace(calibration(), held_out=(*short, *long))
    assert found.within_about(0.001) == pytest.approx(0.51)  # the eleventh of twelve
    assert found.within_about(1.0) == pytest.approx(0.09999)
    assert found.within == pytest.approx(0.509)


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
    assert held_out < set(found.networks) == set(NAMES)
    assert Calibration.from_json(found.to_json()) == found
