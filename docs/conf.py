"""The site of these pages: `sphinx-build -W --keep-going -b html docs build/docs`, which needs no network."""

import re

from pygments.lexers.shell import BashSessionLexer
from sphinx.application import Sphinx

import archcalc

project = "archcalc"
release = archcalc.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 3
smartquotes = False  # --format is no dash
default_role = "code"  # docstrings write code in single backticks
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = f"archcalc {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False


class Session(BashSessionLexer):
    """Commands and what they print; only `$ ` is a prompt, since tables have columns called #."""

    _ps1rgx = re.compile(r"^(\$ )(.*\n?)")


def setup(app: Sphinx) -> None:
    app.add_lexer("console", Session)
