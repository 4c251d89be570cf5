"""archcalc card"""

from pathlib import Path
from typing import Annotated

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, KeyOption, OneSpec, Reading, Writing

CheckpointOption = Annotated[
    Path | None,
    typer.Option(
        "--checkpoint",
        metavar="FILE",
        help="The weights that the card is of, a state_dict of torch.save or a .safetensors file: their hash and fit.",
    ),
]


def card(
    spec: OneSpec,
    checkpoint: CheckpointOption = None,
    key: KeyOption = None,
    reading: Reading = AS_SPECIFIED,
    writing: Writing = AS_FITS,
) -> None:
    """Write a model card in Markdown: exact figures, conventions, claims, sources, the weights' hash and their fit.

    Ends with 1 if the weights do not fit. Example: archcalc card torchvision -o README.md
    """
    from archcalc.cli.networks import Networks, say_cautions
    from archcalc.cli.output import chosen, say, write_answer
    from archcalc.errors import ArchError

    if key is not None and checkpoint is None:
        raise ArchError("--key goes with --checkpoint")
    chosen(writing)
    network = Networks(reading).one(spec)
    say_cautions(network, network.spec.name)
    answer = network.card(checkpoint, key=key)
    write_answer(answer, writing if any(writing) else writing._replace(form="markdown"))
    if answer.checkpoint and not answer.checkpoint.fits:
        from archcalc.render.card import fit_in_words

        say(f"{checkpoint} is not of {network.spec.label}: {fit_in_words(answer.checkpoint)}")
        raise typer.Exit(1)
