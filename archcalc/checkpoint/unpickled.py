"""A pickle as plain values, without calling anything that it names.

A pickle is a program for a machine with a stack. This machine makes numbers, texts, lists, tuples and mappings. Of
classes and functions it knows those by which torch.save writes tensors, as data (`saved`); any other is refused by its
name. Dictionaries take only keys that are quick to hash. So no file can run code, fill the memory or end the process.
"""

import warnings
from collections.abc import Callable, Mapping
from pickletools import genops
from typing import Any, Final

from archcalc.checkpoint.saved import BITS, REBUILT, STORAGES, Inert, MalformedError, Storage, rebuild

MOST_VALUES: Final = 10_000_000
"""Containers that a pickle may make: a million tensors need no more."""

_MOST_KEY_BITS: Final = 64

_LONGEST_NAME: Final = 100

_PYTHON_2: Final = {"__builtin__": "builtins", "copy_reg": "copyreg"}
ALLOWED: Final = frozenset(
    (
        *REBUILT,
        *(
            f"torch._utils._rebuild_{name}"
            for name in ("nested_tensor", "wrapper_subclass", "device_tensor_from_numpy")
        ),
        *("collections.OrderedDict", "collections.Counter", "builtins.set", "builtins.bytearray", "builtins.complex"),
        *("_codecs.encode", "torch.device", "torch.Tensor", "torch.serialization._get_layout"),
        *("torch.per_tensor_affine", "torch.per_tensor_symmetric", "torch.per_channel_affine"),
        *("torch.per_channel_symmetric", "torch.per_channel_affine_float_qparams"),
        *("torch.storage.UntypedStorage", "torch.storage.TypedStorage"),
        *(f"torch.{name}" for name in (*BITS, *STORAGES)),
        *(f"torch.cuda.{name}" for name in STORAGES),
    )
)
"""Classes and functions that torch.load allows with `weights_only=True`."""


class CodeError(Exception):
    """A class or a function that would have to be called; the start of its name is the text."""

    def __init__(self, name: str) -> None:
        super().__init__(name[:_LONGEST_NAME])


def unpickle(stream: Any) -> tuple[Any, list[Storage]]:
    """Return the value of the pickle at which a stream stands, and its storages; leave the stream behind it.

    Raises CodeError for a pickle that calls what is not torch's own, and MalformedError for one that is no pickle.
    """
    machine = _Machine()
    try:
        with warnings.catch_warnings(action="ignore"):  # which Python gives for texts with a wrong escape
            for opcode, argument, _ in genops(stream):
                machine.run(opcode.name, argument)
        return machine.stack.pop(), machine.storages
    except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
        text = " ".join(str(error).split())[:80]
        raise MalformedError(f"its pickle is broken ({text or type(error).__name__})") from None


