"""Records of profiles as sheets, and as lines like those of TensorFlow's AlexNet benchmark."""

from collections.abc import Sequence

from archcalc.analysis.profile.record import Record
from archcalc.render.answer import Answer
from archcalc.render.envelope import results, stamped
from archcalc.render.profile.beside import comparison_data as comparison_data
from archcalc.render.profile.beside import comparison_sheet as comparison_sheet
from archcalc.render.profile.beside import tensorflow_lines as tensorflow_lines
from archcalc.render.profile.measured import profile_sheets as profile_sheets


def answer(records: Sequence[Record]) -> Answer:
    """Return the records side by side; as JSON, whole."""
    return Answer(profile_sheets(records), lambda: results([stamped(one.to_json()) for one in records]))
