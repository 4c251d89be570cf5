"""`archcalc`, and `python -m archcalc`: Ctrl-C ends these from the first moment, without a traceback."""

import gc
import sys


def main() -> None:
    """Load the command line and run it; ends by SystemExit."""
    gc.disable()  # what is loaded stays to the end: it need not be searched for garbage, neither now nor at the end
    try:
        from archcalc.cli.app import main

        gc.freeze()
        gc.enable()
        main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
