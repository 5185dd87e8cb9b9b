// The request inspector: every request between Slack and the app, newest first.

import { h, icon, iconButton, patch, s } from "./dom.js";
import { loadCalls } from "./net.js";
import { locale, t } from "./strings.js";
import { emit, on, state } from "./store.js";

const KEEP = 300;
const open = new Set();
let filter = "";

const seconds = (at) => typeof at === "number" ? at : Date.parse(at) / 1000;
const clock = (at) => new Intl.DateTimeFormat(locale(), { timeZone: state.me.tz, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(new Date(seconds(at) * 1000));
const toApp = (entry) => String(entry.direction || "").startsWith("slack");
const failed = (entry) => Number(entry.status) >= 400 || entry.status === null || entry.response && entry.response.ok === false;

// colour for keys, strings and the rest, as text nodes
const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function pretty(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2) ?? "";
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    nodes.push(text.slice(at, match.index));
    const kind = match[2] !== undefined ? "key" : match[1] ? "string" : "atom";
    nodes.push(h("span", { class: `json-${kind}` }, match[0]));
    at = match.index + match[0].length;
  }
  return h("pre", { class: "json", tabindex: "0" }, nodes, text.slice(at));
}

const details = (entry) => h("div", { class: "call-details" },
  (entry.warnings || []).length > 0 && h("div", { class: "call-part" }, h("h4", null, t("warnings")), h("ul", { class: "call-warnings" }, entry.warnings.map((warning) => h("li", null, typeof warning === "string" ? warning : JSON.stringify(warning))))),
  h("div", { class: "call-part" }, h("h4", null, t("request")), pretty(entry.request)),
  h("div", { class: "call-part" }, h("h4", null, t("response")), pretty(entry.response)));

function row(entry) {
  const node = h("details", { class: ["call", failed(entry) && "call-failed", (entry.warnings || []).length && "call-warned"], open: open.has(entry.id), data: { testid: "call", name: entry.name },
    ontoggle: () => {
      if (node.open) { open.add(entry.id); if (!node.querySelector(".call-details")) node.append(details(entry)); } else open.delete(entry.id);
    } },
  h("summary", null,
    h("span", { class: ["call-way", toApp(entry) ? "to-app" : "to-slack"], title: entry.direction }, s("svg", { viewBox: "0 0 20 20", width: 14, height: 14, class: "icon", "aria-hidden": "true" }, s("path", { d: toApp(entry) ? "M3 10h13M11 5l5 5-5 5" : "M17 10H4M9 5l-5 5 5 5" })), h("span", { class: "sr-only" }, entry.direction)),
    h("span", { class: "call-name" }, entry.name),
    (entry.warnings || []).length > 0 && h("span", { class: "call-mark", title: t("warnings") }, icon("warn", 13)),
    h("span", { class: "call-status" }, entry.response && entry.response.ok === false ? entry.response.error || entry.status : entry.status ?? "–"),
    h("span", { class: "call-ms" }, entry.ms === null || entry.ms === undefined ? "" : `${Math.round(entry.ms)} ms`),
    h("time", { class: "call-time" }, clock(entry.at))));
  if (open.has(entry.id)) node.append(details(entry));
  return node;
}

function matching() {
  const wanted = filter.trim().toLowerCase();
  const calls = state.calls.slice(-KEEP * 4);
  const hits = wanted ? calls.filter((entry) => JSON.stringify(entry).toLowerCase().includes(wanted)) : calls;
  return hits.slice(-KEEP).reverse();
}

export function inspectorPane() {
  const list = h("div", { class: "call-list" });
  const count = h("span", { class: "call-count" });
  const rows = new Map();
  const draw = () => {
    if (pane.hidden) return;
    const calls = matching();
    count.textContent = String(state.calls.length);
    for (const [entry] of rows) if (!calls.includes(entry)) rows.delete(entry);
    for (const entry of calls) if (!rows.has(entry)) rows.set(entry, row(entry));
    patch(list, calls.length ? calls.map((entry) => rows.get(entry)) : [h("p", { class: "call-none" }, t(state.calls.length ? "inspector_none" : "inspector_empty"))]);
  };
  const toggle = () => {
    pane.hidden = !pane.hidden;
    document.getElementById("app").classList.toggle("with-inspector", !pane.hidden);
    const button = document.getElementById("inspector-toggle");
    button.setAttribute("aria-expanded", String(!pane.hidden));
    if (pane.hidden) button.focus();
    else { loadCalls(); pane.querySelector("input").focus(); }
  };
  let due = 0;
  const pane = h("aside", { class: "inspector", "aria-label": t("inspector"), hidden: true, data: { testid: "inspector" }, onkeydown: (event) => { if (event.key === "Escape") toggle(); } },
    h("header", { class: "side-head" }, h("h2", null, t("inspector")), count,
      h("input", { type: "search", class: "input call-filter", placeholder: t("inspector_filter"), "aria-label": t("inspector_filter"), data: { testid: "inspector-filter" }, oninput: (event) => { filter = event.target.value; draw(); } }),
      iconButton("trash", t("clear"), { onclick: () => { state.calls = []; emit("calls"); } }), iconButton("close", t("close"), { onclick: toggle })), list);
  on("toggle-inspector", toggle);
  on("calls", () => { cancelAnimationFrame(due); due = requestAnimationFrame(draw); });
  return pane;
}
