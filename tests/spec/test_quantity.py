"""Numbers as sources print them, and which computed numbers they fit."""

import pytest

from archcalc.errors import ArchError
from archcalc.spec.quantity import read_quantity, read_tolerance

FITS = [
    (61_100_840, 61_100_840, True),
    (61_100_840, 61_100_841, False),
    ("60M", 60_499_999, True),
    ("60M", 60_500_000, True),
    ("60M", 60_500_001, False),
    ("60M", 60_965_224, False),
    ("61M", 60_965_224, True),
    ("0.714G", 714_188_480, True),
    ("0.71G", 714_188_480, True),
    ("0.72G", 714_188_480, False),
    ("650k", 659_272, False),
    ("659K", 659_272, True),
    # 61,100,840 * 4 bytes are 244,403,360: 233.0812... in units of 2**20, 244.40 in units of 10**6
    ("233.08MiB", 244_403_360, True),
    ("244.40MB", 244_403_360, True),
    ("233.08MB", 244_403_360, False),
    # GoogLeNet's 3a: 163,328 weights are 159.5 units of 2**10
    ("159Ki", 163_328, True),
    ("159k", 163_328, False),
]


@pytest.mark.parametrize(("printed", "number", "fits"), FITS)
def test_a_number_fits_what_is_printed_within_half_its_last_digit(printed: int | str, number: int, fits: bool) -> None:
    assert read_quantity(printed).matches(number) is fits


@pytest.mark.parametrize(
    ("printed", "number", "words"),
    [
        # 4 * 46,764,746 bytes: less than a GB, so in MB
        ("1GB", 187_058_984, "187.1 MB"),
        ("1GiB", 187_058_984, "178.4 MiB"),
        ("233.08MB", 244_403_360, "244.40 MB"),
        ("1MB", 1_234_567_890, "1,234.6 MB"),
        ("2kB", 1_949, "1.9 kB"),
        ("2kB", 1_950, "2.0 kB"),
        ("2KB", 999, "999 bytes"),
        (187_058_984, 187_058_985, "187,058,985 bytes"),
        ("0.50GB", 1_005_000_000, "1.01 GB"),
        ("1MB", 0, "0 bytes"),
    ],
)
def test_bytes_are_printed_in_the_unit_of_a_source(printed: int | str, number: int, words: str) -> None:
    assert read_quantity(printed).in_its_unit(number) == words


def test_a_tolerance_is_of_the_printed_value() -> None:
    two = read_tolerance("2%")
    assert read_quantity("60M").matches(61_200_000, two)
    assert not read_quantity("60M").matches(61_200_001, two)
    assert read_quantity(1000).matches(1005, read_tolerance("0.5%"))
    assert not read_quantity(1000).matches(1006, read_tolerance("0.5%"))


@pytest.mark.parametrize("printed", ["", "M", "60 MM", "60m", "1e6", "-5", -5, 1.5, True, None, "60,000"])
def test_what_is_no_number_is_refused(printed: object) -> None:
    with pytest.raises(ArchError, match="must be an integer, or a number as it is printed"):
        read_quantity(printed)


@pytest.mark.parametrize("printed", ["2", "200%", "2.%", "%", 2, None])
def test_what_is_no_percentage_is_refused(printed: object) -> None:
    with pytest.raises(ArchError, match="must be a percentage such as 2%"):
        read_tolerance(printed)
