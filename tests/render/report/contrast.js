() => {
  const parsed = (text) => {
    const numbers = text.match(/-?[\d.]+(e-?\d+)?/g).map(Number), alpha = numbers[3] ?? 1;
    return text.startsWith("color(") ? [...numbers.slice(0, 3), alpha] : [...numbers.slice(0, 3).map((n) => n / 255), alpha];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((n, i) => n * a + below[i] * (1 - a));
  const luminance = (rgb) => rgb.map((n) => (n <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4))
    .reduce((sum, n, i) => sum + n * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (one) => {
    if (!one) return getComputedStyle(document.documentElement).colorScheme && matchMedia("(prefers-color-scheme: dark)").matches ? [0.07, 0.07, 0.07] : [1, 1, 1];
    const own = parsed(getComputedStyle(one).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, ground(one.parentElement));
  };
  const poor = [];
  for (const one of document.querySelectorAll("body, body *")) {
    const said = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!said || one.closest("script, style, noscript, svg, [hidden]") || !one.checkVisibility()) continue;
    const below = ground(one), light = [luminance(over(parsed(getComputedStyle(one).color), below)), luminance(below)].sort((a, b) => b - a);
    const ratio = (light[0] + 0.05) / (light[1] + 0.05);
    if (ratio < 4.5) poor.push([one.outerHTML.slice(0, 80), ratio]);
  }
  return poor;
}
