"""archcalc audit"""

from typing import TYPE_CHECKING

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, MaybeSpecs, SpecDirOption, Writing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.analysis.audit.claims import Audit as OfOne


def audit(specs: MaybeSpecs = None, spec_dir: SpecDirOption = None, writing: Writing = AS_FITS) -> None:
    """Check what sources say about networks; ends with 1 on a broken claim, or on a wrong one that now holds.

    Example: archcalc audit --format markdown --output alexnet.md
    """
    from archcalc.answers.audit import Audit
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import complain, write_answer
    from archcalc.errors import ArchError

    networks = Networks(AS_SPECIFIED._replace(spec_dir=spec_dir))
    audits: list[OfOne] = []
    faults: list[ArchError] = []
    for word in specs or networks.words():
        try:
            audits += networks.one(word).audit().networks
        except ArchError as error:
            faults.append(error)
    if audits:
        title = "" if specs else "What the world says about AlexNet and its line, checked"
        write_answer(Audit(tuple(audits), title), writing)
    _say_surprises(audits)
    for fault in faults:
        complain(fault)
    if faults or any(one.surprises for one in audits):
        raise typer.Exit(2 if faults else 1)


def _say_surprises(audits: "Sequence[OfOne]") -> None:
    from archcalc.analysis.audit.claims import in_words
    from archcalc.cli.output import say
    from archcalc.render.audit.claims import about, said

    for one in audits:
        for verdict in one.surprises:
            claim = verdict.claim
            numbers = f"{claim.source} says {said(claim)}, archcalc says {in_words(verdict)}"
            say(f"{one.spec.name}: {about(claim)}: {numbers}: {verdict.standing.value}")
