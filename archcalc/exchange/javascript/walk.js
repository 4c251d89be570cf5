"use strict";
const div = (a, b) => { const q = a / b; return a % b !== 0n && (a < 0n) !== (b < 0n) ? q - 1n : q; };
const mod = (a, b) => ((a % b) + b) % b;
const commas = (n) => n.toString().replace(/\B(?=(\d{3})+$)/g, ",");
const spelled = (one) => (Array.isArray(one) ? `[${one.map(spelled).join(", ")}]` : typeof one === "string" ? (one ? `text '${one}'` : "empty text") : String(one));

/** Say what is wrong with the numbers of a field; nothing where they are right. */
function faultOfField(field, numbers, largest) {
  const right = numbers.length === field.count && numbers.every((n) => typeof n === "bigint" && n >= field.least && n <= largest);
  if (right) return "";
  const sides = () => `{${field.sides.map((side, i) => `${side}: ${numbers[i]}`).join(", ")}}`;
  const got = numbers.every((n) => n === numbers[0]) ? spelled(numbers[0]) : field.sides ? sides() : spelled(numbers);
  return `${field.name} must be ${field.words}, got ${got}`;
}

/** Say what is wrong with the fields of a layer. */
function faultOfFields(network, layer, f) {
  let place = 0;
  for (const field of network.kinds[layer.kind].fields) {
    const fault = faultOfField(field, f.slice(place, place + field.count), BigInt(network.largest));
    if (fault) return fault;
    place += field.count;
  }
  return "";
}

/**
 * Compute a network with other numbers: `setting.inputs` has shapes by name, `setting.layers` has, by the place of a
 * layer, its numbers `f` and its `way` to pad and round. Returns a row for each layer up to one that does not fit, and
 * what is wrong with that.
 */
function walk(network, setting = {}) {
  const given = { ...network.inputs, ...setting.inputs }, rows = [], read = [];
  for (const [name, shape] of Object.entries(given)) {
    const right = shape.every((n) => BigInt(n) >= 1n && BigInt(n) <= BigInt(network.largest));
    const rank = network.inputs[name].length;
    if (shape.length !== rank) {
      const own = network.inputs[name].join("x");
      return { rows, fault: `${name} must have ${rank} sizes, as ${own} has, got ${spelled(shape)}`, at: -1 };
    }
    if (!right) return { rows, fault: `${name} must be ${network.shape}, got ${spelled(shape)}`, at: -1 };
    given[name] = shape.map(BigInt);
  }
  const set = network.layers.map((layer, at) => ({ f: layer.f.map(BigInt), way: layer.way, ...setting.layers?.[at] }));
  for (const [at, layer] of network.layers.entries()) {
    const fault = faultOfFields(network, layer, set[at].f);
    if (fault) return { rows: [], fault: `layer ${layer.name}: ${fault}`, at };
  }
  for (const [at, layer] of network.layers.entries()) {
    const whole = (from) => (typeof from === "string" ? given[from] : rows[from].whole);
    read.push(layer.reads.flatMap(([from, part]) => (part ? rows[from].makes : whole(from))));
    const again = set[layer.again];
    const rule = network.rules[network.kinds[layer.kind].rules[again ? `${set[at].way}/${again.way}` : set[at].way]];
    const row = rule ? rule(set[at].f, read[at], again?.f, read[layer.again]) : { fault: "cannot be computed here: run archcalc table" };
    if (row.fault !== undefined) {
      const name = (from) => (typeof from === "string" ? from : network.layers[from].name);
      const reads = layer.reads.map(([from]) => `${name(from)}: ${whole(from).join("x")}`).join(", ");
      return { rows, fault: `layer ${layer.name}: ${row.fault} (from ${reads})`, at };
    }
    rows.push(row);
  }
  return { rows, fault: "", at: -1 };
}
