"""Specs with random blocks in blocks, whose uses differ in params, in layers that are left out, and in what is read."""

from random import Random
from typing import Any

ACTIVATIONS = ("relu", "hardswish", "sigmoid")


class _Text:
    """A spec, made from one random number after the other."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.count = 0
        self.blocks: dict[str, dict[str, Any]] = {}
        self.params: dict[str, list[str]] = {}

    def name(self, word: str) -> str:
        self.count += 1
        return (
            self.random.choice([word, f"{word}{self.count}"]) if self.random.random() < 0.2 else f"{word}{self.count}"
        )

    def conv(self, params: list[str], channels: Any = None) -> dict[str, Any]:
        kernel = self.random.choice(["$kernel"] if "kernel" in params else [1, 3])
        layer = {
            "name": self.name("conv"),
            "op": "conv2d",
            "out_channels": channels or ("$channels" if "channels" in params else self.random.choice([2, 4, 6])),
            "kernel_size": kernel,
            "padding": "$(kernel // 2)" if kernel == "$kernel" else kernel // 2,
        }
        if "bias" in params:
            layer["bias"] = "$bias"
        return self.activated(layer)

    def activated(self, layer: dict[str, Any]) -> dict[str, Any]:
        if self.random.random() < 0.4:
            layer["activation"] = self.random.choice(ACTIVATIONS)
        return layer

    def layers(self, depth: int, params: list[str]) -> list[Any]:
        return [part for _ in range(self.random.randint(1, 3)) for part in self.parts(depth, params)]

    def parts(self, depth: int, params: list[str]) -> list[Any]:
        kind = self.random.choice(["conv", "norm", "branches", "use", "use", "chunk", "extra", "again", "chain"])
        if kind == "branches" and depth:
            return [self.branches(depth, params)]
        if kind == "use" and self.blocks:
            return [self.use(self.random.choice([*self.blocks]), params)]
        if kind == "chunk":
            return self.halves(params)
        if kind == "extra" and "extra" in params:
            return ["$extra"]
        if kind == "norm":
            return [self.activated({"name": self.name("bn"), "op": "batch_norm2d"})]
        conv = self.conv(params)
        if kind == "again":
            conv["out_channels"] = "$in_channels"
            return [conv, {"name": self.name("again"), "op": "use", "layer": conv["name"]}]
        if kind == "chain":
            stem = self.name("chain")
            norm = {"name": f"{stem}.1", "op": self.random.choice(["batch_norm2d", "relu", "dropout"])}
            return [{**conv, "name": f"{stem}.0"}, norm]
        return [conv]

    def halves(self, params: list[str]) -> list[Any]:
        halves, joined = self.name("halves"), self.name("joined")
        conv = {**self.conv(params), "from": f"{halves}.1"}
        conv.pop("activation", None)
        double = {**self.conv([], 4)}
        double.pop("activation", None)
        return [
            double,
            {"name": halves, "op": "chunk", "chunks": 2},
            conv,
            {"name": joined, "op": "concat", "from": [f"{halves}.0", conv["name"]]},
        ]

    def branches(self, depth: int, params: list[str]) -> dict[str, Any]:
        merge = self.random.choice(["add", "mul", "concat"])
        paths: list[Any] = []
        for _ in range(self.random.randint(2, 3)):
            path = self.layers(depth - 1, params) if self.random.random() < 0.7 else []
            if path and merge != "concat":
                path.append({**self.conv([]), "out_channels": "$back"})
            paths.append(path)
        layer = {"name": self.name("sum"), "op": "branches", "merge": merge, "paths": paths}
        return self.activated(layer)

    def use(self, block: str, params: list[str]) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for param in self.params[block]:
            value = self.value(param, params)
            if self.random.random() < 0.8:
                given[param] = value
        use: dict[str, Any] = {"name": self.name(block), "op": "use", "block": block, "with": given}
        if self.random.random() < 0.3:
            use["repeat"] = self.random.randint(0, 3)
        return use

    def value(self, param: str, params: list[str]) -> Any:
        if param in params and self.random.random() < 0.5:
            return f"${param}"
        if param == "extra":
            options: list[Any] = [[], [self.activated({"name": "bn", "op": "batch_norm2d"})], [self.conv([])]]
            return self.random.choice(options)
        return self.random.choice({"kernel": [1, 3, 5], "channels": [2, 4, 6, 8], "bias": [True, False]}[param])


DEFAULTS = {"kernel": 3, "channels": 4, "bias": True, "extra": []}


def random_blocks(seed: int) -> dict[str, Any]:
    """Return a spec as plain data; it may be one that is refused."""
    text = _Text(seed)
    random = text.random
    for number in range(random.randint(1, 4)):
        params = [param for param in DEFAULTS if random.random() < 0.5]
        layers = text.layers(2, params)
        text.blocks[f"block{number}"] = {
            "params": {param: DEFAULTS[param] for param in params} | {"back": "$in_channels"},
            "layers": layers,
        }
        text.params[f"block{number}"] = params
    layers = []
    for _ in range(random.randint(2, 5)):
        use = text.use(random.choice([*text.blocks]), [])
        if layers and random.random() < 0.2:
            use["from"] = random.choice(layers)["name"]
        layers.append(use)
    spec = {"archcalc": 1, "name": "made", "input": [4, 6, 6], "blocks": text.blocks, "layers": layers}
    if random.random() < 0.5:
        spec["inplace"] = ["relu", "hardswish"]
    return spec
