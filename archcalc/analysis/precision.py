"""The numbers that a device computes in, and how many bytes they take."""

from enum import StrEnum

from archcalc.spec.model import BYTES


class NumberFormat(StrEnum):
    """A number format that devices have a peak of; TF32 is fp32 in memory."""

    FP64 = "fp64"
    FP32 = "fp32"
    TF32 = "tf32"
    FP16 = "fp16"
    BF16 = "bf16"
    INT8 = "int8"

    @property
    def bytes(self) -> int:
        """Bytes of an element.

        >>> [one.bytes for one in NumberFormat]
        [8, 4, 4, 2, 2, 1]
        """
        return BYTES[self]


class Precision(StrEnum):
    """How torch computes: in one format, or mixed; amp keeps weights in fp32, and is half where autocast casts."""

    FP32 = "fp32"
    TF32 = "tf32"
    FP16 = "fp16"
    BF16 = "bf16"
    AMP_FP16 = "amp-fp16"
    AMP_BF16 = "amp-bf16"

    @property
    def computed_in(self) -> NumberFormat:
        """The number format of products; with amp half, in which most of the work is done.

        >>> Precision.TF32.computed_in.value, Precision.AMP_BF16.computed_in.value
        ('tf32', 'bf16')
        """
        return NumberFormat(self.removeprefix("amp-"))

    @property
    def weight_bytes(self) -> int:
        """Bytes of a weight and of its gradient.

        >>> Precision.BF16.weight_bytes, Precision.AMP_BF16.weight_bytes
        (2, 4)
        """
        return 4 if self.startswith("amp-") else self.element_bytes

    @property
    def element_bytes(self) -> int:
        """Bytes of an element that a layer reads or writes; with amp, that of most layers.

        >>> Precision.BF16.element_bytes, Precision.AMP_BF16.element_bytes
        (2, 2)
        """
        return self.computed_in.bytes
