// Bar charts as SVG, by themselves: no script, no font, and colours for light and dark.

const WIDTH = 860;
const LEFT = 190;
const RIGHT = 150;
const ROW = 26;
const BAR = 16;
const PANEL_TOP = 34;
const PANEL_BOTTOM = 44;
const SPAN = WIDTH - LEFT - RIGHT;

const STYLE = `
  .ground { fill: #ffffff }
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .panel { font-weight: 600 }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .axis { fill: none; stroke: #59636e; stroke-width: 1 }
  .own { fill: #0969da }
  .own.later { fill: #80b6f2 }
  .peer { fill: #818b98 }
  .goal { stroke: #1a7f37; stroke-width: 1.6; stroke-dasharray: 6 4 }
  .note { font-size: 12px; fill: #59636e }
  .reached { font-size: 12px; fill: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 }
    text { fill: #f0f6fc }
    .grid { stroke: #3d444d }
    .axis { stroke: #9198a1 }
    .own { fill: #4493f8 }
    .own.later { fill: #1f4a80 }
    .peer { fill: #656c76 }
    .goal { stroke: #3fb950 }
    .note { fill: #9198a1 }
    .reached { fill: #3fb950 }
  }
`;

/**
 * @param {object} chart
 * @param {string} chart.title
 * @param {{ title?: string, unit: string, goal?: { value: number, text: string }, bars: Bar[] }[]} chart.panels one below the other
 * @param {string[]} chart.caption its lines
 *
 * @typedef {{ label: string, parts: number[], text: string, isOwn: boolean }} Bar `parts` follow each other; `text` says it all
 */
export function barChart({ title, panels, caption }) {
  let y = 40;
  const drawn = panels.map((panel) => {
    const text = drawPanel(panel, y);
    y += PANEL_TOP + panel.bars.length * ROW + PANEL_BOTTOM;
    return text;
  });
  const lines = caption.map((line, index) => text(line, 16, y + 8 + index * 17, "note"));
  const height = y + 8 + caption.length * 17;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}</style>
<rect class="ground" width="100%" height="100%"/>
${[text(title, 16, 24, "title"), ...drawn, ...lines].join("\n")}
</svg>
`;
}

function drawPanel({ title, unit, goal, bars }, top) {
  const most = Math.max(...bars.map(({ parts }) => total(parts)), goal?.value ?? 0);
  const step = niceStep(most);
  const end = Math.max(step, Math.ceil(most / step) * step);
  const x = (value) => LEFT + (value / end) * SPAN;
  const from = top + PANEL_TOP;
  const bottom = from + bars.length * ROW;
  const lines = [];
  if (title) lines.push(text(title, 16, top + 16, "panel"));
  for (let value = 0; value <= end + step / 2; value += step) {
    lines.push(`<path class="grid" d="M${round(x(value))} ${from}V${bottom}"/>`);
    lines.push(text(label(value, step), x(value), bottom + 17, "note", "middle"));
  }
  lines.push(text(unit, WIDTH - 16, bottom + 17, "note", "end"));
  lines.push(`<path class="axis" d="M${LEFT} ${from}V${bottom}H${round(x(end))}"/>`);
  for (const [index, bar] of bars.entries()) lines.push(drawBar(bar, x, from + index * ROW));
  if (goal) {
    // Through the first bar, which is ours: the goal is nobody else's.
    lines.push(`<path class="goal" d="M${round(x(goal.value))} ${from - 6}V${from + ROW}"/>`);
    lines.push(text(goal.text, x(goal.value), from - 10, "reached", "middle"));
  }
  return lines.join("\n");
}

function drawBar({ label, parts, text: said, isOwn }, x, top) {
  const owner = isOwn ? "own" : "peer";
  let from = 0;
  const drawn = parts.map((part, index) => {
    const [left, right] = [x(from), x(from + part)];
    from += part;
    const kind = index > 0 ? `${owner} later` : owner;
    return `<rect class="${kind}" x="${round(left)}" y="${top + (ROW - BAR) / 2}" width="${round(right - left)}" height="${BAR}"/>`;
  });
  const middle = top + ROW / 2 + 4.5;
  return [
    text(label, LEFT - 8, middle, undefined, "end"),
    ...drawn,
    text(said, x(from) + 6, middle, "note"),
  ].join("\n");
}

const total = (parts) => parts.reduce((sum, part) => sum + part, 0);

/** One, two or five times a power of ten, so that there are some four lines. */
function niceStep(most) {
  const power = 10 ** Math.floor(Math.log10((most || 1) / 4));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => most / step <= 5);
}

const label = (value, step) =>
  step < 1 ? value.toFixed(1) : Math.round(value).toLocaleString("en-US");

function text(content, x, y, kind, anchor) {
  const attributes = [
    kind && `class="${kind}"`,
    `x="${round(x)}" y="${round(y)}"`,
    anchor && `text-anchor="${anchor}"`,
  ];
  return `<text ${attributes.filter(Boolean).join(" ")}>${escaped(content)}</text>`;
}

const round = (value) => Number(value.toFixed(1));
const escaped = (content) =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
