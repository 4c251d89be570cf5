"""archcalc audit"""

from typing import TYPE_CHECKING

import typer

from archcalc.cli.options import Format, FormatOption, MaybeSpecs, OutputOption, SpecDirOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.analysis.claims import Audit
    from archcalc.errors import ArchError
    from archcalc.spec.catalogue import Catalogue


def audit(
    specs: MaybeSpecs = None,
    spec_dir: SpecDirOption = None,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """What sources say about networks, checked; a broken claim, or a wrong one that now holds, ends with 1.

    Example: archcalc audit --format markdown --output alexnet.md
    """
    from archcalc.cli.output import answer, chosen, complain, write
    from archcalc.render.audit import claims_sheets, data, every_claim, summary_sheets
    from archcalc.spec.catalogue import Catalogue

    catalogue = Catalogue(spec_dir)
    words = specs or [str(path) for path in catalogue.files().values()]
    audits, faults = _audited(catalogue, words)
    if audits:
        match chosen(form, output):
            case Format.MARKDOWN:
                from archcalc.render.audit_page import page

                write(page(audits, _title(audits, specs)), output)
            case Format.CSV:
                answer([every_claim(audits)], lambda: data(audits), form, output)
            case _:
                sheets = claims_sheets if len(audits) == 1 else summary_sheets
                answer(sheets(audits), lambda: data(audits), form, output, [sheets(audits, stacked=True)])
    _say_surprises(audits)
    for fault in faults:
        complain(fault)
    if faults or any(one.surprises for one in audits):
        raise typer.Exit(2 if faults else 1)


def _audited(catalogue: "Catalogue", words: "Sequence[str]") -> "tuple[list[Audit], list[ArchError]]":
    """The audits of the specs that can be read, and what is wrong with the others."""
    from archcalc.analysis.claims import audit as audited
    from archcalc.errors import ArchError

    audits, faults = [], []
    for word in words:
        try:
            audits.append(audited(catalogue.load(word)))
        except ArchError as error:
            faults.append(error)
    return audits, faults


def _title(audits: "Sequence[Audit]", specs: list[str] | None) -> str:
    if not specs:
        return "What the world says about AlexNet, checked"
    return f"What is said about {', '.join(one.spec.title or one.spec.name for one in audits)}, checked"


def _say_surprises(audits: "Sequence[Audit]") -> None:
    from archcalc.analysis.claims import in_words
    from archcalc.cli.output import say
    from archcalc.render.audit import about, said

    for one in audits:
        for verdict in one.surprises:
            claim = verdict.claim
            figures = f"{said(claim)} by {claim.source}, {in_words(verdict)} in truth"
            say(f"{one.spec.name}: {about(claim)}: {figures}: {verdict.standing.value}")
