"""A model of PyTorch, as it was seen to run, to a spec. Torch is not needed: what it is given are calls.

`naming` says what its layers are called, `reading` what they are, and `document` puts them down.
"""

from archcalc.exchange.torch_models.document import Imported as Imported
from archcalc.exchange.torch_models.document import imported as imported
