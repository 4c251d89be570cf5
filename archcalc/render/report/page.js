"use strict";
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  /** Sort a table by a column: up, down, and as it was. */
  function sort(head) {
    const table = head.closest("table"), body = table.tBodies[0], place = [...head.parentNode.children].indexOf(head);
    table.order ??= [...body.rows];
    const next = { none: "ascending", ascending: "descending", descending: "none" }[head.ariaSort ?? "none"];
    for (const other of all("th", table.tHead)) other.ariaSort = null;
    if (next !== "none") head.ariaSort = next;
    const sign = next === "descending" ? -1 : 1;
    const rows = next === "none" ? table.order : table.order.map((row) => [value(row.cells[place].textContent), row])
      .sort(([one], [other]) => compare(one, other, sign)).map(([, row]) => row);
    body.append(...rows);
  }

  /** Return what a cell is sorted by: a number, also of `3 of 4`, the product of sizes such as 96x55x55, or its words. */
  function value(text) {
    const plain = text.replaceAll(",", "").replace(/%$| of \d+$/, "").trim();
    if (/^-?\d+(\.\d+)?$/.test(plain)) return Number(plain);
    if (/^\d+(x\d+)+$/.test(plain)) return plain.split("x").reduce((product, size) => product * size, 1);
    return plain || null;
  }

  /** Compare numbers, then words; blanks come last, whichever way. */
  function compare(one, other, sign) {
    if (one === null || other === null) return (one === null) - (other === null);
    if (typeof one !== typeof other) return typeof one === "number" ? -sign : sign;
    return sign * (typeof one === "number" ? one - other : one.localeCompare(other));
  }

  /** Show a column of the table of layers, or hide it. */
  function show(key, wanted) {
    const table = document.getElementById("layers");
    const place = all("th", table.tHead).findIndex((head) => head.dataset.key === key);
    for (const row of table.rows) row.cells[place].hidden = !wanted;
  }

  const places = (one) => (one.dataset.layer ?? one.dataset.window ?? one.dataset.field ?? "").split(" ");
  const SHOWING = "[data-layer], [data-window], [data-field]";

  let lit = document;

  /** Light up all that shows layers, by their places, of one network: rows, volumes, windows, fields, explanations. */
  function light(one) {
    const wanted = new Set(one ? places(one) : []), around = one?.closest("[data-network]") ?? document;
    for (const other of all(".on", lit)) other.classList.remove("on");
    for (const other of one ? all(SHOWING, around) : []) {
      other.classList.toggle("on", places(other).some((place) => wanted.has(place)));
    }
    lit = around;
  }

  function openTarget() {
    const target = document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) target.open = true;
  }

  document.addEventListener("click", (event) => {
    const head = event.target.closest("th button");
    if (head) sort(head.closest("th"));
    const link = event.target.closest("a[href^='#']");
    if (link?.hash === location.hash) openTarget();
    const every = event.target.closest("button.all");
    if (every) {
      const found = all(".why > details, .net > details"), open = found.some((one) => !one.open);
      for (const one of found) one.open = open;
      every.textContent = open ? "Close all" : "Open all";
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest(".choice")) show(event.target.value, event.target.checked);
  });
  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => light(event.target.closest?.(SHOWING)));
  }
  document.addEventListener("keydown", (event) => {
    const row = event.target.closest?.("#layers tbody tr");
    if (!row) return;
    const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
    if (next) { event.preventDefault(); next.querySelector("a").focus(); }
  });
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = all("details:not([open]):not(.columns)");
    for (const one of opened) one.open = true;
  });
  window.addEventListener("afterprint", () => { for (const one of opened) one.open = false; });
  window.addEventListener("hashchange", openTarget);
  openTarget();
})();
