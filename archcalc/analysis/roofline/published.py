"""Times that others published, beside the roof of the same network on the same device at the same batch.

A time belongs to a network only if its layers are those of the bundled spec that the time is of: their hashes are
compared, so that neither another network of that name nor one with other settings takes it.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from archcalc.analysis.datasheets import Device
from archcalc.analysis.devices import peak_of
from archcalc.analysis.precision import NumberFormat
from archcalc.analysis.profile.presets import CONVNET_BENCHMARKS, TF_BENCHMARK, TF_CNN_BENCHMARKS, Preset
from archcalc.analysis.profile.presets import Published as OfPreset
from archcalc.analysis.roofline.loads import loads_of
from archcalc.analysis.roofline.roofs import roofs_of
from archcalc.analysis.work import Traffic
from archcalc.graph import Graph

PRESETS: Final[dict[str, Preset]] = {
    "49a599232bc0": CONVNET_BENCHMARKS,
    "4b31b942f226": TF_BENCHMARK,
    "b0a286025a89": TF_CNN_BENCHMARKS,
}
"""The protocols with published times, by the hash of the spec that they are of."""

DEVICES: Final = {
    "Tesla K40c": "k40",
    "GTX TITAN X (Maxwell)": "titan-x-maxwell",
    "Tesla K80, one die (GCE)": "k80-half",
    "Tesla K80, one die (EC2)": "k80-half",
    "Tesla P100 (DGX-1)": "p100-sxm2",
    "GTX 1080 Ti": "gtx1080ti",
    "RTX 2080 Ti": "rtx2080ti",
    "Tesla V100-SXM3-32GB": "v100-sxm2",
    "RTX 3090": "rtx3090",
    "A100-PCIE-40GB": "a100-40",
}
"""The devices of published times, by the words of their sources."""

INFERENCE: Final = {
    ("GTX 1080 Ti", 512): 7764,
    ("RTX 2080 Ti", 512): 10290,
    ("Tesla V100-SXM3-32GB", 1536): 14427,
    ("RTX 3090", 896): 17619,
    ("A100-PCIE-40GB", 1792): 28254,
}
"""Images a second of inference, by the logs that have training too (lambdal/lambda-tensorflow-benchmark), and batch."""


class Published(NamedTuple):
    """Milliseconds of a batch that somebody published, None for what was not, and those of inference at the roof."""

    hardware: str
    library: str
    batch: int
    inference_ms: float | None
    training_ms: float | None
    roof_ms: float | None
    """None also for a number format in which the device only stores numbers."""
    source: str

    @property
    def of_roof(self) -> float | None:
        """The time at the roof as a share of the published one, of inference."""
        return self.roof_ms / self.inference_ms if self.roof_ms and self.inference_ms else None


def published_for(graph: Graph, moves: Sequence[Traffic], device: Device | None) -> tuple[Published, ...]:
    """Return the published times of a network on a device; none for most."""
    if device is None or device.id not in DEVICES.values():
        return ()
    from archcalc.exchange.yaml import digest

    preset = PRESETS.get(digest(graph.spec))
    rows = preset.published if preset else ()
    return tuple(_published(row, graph, moves, device) for row in rows if DEVICES.get(row.hardware) == device.id)


def _published(row: OfPreset, graph: Graph, moves: Sequence[Traffic], device: Device) -> Published:
    speed = INFERENCE.get((row.hardware, row.batch)) if "fp16" not in row.library else None
    inference_ms = 1e3 * row.batch / speed if speed else row.forward_ms
    training_ms = 1e3 * row.batch / row.images_per_second if row.total_ms is None else row.total_ms
    computing = _computing(row, device)
    roof_ms = None
    if inference_ms is not None and peak_of(device, NumberFormat(computing)) is not None:
        loads = loads_of(graph, moves, roofs_of(device, computing))
        roof_ms = 1e3 * sum(load.seconds(row.batch) for load in loads)
    return Published(row.hardware, row.library, row.batch, inference_ms, training_ms, roof_ms, row.source)


def _computing(row: OfPreset, device: Device) -> Literal["fp32", "tf32", "fp16"]:
    """Return what a library computed in: where there is TF32, TensorFlow takes it for fp32."""
    if "fp16" in row.library:
        return "fp16"
    return "tf32" if device.tf32 else "fp32"
