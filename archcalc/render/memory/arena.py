"""The arena of an inference as a chart: time goes right, addresses go up."""

from typing import Final

from archcalc.analysis.memory.arena.plan import Block, Plan
from archcalc.render.chart import Axis, Box, Chart, Rule
from archcalc.render.memory.drawn import unit_of
from archcalc.render.words import short

_HEADROOM: Final = 1.14
_MOST_NAMED: Final = 3
"""How many maps at the peak have a colour of their own, with their names in the legend."""
_OTHERS: Final = 4
"""How many colours other maps have at most; more are not needed where few are alive."""


def named(block: Block) -> str:
    """Return the layers whose maps a piece of the arena holds, those in the middle left out where they are many."""
    first, *others = block.layers
    return f"{first} to {others[-1]}" if others else first


def chart(found: Plan, title: str) -> Chart:
    """Return where each map lies, and when; those that are alive at the peak are named."""
    steps = [step.layer for step in found.steps if step.alive is not None]
    each, unit = unit_of(found.arena)
    at_peak = sorted(found.at_peak, key=lambda block: (-block.bytes, block.first))[:_MOST_NAMED]
    boxes = tuple(
        Box(
            *(block.first, block.last + 1, block.offset / each, (block.offset + block.bytes) / each),
            label=block.layers[0],
            series=at_peak.index(block) if block in at_peak else len(at_peak) + colour,
            title=f"{', '.join(block.layers)}: {block.bytes:,} B from {block.offset:,}",
        )
        for block, colour in zip(found.blocks, _colours(found), strict=True)
    )
    words = f"arena {short(found.arena, 'B')}, bound {short(found.bound, 'B')} at {found.peak}"
    top = Rule(found.arena / each, words, is_level=True)
    return Chart(
        title=title,
        description=(
            f"{len(boxes)} maps in an arena of {found.arena:,} bytes, each a rectangle from the layer that makes it "
            f"to the last that reads it. The most that is alive is {found.bound:,} bytes, at {found.peak}."
        ),
        x=Axis("layers, in the order in which they run", 0, len(steps)),
        y=Axis(f"address, {unit}", 0, _HEADROOM * found.arena / each),
        boxes=boxes,
        rules=(Rule(steps.index(found.peak) + 0.5, f"peak: {found.peak}"), top),
        series=tuple(f"at the peak: {block.layers[0]} {short(block.bytes, 'B')}" for block in at_peak),
    )


def _colours(found: Plan) -> list[int]:
    """Return a colour for each piece of the arena, another one than those of the pieces that it touches."""
    colours: list[int] = []
    alive: dict[int, list[int]] = {}
    for place, block in enumerate(found.blocks):
        near = {other for step in range(block.first - 1, block.last + 2) for other in alive.get(step, ())}
        beside = {colours[other] for other in near if _touch(block, found.blocks[other])}
        free = [colour for colour in range(_OTHERS) if colour not in beside]
        colours.append(free[0] if free else place % _OTHERS)
        for step in range(block.first, block.last + 1):
            alive.setdefault(step, []).append(place)
    return colours


def _touch(one: Block, other: Block) -> bool:
    """Return whether two pieces have addresses in common, or one ends where the other begins."""
    return one.offset <= other.offset + other.bytes and other.offset <= one.offset + one.bytes
