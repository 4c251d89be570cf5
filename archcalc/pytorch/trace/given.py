"""What a call is given, and what is written into that while it runs."""

from collections.abc import Iterable

from torch import Tensor

from archcalc.calls import UNSEEN


class Given:
    """The tensors that a call is given, what made them, and their versions, which count what is written into them."""

    def __init__(self, tensors: Iterable[Tensor], reads: Iterable[int], beside: Iterable[str] = ()) -> None:
        self.versions = [(tensor, _version(tensor)) for tensor in tensors]
        self.reads = tuple(number for number in reads if number != UNSEEN)
        self.beside = tuple(beside)
        """What no call made, in words."""

    @property
    def rank(self) -> int:
        """How many axes the first of them has."""
        return self.versions[0][0].dim() if self.versions else 0

    @property
    def written(self) -> list[Tensor]:
        """The tensors that have been written into since."""
        return [tensor for tensor, version in self.versions if _version(tensor) != version]

    def holds(self, tensor: object) -> bool:
        return any(tensor is one for one, _ in self.versions)


def _version(tensor: Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version
