"""The roofline as JSON."""

from typing import Any

from archcalc.analysis.datasheets import SOURCES
from archcalc.analysis.roofline.roofline import LayerRoof, Roofline, Work
from archcalc.render.envelope import identity, stamped


def data(found: Roofline) -> dict[str, Any]:
    """Return the roofline as JSON.

    - `name`, `settings`, `spec_hash`, `input_shape`: as in `table`.
    - `batch`, `precision`: what was asked for.
    - `device`: its `name`, and of its data sheet the `id`, `note` and `sources`, null or empty for other peaks.
    - `gbs`: GB/s of its memory.
    - `roofs`: one, or that of convolutions and that of products of matrices, each with

      - `computed_in`: the number format.
      - `tflops`: its peak in TFLOP/s.
      - `ridge`: the FLOPs for each byte at which the peak and the memory take equally long.

    - `layers`: in order, each with

      - `name`, `op`.
      - `flops`: for the batch, 2 for each multiply-accumulate.
      - `weight_bytes`, `input_bytes`, `output_bytes`: what it moves at least for the batch, and `bytes`, their sum.
      - `intensity`: FLOPs for each byte; null where nothing is moved.
      - `computed_in`: the number format of the roof that it is under; null without FLOPs.
      - `bound`: compute or memory; null where nothing is moved.
      - `ms`: the milliseconds that it takes at least.
      - `turning_batch`: the smallest batch at which it is compute-bound; null for never.

    - `totals`: the sums of these, and

      - `memory_bound_ms`, `memory_bound_share`: the time in layers that are memory-bound.
      - `images_per_second`: the most there can be; null where nothing is computed or moved.
      - `turning_batch`: the smallest batch at which at most half of the time is memory-bound; null for never.

    - `published`: times of this network on this device, each with `hardware`, `library`, `batch`, `inference_ms` and
      `training_ms`, null where there is none; `roof_ms`, that of inference at the roof; `of_roof`, their ratio; and
      `source`.
    """
    roofs, device, seconds = found.roofs, found.roofs.device, found.seconds
    return stamped(
        {
            **identity(found.spec),
            "batch": found.batch,
            "precision": roofs.computing,
            "device": {
                "name": roofs.name,
                "id": device.id if device else None,
                "note": device.note if device else "",
                "sources": [SOURCES[key] for key in device.sources.split()] if device else [],
            },
            "gbs": roofs.gbs,
            "roofs": [
                {"computed_in": roof.number_format, "tflops": roof.tflops, "ridge": float(roof.ridge)}
                for roof in roofs.distinct
            ],
            "layers": [layer_data(layer) for layer in found.layers],
            "totals": {
                **work_data(found.totals),
                "ms": 1e3 * seconds,
                "memory_bound_ms": 1e3 * found.memory_seconds,
                "memory_bound_share": found.memory_seconds / seconds if seconds else None,
                "images_per_second": found.batch / seconds if seconds else None,
                "turning_batch": found.turning_batch,
            },
            "published": [{**one._asdict(), "of_roof": one.of_roof} for one in found.published],
        }
    )


def layer_data(layer: LayerRoof) -> dict[str, Any]:
    """Return one of the `layers` of the JSON object."""
    return {
        "name": layer.name,
        "op": layer.op,
        **work_data(layer),
        "computed_in": layer.computed_in,
        "bound": layer.bound,
        "ms": 1e3 * layer.seconds,
        "turning_batch": layer.turning_batch,
    }


def work_data(work: Work) -> dict[str, Any]:
    """Return the keys of work: of a layer, or of all."""
    return {
        "flops": work.flops,
        "weight_bytes": work.weight_bytes,
        "input_bytes": work.input_bytes,
        "output_bytes": work.output_bytes,
        "bytes": work.bytes,
        "intensity": work.intensity,
    }
