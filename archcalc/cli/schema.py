"""archcalc schema"""

from archcalc.cli.options import OutputOption


def schema(output: OutputOption = None) -> None:
    """Write the JSON schema of spec files, for editors.

    Example: archcalc schema --output specs/archcalc.schema.json
    """
    from archcalc.cli.endings import expect_ending
    from archcalc.cli.output import write
    from archcalc.render.formats import json
    from archcalc.spec import schema as language

    expect_ending(output, json.ENDINGS)
    write(json.text(language.schema()), output, "json")
