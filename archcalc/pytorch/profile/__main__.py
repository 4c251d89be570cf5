"""The process in which one configuration is measured: that as JSON in, progress and a result as lines of JSON out.

A line is `{"measuring": ...}`, or at the end `{"found": ...}` or `{"fault": ..., "missing": ...}`.
"""

import json
import os
import sys
from typing import Any

from archcalc.analysis.profile.config import from_data
from archcalc.errors import ArchError, MissingError


def main() -> None:
    """Read the configuration from standard input, and answer on what standard output was; all else goes to error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(**line: Any) -> None:
        print(json.dumps(line), file=answers, flush=True)

    try:
        from archcalc.graph import link
        from archcalc.pytorch.profile.run import measure
        from archcalc.spec.catalogue import Catalogue

        config = from_data(json.load(sys.stdin))
        graph = link(Catalogue().load(config.spec, config.settings, config.input_shape))
        tell(found=measure(graph, config, lambda words: tell(measuring=words)))
    except ArchError as error:
        tell(fault=str(error), missing=isinstance(error, MissingError))


if __name__ == "__main__":
    main()
