"""A training as JSON."""

from fractions import Fraction
from typing import Any

from archcalc.analysis.training.training import Count, Span, Training
from archcalc.render.envelope import identity, stamped
from archcalc.render.training.memory import memory_data


def data(found: Training) -> dict[str, Any]:
    """Return a training as JSON. What lies between two numbers is a list of the least and the most.

    - `name`, `settings`, `spec_hash`, `input_shape`: as in `table`.
    - `images`, `epochs`, `batch`, `devices`: what is trained with; the batch is that of all devices together.
    - `device`: its name by its data sheet, or null; `precision`; and `peak_tflops`, the TFLOP/s of one device, or null.
    - `iterations`, `iterations_per_epoch`: how many batches there are, and `last_batch`: the images of an epoch's last.
    - `params`: of the network.
    - `flops_per_image`: the FLOPs of an image: `forward`, `weight_gradients` and `input_gradients`.
    - `first_layers`: the layers that need no gradient of their input.
    - `convolutions`: what share of the parameters they have, `params_share`, and of the FLOPs, `flops_share`; or null.
    - `counts`: the FLOPs of the whole training by each way of counting, each with

      - `counted_as`: exact, 3 x forward, or 6ND: 6 FLOPs for each parameter and image.
      - `flops_per_image`, `flops`, and `petaflops_days`, of 8.64e19 FLOPs each.
      - `tflops`: how fast that is, and `utilisation`: as a share of the peak of all devices; null where not known.

    - `time`: null where it is not known, or

      - `from`: where it is from, in words.
      - `seconds`, `images_per_second`, `ms_per_iteration`, `device_hours`.

    - `memory`: what a step has in memory, in bytes; null where it is not known, with the reason in `memory_not_known`:

      - `batch`, `dtype`, `optimizer`: what one network is trained with.
      - `networks`: how many networks there are, each on its share of the batch.
      - `devices`: those of one network, each with its name in the spec's towers, `device`, or null where it has all of
        the network; `peak`, `layer` and `pass`: how much is alive at most, and where; `weights`, `buffers`,
        `gradients`, `optimizer`, `activations`, `temporaries` and `inputs`: what that is for; and `peak_in_blocks`.
      - `total`: the sum of the peaks of all devices, and `on_one_device`: the peak if one had all towers, or null.
      - `room`: the bytes of a device by its data sheet, or null; `fits`: whether it fits in every device, or null.

    - `kwh` and `cost`: what was asked for by `watts` and `price`, of one device; null where it was not.
    """
    plan = found.plan
    return stamped(
        {
            **identity(found.spec),
            "images": plan.images,
            "epochs": plan.epochs,
            "batch": plan.batch,
            "devices": plan.devices,
            "device": plan.device.name if plan.device else None,
            "precision": plan.precision,
            "peak_tflops": plan.peak_tflops,
            "iterations": plan.iterations,
            "iterations_per_epoch": plan.iterations_per_epoch,
            "last_batch": plan.last_batch,
            "params": found.work.params,
            "flops_per_image": {
                "forward": found.work.forward,
                "weight_gradients": found.work.weight_gradients,
                "input_gradients": found.work.input_gradients,
            },
            "first_layers": list(found.first),
            "convolutions": _convolutions(found),
            "counts": [count_data(found, count) for count in found.counts],
            "time": _time(found),
            "memory": memory_data(found),
            "memory_not_known": found.memory_not_known or None,
            "watts": found.watts,
            "kwh": _ends(found.kwh),
            "price": found.price,
            "cost": _ends(found.cost),
        }
    )


def count_data(found: Training, count: Count) -> dict[str, Any]:
    """Return one of the `counts` of the JSON object."""
    speed = found.flops_per_second(count)
    return {
        "counted_as": count.counted_as,
        "flops_per_image": count.each,
        "flops": count.flops,
        "petaflops_days": float(count.pflops_days),
        "tflops": _ends(speed.times(Fraction(1, 10**12)) if speed else None),
        "utilisation": _ends(found.utilisation(count)),
    }


def _convolutions(found: Training) -> dict[str, float] | None:
    if found.convolutions is None:
        return None
    return {"params_share": float(found.convolutions.params), "flops_share": float(found.convolutions.flops)}


def _time(found: Training) -> dict[str, Any] | None:
    if found.seconds is None or found.seconds_per_batch is None:
        return None
    return {
        "from": found.time_words,
        "seconds": _ends(found.seconds),
        "images_per_second": _ends(found.images_per_second),
        "ms_per_iteration": _ends(found.seconds_per_batch.times(1000)),
        "device_hours": _ends(found.device_hours),
    }


def _ends(span: Span | None) -> list[float] | None:
    return None if span is None else [float(span.least), float(span.most)]