class _Machine:
    """The stack and the memo of a pickle that is being read."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.storages: list[Storage] = []
        self.values_left = MOST_VALUES

    def run(self, name: str, argument: Any) -> None:
        """Carry out one opcode. Raises CodeError, MalformedError, and errors of Python for a broken pickle."""
        if name in _PUSHED:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        else:
            action = _ACTIONS.get(name)
            if action is None:
                raise ValueError(f"its opcode {name} is not one of torch.save")
            action(self, argument)

    def pop_mark(self) -> list[Any]:
        items = self.stack
        self.stack = self.marked.pop()
        return items

    def push(self, container: Any, values: int = 1) -> None:
        """Push a new container. Raises MalformedError for one too many."""
        self.values_left -= values
        if self.values_left < 0:
            raise MalformedError(f"its pickle makes over {MOST_VALUES:,} values, which no checkpoint needs")
        self.stack.append(container)

    def push_tuple(self, length: int) -> None:
        items = tuple(self.stack[len(self.stack) - length :])
        if len(items) != length:
            raise IndexError("a tuple of what is not there")
        del self.stack[len(self.stack) - length :]
        self.push(items)

    def mark(self, _: Any) -> None:
        self.marked.append(self.stack)
        self.stack = []

    def remember(self, place: Any) -> None:
        self.memo[len(self.memo) if place is None else place] = self.stack[-1]

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if len(items) % 2:
            raise ValueError("a key without a value")
        if isinstance(target, dict):
            target.update((key, value) for key, value in zip(items[::2], items[1::2], strict=True) if _is_plain(key))

    def append(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, list):
            target += items

    def find(self, module: str, name: str) -> None:
        """Push a class or a function by its name. Raises CodeError for one that torch.load would not allow either."""
        full = f"{_PYTHON_2.get(module, module)}.{name}"
        if full not in ALLOWED:
            raise CodeError(full)
        self.stack.append(Inert(full))

    def call(self, _: Any) -> None:
        """Push what torch would make by calling one of its own functions."""
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, Inert) or not isinstance(arguments, tuple):
            raise ValueError("a call of what is no function")
        if function.name == "collections.OrderedDict":
            pairs = arguments[0] if arguments else ()
            self.push({}, 1 + len(pairs))
            self.set_items([one for pair in pairs for one in pair[:2]])
        else:
            self.push(rebuild(function.name, arguments))

    def find_in_file(self, identity: Any) -> None:
        """Push a storage, of which the file has the bytes elsewhere."""
        if not isinstance(identity, tuple) or len(identity) < 5 or identity[0] != "storage":
            raise ValueError("a reference to what is no storage")
        kind, key, elements = identity[1], identity[2], identity[4]
        if not isinstance(kind, Inert) or not isinstance(key, str) or type(elements) is not int or elements < 0:
            raise ValueError("a storage without a name or a size")
        self.storages.append(Storage(key, elements, STORAGES.get(kind.name.rpartition(".")[2], 8)))
        self.stack.append(self.storages[-1])

    def build(self, _: Any) -> None:
        """Leave out the attributes of an object, such as the `_metadata` of a state_dict."""
        self.stack.pop()
        _ = self.stack[-1]


def _is_plain(key: Any) -> bool:
    """Return whether a key is quick to hash; containers and huge numbers are not, and are no names of tensors."""
    return isinstance(key, str | float | bytes | None) or (isinstance(key, int) and key.bit_length() <= _MOST_KEY_BITS)


def _refuse(machine: _Machine, argument: Any) -> None:
    """Raise CodeError: an instance of a class would be made."""
    raise CodeError(argument.replace(" ", ".") if isinstance(argument, str) else "a class")


def _find_popped(machine: _Machine, _: Any) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    if not isinstance(module, str) or not isinstance(name, str):
        raise ValueError("a class without a name")
    machine.find(module, name)


def _unmarked_dict(machine: _Machine, _: Any) -> None:
    items = machine.pop_mark()
    machine.push({})
    machine.set_items(items)


_PUSHED: Final = frozenset(
    (
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
        *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    )
)
"""Opcodes that push their own argument."""

_CONSTANTS: Final[Mapping[str, Any]] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}

_ACTIONS: Final[Mapping[str, Callable[[_Machine, Any], Any]]] = {
    **dict.fromkeys(("PROTO", "FRAME", "STOP", "READONLY_BUFFER"), lambda machine, _: None),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.remember),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda machine, place: machine.stack.append(machine.memo[place])),
    **dict.fromkeys(("EMPTY_LIST", "EMPTY_SET"), lambda machine, _: machine.push([])),
    **dict.fromkeys(("APPENDS", "ADDITEMS"), lambda machine, _: machine.append(machine.pop_mark())),
    **dict.fromkeys(("LIST", "FROZENSET"), lambda machine, _: machine.push(machine.pop_mark())),
    **dict.fromkeys(("REDUCE", "NEWOBJ"), _Machine.call),
    "MARK": _Machine.mark,
    "POP": lambda machine, _: machine.stack.pop() if machine.stack else machine.pop_mark(),
    "POP_MARK": lambda machine, _: machine.pop_mark(),
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1]),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.pop_mark())),
    "TUPLE1": lambda machine, _: machine.push_tuple(1),
    "TUPLE2": lambda machine, _: machine.push_tuple(2),
    "TUPLE3": lambda machine, _: machine.push_tuple(3),
    "APPEND": lambda machine, _: machine.append([machine.stack.pop()]),
    "SETITEM": lambda machine, _: machine.set_items([*reversed((machine.stack.pop(), machine.stack.pop()))]),
    "SETITEMS": lambda machine, _: machine.set_items(machine.pop_mark()),
    "GLOBAL": lambda machine, words: machine.find(*words.split(" ", 1)),
    "STACK_GLOBAL": _find_popped,
    "BINPERSID": lambda machine, _: machine.find_in_file(machine.stack.pop()),
    "BUILD": _Machine.build,
    "DICT": _unmarked_dict,
    **dict.fromkeys(("INST", "OBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"), _refuse),
}
"""What the machine does for each opcode."""
