"""Numbers and shapes as people write them, and how a number becomes what they wrote."""

from fractions import Fraction

import pytest

from archcalc.analysis.quoted import About, Fit, How, Units, fit, read_quoted, read_shape
from archcalc.errors import ArchError
from archcalc.spec.quantity import Quantity


def test_a_billion_is_no_byte_beside_a_unit() -> None:
    assert read_quoted("1.5 BFLOPs").quantity == Quantity(15, 1, 10**9, False)
    assert read_quoted("1.5 B").about is About.MEMORY


@pytest.mark.parametrize(
    ("text", "quantity", "about"),
    [
        ("0.77G", Quantity(77, 2, 10**9, False), None),
        ("1.38 GFLOPs", Quantity(138, 2, 10**9, False), About.COST),
        ("0.72 GMac", Quantity(72, 2, 10**9, False), About.COST),
        ("714.68 M mult-adds", Quantity(71468, 2, 10**6, False), About.COST),
        ("724M macc", Quantity(724, 0, 10**6, False), About.COST),
        ("2.27 Bn", Quantity(227, 2, 10**9, False), None),
        ("60 million parameters", Quantity(60, 0, 10**6, False), About.PARAMS),
        ("650k neurons", Quantity(650, 0, 10**3, False), About.UNITS),
        ("61,100,840", Quantity(61_100_840, None, 1, False), None),
        ("233.08 MiB", Quantity(23308, 2, 2**20, True), About.MEMORY),
        ("244403360 bytes", Quantity(244_403_360, 0, 1, True), About.MEMORY),
        ("~60M", Quantity(60, 0, 10**6, False), None),
        ("62 378 344", Quantity(62_378_344, None, 1, False), None),
        ("3.6e9 FLOPs", Quantity(36, 1, 10**9, False), About.COST),
        ("11.3 \u00d7 10^9", Quantity(113, 1, 10**9, False), None),
        ("7.14e+08", Quantity(714, 2, 10**8, False), None),
        ("6e7", Quantity(6, 0, 10**7, False), None),
        ("60m", Quantity(60, 0, 10**6, False), None),
        ("61.1 million", Quantity(611, 1, 10**6, False), None),
        ("650K", Quantity(650, 0, 10**3, False), None),
        ("1.5 GFLOPs", Quantity(15, 1, 10**9, False), About.COST),
        ("1.2 TFLOPs", Quantity(12, 1, 10**12, False), About.COST),
        ("1.2 trillion", Quantity(12, 1, 10**12, False), None),
        ("1.5B params", Quantity(15, 1, 10**9, False), About.PARAMS),
        ("233 mb", Quantity(233, 0, 10**6, True), About.MEMORY),
        ("233.08 mib", Quantity(23308, 2, 2**20, True), About.MEMORY),
        ("1 TiB", Quantity(1, 0, 2**40, True), About.MEMORY),
        ("6000\u4e07", Quantity(6000, 0, 10**4, False), None),
        ("65\u4e07", Quantity(65, 0, 10**4, False), None),
        ("0.6\u4ebf", Quantity(6, 1, 10**8, False), None),
    ],
)
def test_numbers_as_people_write_them(text: str, quantity: Quantity, about: About | None) -> None:
    read = read_quoted(text)
    assert (read.quantity, read.about) == (quantity, about)


@pytest.mark.parametrize("text", ["", "abc", "1,00", "60q", "1e900", "e9", "-3M", "5 apples", "0x10", "٣M", "1" * 30])
def test_numbers_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ArchError, match="is not a number that archcalc can read; write an integer"):
        read_quoted(text)


def test_a_half_is_matched_exactly() -> None:
    quantity = read_quoted("1.5M").quantity
    assert quantity.matches(Fraction(3_000_001, 2))
    assert not read_quoted("1500000").quantity.matches(Fraction(3_000_001, 2))


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("96x55x55", (96, 55, 55)),
        ("55 x 55 x 96", (55, 55, 96)),
        ("55*55*96", (55, 55, 96)),
        ("55\u00d755\u00d796", (55, 55, 96)),
        ("[3, 224, 224]", (3, 224, 224)),
        ("(256,6,6)", (256, 6, 6)),
        ("13x13", (13, 13)),
        ("61,100,840", None),
        ("3, 224, 224", None),
        ("9216", None),
        ("0x10", (0, 10)),
        ("96x", None),
        ("conv1x1", None),
    ],
)
def test_shapes_as_people_write_them(text: str, shape: tuple[int, ...] | None) -> None:
    assert read_shape(text) == shape


@pytest.mark.parametrize(
    ("number", "text", "units", "how"),
    [
        (61_100_840, "61100840", Units.DECIMAL, How.EXACT),
        (60_000_000, "60M", Units.DECIMAL, How.EXACT),
        (61_100_840, "61.1M", Units.DECIMAL, How.ROUNDED),
        (62_378_344, "62.4M", Units.DECIMAL, How.ROUNDED),
        (62_378_344, "62.3M", Units.DECIMAL, How.CUT),
        (60_965_224, "60M", Units.DECIMAL, How.CUT),
        (659_272, "650,000", Units.DECIMAL, How.CUT),
        (650_080, "650,000", Units.DECIMAL, How.ROUNDED),
        (61_100_840, "58.27M", Units.BINARY, How.ROUNDED),
        (61_100_840, "58.26M", None, None),  # cut, in powers of 1024: who would have done both
        (62_378_344, "62.2M", None, None),
        (62_378_344, "62.5M", None, None),
        (61_100_841, "61100840", None, None),
        (1_049, "1000", Units.DECIMAL, How.ROUNDED),
        (1_100, "1000", None, None),
    ],
)
def test_digits_are_rounded_or_cut(number: int, text: str, units: Units | None, how: How | None) -> None:
    assert fit(number, read_quoted(text).quantity) == (Fit(units, how) if units and how else None)
