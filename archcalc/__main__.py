"""`python -m archcalc`."""

from archcalc.cli.app import main

if __name__ == "__main__":
    main()
