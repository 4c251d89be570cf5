"""What the functions of stackoverflow.com/questions/43137288 give for models of Keras, which are written anew by

    pip install keras==3.15.1 tensorflow-cpu==2.21.0 && python -m tests.keras_memory

The sums are made here of what Keras says of its own layers and weights; `test_figures.py` holds ours against them.
"""

import csv
from math import prod
from typing import Any, Final

import keras

import archcalc
from archcalc.errors import ArchError
from tests.conftest import BUNDLED, ROOT

RECORD: Final = ROOT / "tests" / "analysis" / "memory" / "recorded_keras.csv"


def memory(model: Any, batch: int) -> tuple[float, int]:
    """Return the GiB of get_model_memory_usage, and what keras_model_memory_usage_in_bytes returns."""
    outputs = batch * sum(prod(_output(layer)) for layer in model.layers)
    weights = sum(prod(one.shape) for one in (*model.trainable_weights, *model.non_trainable_weights))
    return round(4.0 * (outputs + weights) / 1024.0**3, 3), 4 * outputs + weights


def _output(layer: Any) -> tuple[int, ...]:
    made = layer.output[0] if isinstance(layer.output, list) else layer.output
    return tuple(size for size in made.shape if size is not None)


def main() -> None:
    with RECORD.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["network", "batch", "gib", "bytes"])
        for name in BUNDLED:
            try:
                text = archcalc.load(name).export("keras")
            except ArchError:
                continue  # Keras has no layer for one of it
            for batch in (1, 128):
                rows.writerow([name, batch, *memory(keras.models.model_from_json(text), batch)])


if __name__ == "__main__":
    main()
