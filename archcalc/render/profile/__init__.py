"""Records of profiles as sheets, and as lines like those of TensorFlow's AlexNet benchmark."""

from archcalc.render.profile.beside import comparison_data as comparison_data
from archcalc.render.profile.beside import comparison_sheet as comparison_sheet
from archcalc.render.profile.beside import tensorflow_lines as tensorflow_lines
from archcalc.render.profile.measured import profile_sheets as profile_sheets
