// The data_visualization block: line, bar, area and pie as inline SVG, with a legend and the
// same numbers as a table.

import { h, icon, replace, s, uid } from "./dom.js";
import { locale, t } from "./strings.js";

const HEIGHT = 260;
const [NARROW, WIDE] = [280, 560];
const PAD = { left: 48, right: 14, top: 12, bottom: 34 };
const COLOURS = 12;
const DASHES = ["", "6 3", "2 3", "8 3 2 3", "12 4", "1 4"];

const number = (value) => new Intl.NumberFormat(locale(), { maximumFractionDigits: 2 }).format(value);
const short = (value) => new Intl.NumberFormat(locale(), { notation: "compact", maximumFractionDigits: 2 }).format(value);
const percent = (share) => new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 1 }).format(share);
const colour = (index) => `chart-c${index % COLOURS}`;

/** Round steps that cover the data, with zero in view: [0, 25, 50...]. */
function ticks(low, high) {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const found = [];
  for (let at = Math.floor(low / step); at <= Math.ceil(high / step - 1e-9); at += 1) found.push(Number((at * step).toPrecision(12)));
  return found.length > 1 ? found : [...found, found[0] + step];
}

function scales(chart, width) {
  const values = chart.series.flatMap((series) => series.data.map((point) => point.value));
  const marks = ticks(Math.min(0, ...values), Math.max(0, ...values));
  const categories = chart.axis_config.categories;
  const [low, high] = [marks[0], marks.at(-1)];
  const band = (width - PAD.left - PAD.right) / categories.length;
  const depth = PAD.bottom + (chart.axis_config.x_label ? 16 : 0);
  const floor = HEIGHT - depth;
  return {
    marks, categories, band, floor, width,
    x: (index) => PAD.left + band * (index + 0.5),
    y: (value) => floor - (value - low) / (high - low) * (floor - PAD.top),
  };
}

function axes(chart, scale) {
  const every = Math.ceil(scale.categories.length * 46 / (scale.width - PAD.left - PAD.right));
  const { x_label: xLabel, y_label: yLabel } = chart.axis_config;
  return [
    scale.marks.map((mark) => [
      s("line", { x1: PAD.left, x2: scale.width - PAD.right, y1: scale.y(mark), y2: scale.y(mark), class: mark === 0 ? "chart-zero" : "chart-grid" }),
      s("text", { x: PAD.left - 7, y: scale.y(mark) + 4, "text-anchor": "end", class: "chart-tick" }, short(mark)),
    ]),
    scale.categories.map((category, index) => index % every ? null :
      s("text", { x: scale.x(index), y: scale.floor + 17, "text-anchor": "middle", class: "chart-tick" }, [...category].length > 12 ? `${[...category].slice(0, 11).join("")}…` : category)),
    xLabel && s("text", { x: (scale.width + PAD.left) / 2, y: HEIGHT - 6, "text-anchor": "middle", class: "chart-axis" }, xLabel),
    yLabel && s("text", { x: 11, y: scale.floor / 2, "text-anchor": "middle", transform: `rotate(-90 11 ${scale.floor / 2})`, class: "chart-axis" }, yLabel),
  ];
}

const valueAt = (series, category) => (series.data.find((point) => point.label === category) || {}).value;
const tip = (series, category, value) => s("title", null, `${series.name} · ${category}: ${number(value)}`);

function bars(chart, scale) {
  const width = Math.min(38, scale.band * 0.72 / chart.series.length);
  return chart.series.map((series, index) => scale.categories.map((category, at) => {
    const value = valueAt(series, category);
    if (value === undefined) return null;
    const x = scale.x(at) + (index - chart.series.length / 2) * width;
    return s("rect", { x: x + 1, y: Math.min(scale.y(value), scale.y(0)), width: Math.max(1, width - 2), height: Math.max(1, Math.abs(scale.y(value) - scale.y(0))), rx: 2, class: ["chart-fill", colour(index)] }, tip(series, category, value));
  }));
}

function linePath(series, scale) {
  return scale.categories.map((category, at) => [scale.x(at), valueAt(series, category)]).filter(([, value]) => value !== undefined)
    .map(([x, value], at) => `${at ? "L" : "M"}${x.toFixed(1)} ${scale.y(value).toFixed(1)}`).join("");
}

function lines(chart, scale) {
  return chart.series.map((series, index) => [
    s("path", { d: linePath(series, scale), class: ["chart-line", colour(index)], "stroke-dasharray": DASHES[index % DASHES.length] || null }),
    scale.categories.map((category, at) => {
      const value = valueAt(series, category);
      return value === undefined ? null : s("circle", { cx: scale.x(at), cy: scale.y(value), r: 3.5, class: ["chart-dot", colour(index)] }, tip(series, category, value));
    }),
  ]);
}

