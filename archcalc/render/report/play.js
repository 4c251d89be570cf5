(() => {
  const at = (id) => document.getElementById(id);
  const made = (name, told = {}, ...inside) => {
    const one = document.createElement(name);
    for (const [key, value] of Object.entries(told)) key in one && key !== "list" ? (one[key] = value) : one.setAttribute(key, value);
    one.append(...inside);
    return one;
  };
  const own = network.layers.map((layer) => ({ f: layer.f.map(BigInt), way: layer.way }));
  const first = walk(network), setting = { inputs: {}, layers: {} };
  const chosen = at("play-layer");
  let now = first, place = Number(chosen.dataset.first), marked = null;

  const dims = (sizes) => sizes.join("x");
  const fieldsOf = (at) => network.kinds[network.layers[at].kind].fields;
  const current = (at) => setting.layers[at] ?? own[at];
  const total = (rows, name) => rows.reduce((sum, row) => sum + row[name], 0n);

  /** Read `3`, `3, 5` or `3x5`, or sides by name; what is no number stays text, and is a fault of its field. */
  function read(field, text) {
    const named = [...text.matchAll(/([a-z]+)\s*:?\s*(\d+)/g)];
    if (field.sides && named.length) return field.sides.map((side) => BigInt(named.find(([, name]) => name === side)?.[2] ?? 0));
    const words = text.split(/[\s,x]+/).filter(Boolean);
    const numbers = words.map((word) => (/^-?\d+$/.test(word) ? BigInt(word) : text));
    if (numbers.length === 1) return Array(field.count).fill(numbers[0]);
    if (numbers.length === (field.sides ? field.count / 2 : field.count)) return field.sides ? numbers.flatMap((n) => [n, n]) : numbers;
    return Array(field.count).fill(text);
  }

  /** Write the numbers of a field as they are read, in short. */
  function written(field, numbers) {
    if (numbers.every((n) => n === numbers[0])) return String(numbers[0]);
    if (!field.sides) return numbers.join(", ");
    const pairs = numbers.filter((_, i) => i % 2 === 0);
    return pairs.every((n, i) => n === numbers[2 * i + 1]) ? pairs.join(", ") : field.sides.map((side, i) => `${side} ${numbers[i]}`).join(", ");
  }

  /** Change a layer, and those that are it once more. */
  function change(f, way) {
    const root = network.layers[place].again ?? place;
    network.layers.forEach((layer, other) => {
      if (other === root || layer.again === root) setting.layers[other] = { f, way };
    });
    compute();
  }

  function selectOf(label, options, value, changed, isChanged) {
    const choices = options.map(([key, word]) => made("option", { value: key, selected: key === value }, word));
    const select = made("select", { name: label, onchange: () => changed(select.value), className: isChanged ? "changed" : "" }, ...choices);
    return made("label", {}, made("span", {}, label), select);
  }

  /** Show the fields of the chosen layer, to change. */
  function form() {
    const { f, way } = current(place), [padding, mode] = way.split(" "), before = own[place];
    const kind = network.kinds[network.layers[place].kind], ways = Object.keys(kind.rules).map((one) => one.split("/")[0].split(" "));
    const paddings = [...new Set(ways.map(([one]) => one))], modes = [...new Set(ways.map(([, one]) => one))];
    const parts = [made("p", { className: "lead" }, `${kind.op}${fieldsOf(place).length ? "" : ": nothing of it is a number to change"}`)];
    let from = 0;
    for (const field of fieldsOf(place)) {
      const start = from, own = f.slice(start, start + field.count);
      from += field.count;
      if (field.name === "padding" && paddings.length > 1) {
        const options = paddings.map((one) => [one, one || "in numbers"]);
        parts.push(selectOf("padding", options, padding, (one) => { change(current(place).f, `${one} ${current(place).way.split(" ")[1]}`); form(); }, !before.way.startsWith(`${padding} `)));
        if (padding) continue;
      }
      const is = own.some((n, i) => n !== before.f[start + i]) ? "changed" : "";
      const isBy = field.name === "padding" && paddings.length > 1;
      const input = made("input", { type: "text", name: isBy ? "padding_by" : field.name, value: written(field, own), className: is, title: field.words, inputMode: "text" });
      input.oninput = () => {
        const numbers = read(field, input.value), { f, way } = current(place);
        input.className = numbers.some((n, i) => n !== before.f[start + i]) ? "changed" : "";
        change([...f.slice(0, start), ...numbers, ...f.slice(start + field.count)], way);
      };
      parts.push(made("label", {}, made("span", {}, isBy ? "by" : field.name), input));
    }
    if (modes.length > 1) {
      const options = modes.map((one) => [one, { false: "false (floor)", true: "true (PyTorch)", caffe: "caffe", unclipped: "unclipped (cuda-convnet)" }[one] ?? one]);
      parts.push(selectOf("ceil_mode", options, mode, (one) => change(current(place).f, `${current(place).way.split(" ")[0]} ${one}`), !before.way.endsWith(` ${mode}`)));
    }
    at("play-fields").replaceChildren(...parts);
  }

  /** Compute the network again and say what becomes of it. */
  function compute() {
    now = walk(network, setting);
    const said = at("play-said");
    said.classList.toggle("broken", Boolean(now.fault));
    const counts = ["params", "macs"].map((name) => [name === "macs" ? "MACs" : name, total(now.rows, name), total(first.rows, name)]);
    const words = counts.map(([name, is, was]) => `${commas(is)} ${name}${is === was || now.fault ? "" : ` (was ${commas(was)})`}`).join(", ");
    said.replaceChildren(...(now.fault ? [made("b", { className: "bad" }, now.fault), "the layers before it:"] : [`Fits: ${words}, output ${dims(now.rows.at(-1)?.whole ?? [])}`]));
    rows();
    picture();
  }

  function cell(is, was, kind = "") {
    if (is === was || was === undefined) return made("td", { className: kind }, is);
    return made("td", { className: `${kind} now` }, is, made("span", { className: "was" }, `was ${was}`));
  }

  function rows() {
    const head = made("tr", {}, ...["layer", "output", "params", "MACs"].map((word, i) => made("th", { scope: "col", className: i > 1 ? "n" : "" }, word)));
    const body = now.rows.map((row, i) => {
      const was = first.rows[i];
      return made("tr", { "data-layer": i }, made("td", { className: "h" }, network.layers[i].name), cell(dims(row.whole), dims(was.whole)),
        cell(commas(row.params), commas(was.params), "n"), cell(commas(row.macs), commas(was.macs), "n"));
    });
    if (now.fault) body.push(made("tr", { className: "broken" }, made("td", { colSpan: 4 }, now.fault)));
    const table = made("table", {}, made("thead", {}, head), made("tbody", {}, ...body));
    const scroll = at("play-rows").firstElementChild?.scrollTop ?? 0;
    at("play-rows").replaceChildren(made("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "the network computed again" }, table));
    at("play-rows").firstElementChild.scrollTop = scroll;
  }

  // the picture of one layer

  const svg = (name, told, ...inside) => {
    const one = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(told)) one.setAttribute(key, value);
    one.append(...inside);
    return one;
  };

  /** Return the geometry of the layer along rows and columns: its input, its outputs, and what each of these reads. */
  function geometry() {
    const row = now.rows[place];
    if (!row?.axes) return null;
    const axes = row.axes.slice(-2), read = network.layers[place].reads[0], from = read[0];
    const shape = typeof from === "string" ? (setting.inputs[from] ?? network.inputs[from]) : now.rows[from].whole;
    const found = axes.map((axis, i) => {
      const own = row.axes.length - axes.length + i, size = Number(shape[1 + own]), count = Number(row.whole[1 + own]);
      const dilation = Number(row.dilation[own]), kernel = Number(row.kernel_size[own]);
      const reads = (o) => Array.from({ length: kernel }, (_, tap) => Number(axis(BigInt(o))[0]) + tap * dilation);
      const low = Math.min(0, reads(0)[0]), high = Math.max(size, reads(count - 1).at(-1) + 1);
      return { size, count, reads, low, high, past: Number(axis(BigInt(count - 1))[1]) };
    });
    if (found.length === 1) found.unshift({ size: 1, count: 1, reads: () => [0], low: 0, high: 1 });
    return found;
  }

  /** Return which outputs along an axis read an element. */
  const readers = (axis, element) => Array.from({ length: axis.count }, (_, o) => o).filter((o) => axis.reads(o).includes(element));

  function cells(rows, columns, inside, isOff) {
    const path = rows.flatMap((r) => columns.filter((c) => inside(r, c) !== isOff).map((c) => `M${c} ${r}h1v1h-1z`)).join("");
    return svg("path", { class: isOff ? "lit off" : "lit", d: path });
  }

  function panel(id, box, size, parts, title) {
    const grid = Math.max(box[2], box[3]) <= 64 ? Array.from({ length: size[0] + 1 }, (_, r) => `M0 ${r}h${size[1]}`).concat(Array.from({ length: size[1] + 1 }, (_, c) => `M${c} 0v${size[0]}`)).join("") : "";
    const drawn = svg("svg", { viewBox: box.join(" "), tabindex: 0, role: "img", "aria-label": title, id: `${id}-svg` },
      svg("rect", { class: "around", x: box[0], y: box[1], width: box[2], height: box[3] }),
      svg("rect", { class: "map", x: 0, y: 0, width: size[1], height: size[0] }), svg("path", { class: "grid", d: grid }), ...parts);
    const had = document.activeElement?.id === drawn.id;
    at(id).replaceChildren(drawn);
    if (had) drawn.focus();
    return drawn;
  }

  const range = (found) => (found.length === 0 ? "none" : found.length === 1 ? `${found[0]}` : `${found[0]} to ${found.at(-1)}`);

  /** Draw the chosen layer: which elements the marked output reads, or which outputs read the marked input. */
  function picture() {
    const axes = geometry(), [high, wide] = axes ?? [];
    const isThere = axes && axes.every((axis) => axis.count <= 4096 && axis.high - axis.low <= 8192);
    at("play-picture").hidden = !isThere;
    at("play-none").hidden = isThere || !now.rows[place];
    if (!isThere) return;
    const isOutput = marked?.of !== "in", limit = (axis, n) => (isOutput ? Math.min(Math.max(n, 0), axis.count - 1) : Math.min(Math.max(n, axis.low), axis.high - 1));
    const spot = marked ? [limit(high, marked.at[0]), limit(wide, marked.at[1])] : [high.count >> 1, wide.count >> 1];
    const input = isOutput ? [high.reads(spot[0]), wide.reads(spot[1])] : [[spot[0]], [spot[1]]];
    const output = isOutput ? [[spot[0]], [spot[1]]] : [readers(high, spot[0]), readers(wide, spot[1])];
    const within = (r, c) => r >= 0 && r < high.size && c >= 0 && c < wide.size;
    const name = network.layers[place].name, dot = svg("rect", { class: "dot", x: spot[1], y: spot[0], width: 1, height: 1 });
    const drawn = [
      panel("play-in", [wide.low, high.low, wide.high - wide.low, high.high - high.low], [high.size, wide.size],
        [cells(...input, within, true), cells(...input, within, false), ...(isOutput ? [] : [dot])], `the input of ${name}: arrow keys choose an element`),
      panel("play-out", [0, 0, wide.count, high.count], [high.count, wide.count],
        [cells(...output, () => true, false), ...(isOutput ? [dot] : [])], `the output of ${name}: arrow keys choose an element`),
    ];
    for (const [i, of] of ["in", "out"].entries()) {
      const choose = (event) => {
        const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawn[i].getScreenCTM().inverse());
        mark(of, [Math.floor(point.y), Math.floor(point.x)]);
      };
      drawn[i].onpointermove = choose;
      drawn[i].onpointerdown = choose;
      drawn[i].onkeydown = (event) => {
        const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
        if (!step) return;
        event.preventDefault();
        const from = marked?.of === of ? marked.at : of === "out" ? [high.count >> 1, wide.count >> 1] : [high.size >> 1, wide.size >> 1];
        mark(of, [from[0] + step[0], from[1] + step[1]]);
      };
    }
    const padding = input[0].flatMap((r) => input[1].map((c) => !within(r, c))).filter(Boolean).length;
    const axesOf = now.rows[place].axes.length, last = axesOf > 2 ? "of the last two axes, " : "";
    const places = (rows, columns) => (axesOf === 1 ? `elements ${range(columns)}` : `rows ${range(rows)} and columns ${range(columns)}`);
    const where = axesOf === 1 ? spot[1] : spot.join(", ");
    at("play-window").textContent = isOutput
      ? `${name}: ${last}output ${where} reads ${places(...input)}: ${input[0].length * input[1].length} elements of each channel${padding ? `, of which ${padding} are padding` : ""}`
      : `${name}: ${last}${within(...spot) ? "input" : "padding"} ${where} is read by ${output[0].length * output[1].length} outputs: ${places(...output)}`;
  }

  function mark(of, spot) {
    if (marked?.of === of && marked.at[0] === spot[0] && marked.at[1] === spot[1]) return;
    marked = { of, at: spot };
    picture();
  }

  function choose(at) {
    place = at;
    chosen.value = String(at);
    marked = null;
    form();
    picture();
  }

  chosen.addEventListener("change", () => choose(Number(chosen.value)));
  at("play-form").addEventListener("submit", (event) => event.preventDefault());
  for (const input of document.querySelectorAll("[data-input]")) {
    input.addEventListener("input", () => {
      const words = input.value.split(/[\s,x]+/).filter(Boolean);
      setting.inputs[input.dataset.input] = words.length && words.every((word) => /^\d+$/.test(word)) ? words.map(BigInt) : [0n];
      input.classList.toggle("changed", input.value !== input.defaultValue);
      compute();
    });
  }
  at("play-reset-layer").addEventListener("click", () => { change(own[place].f, own[place].way); form(); });
  at("play-reset").addEventListener("click", () => {
    setting.layers = {};
    setting.inputs = {};
    for (const input of document.querySelectorAll("[data-input]")) { input.value = input.defaultValue; input.classList.remove("changed"); }
    form();
    compute();
  });
  choose(place);
  compute();
})();
