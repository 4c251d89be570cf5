"""Specs whose blocks are hard to write as classes, each with the classes that their source has."""

from typing import Final

SPECS: Final = {
    "two_inputs": (
        """
archcalc: 1
name: two_inputs
input: {left: [4, 8, 8], right: [4, 8, 8]}
blocks:
  weighed:
    params: {kernel: 1}
    layers:
      - {name: conv, op: conv2d, out_channels: 4, kernel_size: $kernel, padding: $(kernel // 2)}
      - {name: sum, op: add, from: [conv, right]}
      - {name: product, op: mul, from: [sum, conv]}
layers:
  - {name: first, op: use, block: weighed, from: left}
  - {name: second, op: use, block: weighed, from: right, with: {kernel: 3}}
  - {name: third, op: use, block: weighed, from: second, with: {kernel: 3}}
  - {name: both, op: concat, from: [first, third]}
""",
        # in second, left and right are one and the same: it reads one tensor
        ["Weighed", "Weighed2", "TwoInputs"],
    ),
    "several_outputs": (
        """
archcalc: 1
name: several_outputs
input: [3, 8, 8]
outputs: [a.inner, b, c.inner, c.last]
blocks:
  pair:
    layers:
      - {name: inner, op: conv2d, out_channels: 3, kernel_size: 1}
      - {name: last, op: relu}
layers:
  - {name: a, op: use, block: pair}
  - {name: b, op: use, block: pair}
  - {name: c, op: use, block: pair, from: a}
""",
        ["Pair", "SeveralOutputs"],  # of b alone: the others hand on two tensors
    ),
    "shared": (
        """
archcalc: 1
name: shared
input: [4, 8, 8]
blocks:
  twice:
    params: {channels: 4}
    layers:
      - {name: conv, op: conv2d, out_channels: $channels, kernel_size: 3, padding: 1, activation: relu}
      - {name: again, op: use, layer: conv}
  once:
    layers:
      - {name: conv, op: conv2d, out_channels: 4, kernel_size: 3, padding: 1, activation: relu}
layers:
  - {name: inside, op: use, block: twice}
  - {name: next, op: use, block: once}
  - {name: outside, op: use, layer: next}
  - {name: apart, op: use, block: once}
""",
        ["Twice", "Once", "Shared"],  # Once of apart alone: outside has the weights of next
    ),
    "changed": (
        """
archcalc: 1
name: changed
input: [4, 8, 8]
blocks:
  body:
    params: {channels: null}
    layers:
      - {name: conv, op: conv2d, out_channels: $channels, kernel_size: 3, padding: 1}
      - {name: bn, op: batch_norm2d, activation: relu}
      - {name: drop, op: dropout}
layers:
  - {name: plain, op: use, block: body, with: {channels: 4}}
  - {name: wide, op: use, block: body, with: {channels: 8}, override: {conv: {kernel_size: 5, padding: 2}}}
  - {name: bare, op: use, block: body, with: {channels: 6}, remove: [drop]}
  - name: more
    op: use
    block: body
    with: {channels: 6}
    insert: [{after: bn, layers: [{name: lrn, op: local_response_norm, size: 3, alpha_per: mean}]}]
""",
        ["Body", "Changed"],
    ),
    "towers_of_blocks": (
        """
archcalc: 1
name: towers_of_blocks
input: [4, 8, 8]
blocks:
  body:
    layers:
      - {name: conv, op: conv2d, out_channels: 4, kernel_size: 3, padding: 1, activation: relu}
      - {name: bn, op: batch_norm2d}
layers:
  - {name: before, op: use, block: body}
  - op: towers
    devices: [a, b]
    layers:
      - {name: inside, op: use, block: body}
      - {name: next, op: conv2d, gather: true, out_channels: 2, kernel_size: 1}
  - {name: after, op: use, block: body}
""",
        ["Body", "TowersOfBlocks"],
    ),
    "names": (
        """
archcalc: 1
name: layer_norm2d
input: [4, 9, 9]
blocks:
  layer_norm2d:
    params: {self: 3, range: 1, in_channels: 1}
    layers:
      - {name: x, op: conv2d, out_channels: 4, kernel_size: $self, padding: $(self // 2), dilation: 1}
      - {name: out, op: layer_norm2d}
      - {name: nn, op: conv2d, out_channels: 4, kernel_size: $range, padding: $(range // 2), groups: $in_channels}
      - {name: train, op: batch_norm2d, from: x}
      - {name: torch, op: add, from: [nn, train]}
  tensor:
    layers: [{name: forward, op: conv2d, out_channels: 4, kernel_size: 1}, {name: class, op: relu}]
  none:
    layers: [{name: conv, op: conv2d, out_channels: 4, kernel_size: 1}, {name: second.conv, op: batch_norm2d}]
layers:
  - {name: a, op: use, block: layer_norm2d, with: {range: 1}}
  - {name: b, op: use, block: layer_norm2d, with: {self: 5, range: 3, in_channels: 4}}
  - {name: state_dict, op: use, block: tensor}
  - {name: to, op: use, block: none}
""",
        ["LayerNorm2d", "LayerNorm2dBlock", "TensorBlock", "NoneBlock", "LayerNorm2dNetwork"],
    ),
    "kinds_of_values": (
        """
archcalc: 1
name: kinds_of_values
input: [4, 16, 16]
blocks:
  body:
    params: {bias: null, padding: null, mode: zeros, eps: 1.0e-5, kernel: 3}
    layers:
      - name: conv
        op: conv2d
        out_channels: 4
        kernel_size: $kernel
        padding: $padding
        padding_mode: $mode
        bias: $bias
      - {name: bn, op: batch_norm2d, eps: $eps}
layers:
  - {name: a, op: use, block: body, with: {bias: true, padding: 1}}
  - {name: b, op: use, block: body, with: {bias: false, padding: 0, mode: reflect}}
  - {name: c, op: use, block: body, with: {bias: true, padding: 1, eps: 1, kernel: [1, 3]}}
  - {name: d, op: use, block: body, with: {bias: false, padding: 0, kernel: [3, 3]}}
""",
        ["Body", "KindsOfValues"],
    ),
    "pads": (
        """
archcalc: 1
name: pads
input: [4, 20, 20]
blocks:
  body:
    params: {stride: 1, kernel: 3}
    layers:
      - {name: conv.0, op: conv2d, out_channels: 4, kernel_size: $kernel, stride: $stride, padding: same}
      - {name: conv.1, op: batch_norm2d}
layers:
  - {name: a, op: use, block: body}
  - {name: b, op: use, block: body, with: {stride: 2}}
  - {name: c, op: use, block: body, with: {stride: 2, kernel: 4}}
  - {name: d, op: use, block: body, with: {kernel: 5}}
""",
        ["Body", "Body2", "Pads"],
    ),
    "each_in_the_other": (
        """
archcalc: 1
name: each_in_the_other
input: [4, 8, 8]
blocks:
  outer:
    params: {inside: []}
    layers:
      - {name: conv, op: conv2d, out_channels: 4, kernel_size: 1}
      - $inside
  other:
    params: {inside: []}
    layers:
      - {name: bn, op: batch_norm2d}
      - $inside
  plain:
    layers: [{name: bn, op: batch_norm2d}]
layers:
  - name: a
    op: use
    block: outer
    with: {inside: [{name: b, op: use, block: other, with: {inside: [{name: c, op: use, block: outer}]}}]}
  - {name: d, op: use, block: plain}
""",
        ["Plain", "EachInTheOther"],  # outer and other hold each other, in turn
    ),
    "left_out": (
        """
archcalc: 1
name: left_out
input: [4, 16, 16]
inplace: [relu]
blocks:
  unit:
    params: {channels: null, before: [], after: [], shortcut: [], stride: 1}
    layers:
      - name: sum
        op: branches
        merge: add
        paths:
          - - $before
            - {name: conv, op: conv2d, out_channels: $channels, kernel_size: 3, padding: 1, stride: $stride}
            - {name: bn, op: batch_norm2d}
          - $shortcut
      - $after
layers:
  - {name: a, op: use, block: unit, with: {channels: 4}}
  - {name: b, op: use, block: unit, with: {channels: 4, after: [{name: end, op: relu}]}}
  - name: c
    op: use
    block: unit
    with:
      channels: 4
      before: [{name: first, op: relu}]
      after: [{name: end, op: relu}]
      shortcut: [{name: proj, op: conv2d, out_channels: 4, kernel_size: 1}]
  - name: d
    op: use
    block: unit
    with:
      channels: 8
      stride: 2
      after: [{name: end, op: relu}]
      shortcut: [{name: proj, op: conv2d, out_channels: 8, kernel_size: 1, stride: 2}]
""",
        ["Unit", "LeftOut"],
    ),
    "in_parts": (
        """
archcalc: 1
name: in_parts
input: [8, 8, 8]
blocks:
  unit:
    params: {kernel: 1}
    layers:
      - {name: halves, op: chunk, chunks: 2}
      - {name: conv, op: conv2d, from: halves.1, out_channels: 4, kernel_size: $kernel, padding: $(kernel // 2)}
      - {name: joined, op: concat, from: [halves.0, conv]}
layers:
  - {name: units, op: use, block: unit, repeat: 3}
  - {name: last, op: use, block: unit, with: {kernel: 3}}
  - {name: part, op: chunk, chunks: 2, index: 1}
""",
        ["Unit", "InParts"],
    ),
    "growing": (
        """
archcalc: 1
name: growing
input: [4, 8, 8]
blocks:
  dense:
    params: {kernel: 3}
    layers:
      - name: joined
        op: branches
        merge: concat
        paths:
          - []
          - [{name: conv, op: conv2d, out_channels: 2, kernel_size: $kernel, padding: $(kernel // 2)}]
  stage:
    params: {blocks: null}
    layers:
      - {name: blocks, op: use, block: dense, repeat: $blocks}
      - {name: pool, op: max_pool2d, kernel_size: 1}
layers:
  - {name: a, op: use, block: dense, repeat: 4}
  - {name: b, op: use, block: stage, with: {blocks: 3}}
  - {name: c, op: use, block: stage, with: {blocks: 2}}
  - {name: d, op: use, block: stage, with: {blocks: 3}}
""",
        ["Dense", "Stage", "Stage2", "Growing"],
    ),
    "side_by_side": (
        """
archcalc: 1
name: side_by_side
input: [4, 8, 8]
blocks:
  pair:
    layers:
      - {name: conv, op: conv2d, out_channels: 4, kernel_size: 1}
      - {name: bn, op: batch_norm2d}
layers:
  - {name: stage.0, op: use, block: pair}
  - {name: stage.1, op: use, block: pair}
  - {name: other.0, op: use, block: pair, from: stage.0}
  - {name: other.1, op: use, block: pair, from: stage.0}
  - {name: gone.0, op: relu, from: stage.1}
  - {name: gone.1, op: batch_norm2d, from: other.1}
  - {name: split.0, op: batch_norm2d}
  - {name: between, op: relu}
  - {name: split.1, op: batch_norm2d}
  - {name: all, op: add, from: [gone.0, gone.1, split.1, other.0]}
""",
        ["Pair", "SideBySide"],
    ),
}
"""Texts, and the classes of their sources in order, those of kinds that torch does not have among them."""