function areas(chart, scale) {
  const last = scale.categories.length - 1;
  return [chart.series.map((series, index) => s("path", { d: `${linePath(series, scale)}L${scale.x(last)} ${scale.y(0)}L${scale.x(0)} ${scale.y(0)}Z`, class: ["chart-area", colour(index)] })), lines(chart, scale)];
}

function slice(from, to, radius, width) {
  const point = (share) => [width / 2 + radius * Math.sin(2 * Math.PI * share), HEIGHT / 2 - radius * Math.cos(2 * Math.PI * share)].map((at) => at.toFixed(2)).join(" ");
  if (to - from > 0.9999) return `M${point(0)}A${radius} ${radius} 0 1 1 ${point(0.5)}A${radius} ${radius} 0 1 1 ${point(1)}Z`;
  return `M${width / 2} ${HEIGHT / 2}L${point(from)}A${radius} ${radius} 0 ${to - from > 0.5 ? 1 : 0} 1 ${point(to)}Z`;
}

function pie(chart, width) {
  const total = chart.segments.reduce((sum, segment) => sum + segment.value, 0);
  let from = 0;
  return chart.segments.map((segment, index) => {
    const to = from + segment.value / total;
    const path = s("path", { d: slice(from, to, HEIGHT / 2 - 14, width), class: ["chart-slice", colour(index)] }, s("title", null, `${segment.label}: ${number(segment.value)} (${percent(segment.value / total)})`));
    from = to;
    return path;
  });
}

const PLOTS = { bar: bars, line: lines, area: areas };

function drawing(block, titleId, width) {
  const { chart } = block;
  const content = chart.type === "pie" ? pie(chart, width) : (() => { const scale = scales(chart, width); return [axes(chart, scale), PLOTS[chart.type](chart, scale)]; })();
  return s("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, class: "chart-svg", role: "img", "aria-labelledby": titleId }, content);
}

function legend(chart) {
  const total = chart.type === "pie" && chart.segments.reduce((sum, segment) => sum + segment.value, 0);
  const names = chart.type === "pie" ? chart.segments.map((segment) => `${segment.label} · ${percent(segment.value / total)}`) : chart.series.map((series) => series.name);
  return h("ul", { class: "chart-legend" }, names.map((name, index) => h("li", null, h("span", { class: ["chart-key", colour(index)] }), name)));
}

function numbers(block) {
  const { chart } = block;
  const [head, rows] = chart.type === "pie"
    ? [[t("category"), t("value")], chart.segments.map((segment) => [segment.label, segment.value])]
    : [[chart.axis_config.x_label || t("category"), ...chart.series.map((series) => series.name)], chart.axis_config.categories.map((category) => [category, ...chart.series.map((series) => valueAt(series, category))])];
  return h("div", { class: "table-scroll" }, h("table", { class: "table" }, h("caption", { class: "sr-only" }, block.title),
    h("thead", null, h("tr", null, head.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", null, rows.map(([name, ...values]) => h("tr", null, h("th", { scope: "row" }, name), values.map((value) => h("td", { data: { align: "right" } }, value === undefined ? "–" : number(value))))))));
}

/** A chart with its legend, and a button that shows the numbers instead. */
export function chartNode(block) {
  const titleId = uid("chart");
  const body = h("div", { class: "chart-body" });
  let asTable = false;
  let width = WIDE;
  const button = h("button", { type: "button", class: "link-button", "aria-pressed": "false", onclick: () => { asTable = !asTable; draw(); } });
  const draw = () => {
    replace(body, asTable ? numbers(block) : [drawing(block, titleId, width), legend(block.chart)]);
    replace(button, icon(asTable ? "pulse" : "menu", 14), t(asTable ? "show_chart" : "show_table"));
    button.setAttribute("aria-pressed", String(asTable));
  };
  draw();
  // letters keep their size in a narrow pane: the drawing is made as wide as there is room
  new ResizeObserver(([{ contentRect }]) => {
    const room = Math.round(Math.max(NARROW, Math.min(WIDE, contentRect.width)) / 20) * 20;
    if (contentRect.width > 0 && room !== width) { width = room; draw(); }
  }).observe(body);
  return h("figure", { class: "chart", data: { testid: "chart", chart: block.chart.type } }, h("figcaption", { id: titleId }, block.title), body, button);
}
