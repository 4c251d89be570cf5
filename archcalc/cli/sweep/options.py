"""The options of archcalc sweep."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from archcalc.cli.options import device_names

VaryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--vary",
        metavar="NAME=VALUES",
        help="A param, a field of a layer, or what a use has, and its values: w=8..64:8, conv2.stride=1,2; may be "
        "repeated.",
    ),
]
InputOption = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="VALUES",
        help="Inputs: sides as in 96,128..224:32, or shapes as in 3x96x128; one of several as in left=64,88.",
    ),
]
BatchOption = Annotated[
    str | None,
    typer.Option("--batch", metavar="VALUES", help="Count MACs, FLOPs and activations for so many examples."),
]
SpaceOption = Annotated[
    Path | None,
    typer.Option("--space", metavar="FILE", help="A YAML file with what is varied, for large spaces."),
]
ConstraintOption = Annotated[
    list[str] | None,
    typer.Option(
        "--constraint", metavar="COND", help="Leave out variants that do not meet it: 'w2 == 2 * w1'; may be repeated."
    ),
]
SampleOption = Annotated[
    float | None, typer.Option("--sample", metavar="N", help="Draw N variants, in place of all: 1e6.")
]
SamplingOption = Annotated[
    Literal["uniform", "latin"] | None,
    typer.Option("--sampling", help="How they are drawn: each for itself, or as a Latin hypercube, by scipy."),
]
SeedOption = Annotated[int | None, typer.Option("--seed", metavar="S", help="What the draw starts from. Default: 0.")]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where", metavar="COND", help="Keep variants for which it holds: 'params < 5e6 and macs < 300M'; repeatable."
    ),
]
TopOption = Annotated[int | None, typer.Option("--top", min=1, metavar="N", help="Keep the first N by a column.")]
ByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="COLUMN", help="With --top: the smallest of it, or of -COLUMN the largest."),
]
ParetoOption = Annotated[
    str | None,
    typer.Option(
        "--pareto",
        metavar="COLUMNS",
        help="Keep those that no other is better than in two or three columns; -COLUMN is better the larger.",
    ),
]
ColumnsOption = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="LIST",
        help="params, buffers, macs, flops, activations, units, memory, memory_train, rf, ms, claims, claim_1, and "
        "of a layer conv5.macs, conv5.height or conv5.rf.",
    ),
]
DtypeOption = Annotated[
    Literal["fp32", "fp16", "bf16", "int8"] | None,
    typer.Option("--dtype", help="Of memory and memory_train: the numbers of weights, maps and gradients."),
]
OptimizerOption = Annotated[
    Literal["sgd", "momentum", "adam", "adamw"] | None,
    typer.Option("--optimizer", help="Of memory_train: what trains the network. Default: momentum."),
]
DeviceModelOption = Annotated[
    str | None,
    typer.Option(
        "--device-model",
        metavar="DEVICE|local|FILE",
        help="Of ms: a device, for the time at its roof; or this machine, or the file of a calibration, to predict.",
        autocompletion=device_names,
    ),
]
PrecisionOption = Annotated[
    Literal["fp32", "tf32", "fp16", "bf16", "int8", "torch"] | None,
    typer.Option("--precision", help="Of ms at a roof: what is computed in, as archcalc roofline has it."),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Write Parquet files to a folder, or go on with those that are there."),
]
ShardOption = Annotated[
    str | None, typer.Option("--shard", metavar="I/N", help="With --out: only every N-th file, from the I-th on.")
]
JobsOption = Annotated[int, typer.Option("--jobs", min=1, metavar="N", help="How many processes compute.")]
ExecutorOption = Annotated[
    Literal["processes", "dask", "ray"],
    typer.Option("--executor", help="Who computes: processes of this machine, or Dask or Ray on those of a cluster."),
]
AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="ADDRESS",
        help="The cluster: tcp://host:8786, a scheduler file, or host:6379 of Ray. Default: DASK_SCHEDULER_ADDRESS or "
        "RAY_ADDRESS, else one of --jobs processes here.",
    ),
]
MeasureOption = Annotated[
    Literal["front", "all"] | None,
    typer.Option("--measure", help="Measure what --top or --pareto keep, or all rows, by torch, as archcalc profile."),
]
DeviceOption = Annotated[
    str | None, typer.Option("--device", metavar="DEVICE", help="With --measure: auto, cpu, cuda, cuda:1 or mps.")
]
QuickOption = Annotated[bool, typer.Option("--quick", help="With --measure: shorter series, as archcalc profile.")]
SecondsOption = Annotated[
    float | None,
    typer.Option(
        "--measure-seconds",
        metavar="S",
        help="With --measure: end after so many seconds; with --out, the same command goes on.",
    ),
]
