"""A spec beside the model that archcalc exports of it, or of another spec."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

import archcalc
from archcalc.analysis.check.against import Against
from archcalc.errors import Mark
from archcalc.exchange.pytorch_source import class_name, source
from archcalc.graph import Graph, link
from archcalc.layers import Layer, Shape
from archcalc.pytorch.check.against import hold_against
from archcalc.spec.model import Entry, Spec
from archcalc.twins import place


def exported(graph: Graph, device: str = "cpu") -> nn.Module:
    """The exported class, which is written and has no code of archcalc's."""
    scope: dict[str, Any] = {}
    exec(source(graph), scope)
    with torch.device(device):
        model: nn.Module = scope[class_name(graph.spec.name)]()
    return model.eval()


def beside(graph: Graph, model: nn.Module, device: str = "cpu") -> Against:
    return hold_against(graph, place(graph), model, "model", device)


def network(text: str) -> archcalc.Network:
    """A network of these layers."""
    return archcalc.load(f"archcalc: 1\nname: net\n{text}")


def of_one(layer: Layer, inputs: Sequence[Shape]) -> Graph:
    """A network of one layer, which reads the input as often as it reads anything."""
    entry = Entry("layer", layer, ("input",) * len(inputs), None, False, Mark("made.yaml", 1, 1))
    return link(Spec(name="one", input_shape=inputs[0], layers=(entry,)))
