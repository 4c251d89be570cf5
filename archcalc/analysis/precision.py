"""In which numbers a device computes."""

from enum import StrEnum


class Precision(StrEnum):
    """The numbers that are computed in; amp keeps weights in fp32 and casts where autocast does."""

    FP32 = "fp32"
    TF32 = "tf32"
    FP16 = "fp16"
    BF16 = "bf16"
    AMP_FP16 = "amp-fp16"
    AMP_BF16 = "amp-bf16"
