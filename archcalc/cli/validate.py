"""archcalc validate"""

import typer

from archcalc.cli.limits import (
    BatchOption,
    DeviceModelOption,
    DtypeOption,
    MaxActivationsOption,
    MaxArenaOption,
    MaxFlopsOption,
    MaxMacsOption,
    MaxMemoryOption,
    MaxMsOption,
    MaxParamsOption,
    MaxWeightsOption,
    MinFieldOption,
    ModeOption,
    PrecisionOption,
    read_limits,
)
from archcalc.cli.options import AS_FITS, AS_SPECIFIED, Reading, Specs, Writing
from archcalc.errors import ArchError


def validate(
    specs: Specs,
    max_params: MaxParamsOption = None,
    max_macs: MaxMacsOption = None,
    max_flops: MaxFlopsOption = None,
    max_activations: MaxActivationsOption = None,
    max_weights: MaxWeightsOption = None,
    max_memory: MaxMemoryOption = None,
    max_arena: MaxArenaOption = None,
    mode: ModeOption = None,
    dtype: DtypeOption = None,
    min_receptive_field: MinFieldOption = None,
    max_ms: MaxMsOption = None,
    device_model: DeviceModelOption = None,
    batch: BatchOption = None,
    precision: PrecisionOption = None,
    reading: Reading = AS_SPECIFIED,
    writing: Writing = AS_FITS,
) -> None:
    """Check spec files, and hold them against budgets; ends with 2 on a mistake, with 1 on a limit that is not kept.

    The limits are those of `budget:` in a spec, and those of the options, which stand before them.

    Example: archcalc validate specs/*.yaml; archcalc validate paper --max-params 61M --max-macs 1G
    """
    from archcalc.cli.networks import Networks, say_cautions
    from archcalc.cli.output import complain, say, write_answer
    from archcalc.questions import validated
    from archcalc.render.budget import in_words

    limits = read_limits(
        max_params=max_params,
        max_macs=max_macs,
        max_flops=max_flops,
        max_activations=max_activations,
        max_weights=max_weights,
        max_memory=max_memory,
        max_arena=max_arena,
        mode=mode,
        dtype=dtype,
        min_receptive_field=min_receptive_field,
        max_ms=max_ms,
        device_model=device_model,
        batch=batch,
        precision=precision,
    )
    networks = list(Networks(reading).each(specs))
    for one in networks:
        if one.network:
            say_cautions(one.network, one.network.spec.file)
    found = validated(networks, limits)
    for spec in found.specs:
        complain(ArchError(*spec.faults))
    are_sound = [not spec.faults for spec in found.specs]
    if any(are_sound) or writing != AS_FITS:
        write_answer(found, writing)
    for name, verdict in found.exceeded:
        say(f"{name}: {in_words(verdict)}")
    if not all(are_sound) or found.exceeded:
        raise typer.Exit(1 if all(are_sound) else 2)
