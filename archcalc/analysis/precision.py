"""The numbers that a device computes in, and how many bytes they take."""

from enum import StrEnum


class Precision(StrEnum):
    """A number format; amp keeps weights in fp32 and computes in half where torch's autocast casts."""

    FP32 = "fp32"
    TF32 = "tf32"
    FP16 = "fp16"
    BF16 = "bf16"
    AMP_FP16 = "amp-fp16"
    AMP_BF16 = "amp-bf16"

    @property
    def weight_bytes(self) -> int:
        """Bytes of a weight and of its gradient.

        >>> Precision.BF16.weight_bytes, Precision.AMP_BF16.weight_bytes
        (2, 4)
        """
        return 2 if self in (Precision.FP16, Precision.BF16) else 4

    @property
    def element_bytes(self) -> int:
        """Bytes of an element that a layer reads or writes; with amp, that of most layers.

        >>> Precision.BF16.element_bytes, Precision.AMP_BF16.element_bytes
        (2, 2)
        """
        return 4 if self in (Precision.FP32, Precision.TF32) else 2
