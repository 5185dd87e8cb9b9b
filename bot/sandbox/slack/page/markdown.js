// The markdown block's dialect (a useful part of CommonMark and tables) as DOM nodes.

import { h } from "./dom.js";
import { emojiNode, link, mentionUser } from "./mrkdwn.js";

const INLINE = /(`+)([\s\S]+?)\1|\*\*([\s\S]+?)\*\*|__([\s\S]+?)__|~~([\s\S]+?)~~|\*([^\s*](?:[^*]*[^\s*])?)\*|(?<![\p{L}\p{N}])_([^\s_](?:[^_]*[^\s_])?)_(?![\p{L}\p{N}])|!?\[([^\]]*)\]\(([^)\s]+)(?:\s+"[^"]*")?\)|<(https?:[^>\s]+)>|<@([UW][A-Z0-9]+)>|(https?:\/\/[^\s<>)]+[^\s<>).,:;!?])|:([a-z0-9_+-]+):|\\([\\`*_{}[\]()#+\-.!~|>])/gu;

function inlineNode(match) {
  const [, , code, strong, strong2, strike, em, em2, label, url, angle, user, bare, emoji, escaped] = match;
  if (code !== undefined) return h("code", null, code.trim());
  if (strong !== undefined || strong2 !== undefined) return h("b", null, inline(strong ?? strong2));
  if (strike !== undefined) return h("s", null, inline(strike));
  if (em !== undefined || em2 !== undefined) return h("i", null, inline(em ?? em2));
  if (url !== undefined) return link(url, inline(label || url));
  if (angle !== undefined || bare !== undefined) return link(angle ?? bare, angle ?? bare);
  if (user !== undefined) return mentionUser(user);
  if (emoji !== undefined) return emojiNode(emoji);
  return escaped;
}

function inline(text) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(text.slice(at, match.index), inlineNode(match));
    at = match.index + match[0].length;
  }
  nodes.push(text.slice(at));
  return nodes;
}

const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(?:\[([ xX])\]\s+)?(.*)$/;

function takeCode(lines, at) {
  const fence = /^\s*(```+|~~~+)/.exec(lines[at]);
  if (!fence) return null;
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(fence[1])) end += 1;
  return { node: h("pre", null, lines.slice(at + 1, end).join("\n")), next: end + 1 };
}

function takeHeading(lines, at) {
  const match = /^(#{1,6})\s+(.*?)\s*#*$/.exec(lines[at]);
  return match && { node: h(`h${Math.min(6, match[1].length + 2)}`, { class: `md-h md-h${match[1].length}` }, inline(match[2])), next: at + 1 };
}

function takeRule(lines, at) {
  return /^\s*([-*_])(\s*\1){2,}\s*$/.test(lines[at]) ? { node: h("hr", { class: "divider" }), next: at + 1 } : null;
}

function takeQuote(lines, at) {
  let end = at;
  while (end < lines.length && /^\s*>/.test(lines[end])) end += 1;
  return end > at ? { node: h("blockquote", null, blocks(lines.slice(at, end).map((line) => line.replace(/^\s*> ?/, "")))), next: end } : null;
}

function takeList(lines, at) {
  const first = ITEM.exec(lines[at]);
  if (!first) return null;
  const depth = first[1].length;
  const items = [];
  let end = at;
  while (end < lines.length) {
    const match = ITEM.exec(lines[end]);
    if (match && match[1].length <= depth + 1) items.push({ match, inner: [] });
    else if (lines[end].trim() && (match || /^\s{2,}/.test(lines[end]))) items.at(-1).inner.push(lines[end].slice(Math.min(depth + 2, lines[end].search(/\S/))));
    else break;
    end += 1;
  }
  const ordered = /\d/.test(first[2]);
  const node = h(ordered ? "ol" : "ul", { start: ordered ? Number.parseInt(first[2], 10) : null }, items.map(({ match, inner }) =>
    h("li", { class: match[3] !== undefined && "task" }, match[3] !== undefined && h("input", { type: "checkbox", checked: match[3] !== " ", disabled: true }), inline(match[4]), inner.length ? blocks(inner) : null)));
  return { node, next: end };
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, "|"));

function takeTable(lines, at) {
  if (!lines[at].includes("|") || !/^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(lines[at + 1] || "")) return null;
  const aligns = cells(lines[at + 1]).map((cell) => cell.endsWith(":") ? cell.startsWith(":") ? "center" : "right" : null);
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|")) end += 1;
  const row = (line, tag) => h("tr", null, cells(line).map((cell, column) => h(tag, { data: { align: aligns[column] } }, inline(cell))));
  return { node: h("div", { class: "table-scroll" }, h("table", { class: "table" }, h("thead", null, row(lines[at], "th")), h("tbody", null, lines.slice(at + 2, end).map((line) => row(line, "td"))))), next: end };
}

const TAKERS = [takeCode, takeHeading, takeRule, takeQuote, takeTable, takeList];
const starts = (lines, at) => TAKERS.some((take) => take(lines, at));

function takeParagraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !starts(lines, end)) end += 1;
  const nodes = lines.slice(at, end).flatMap((line, index) => [index ? h("br") : null, ...inline(line.trim())]);
  return { node: h("p", null, nodes), next: end };
}

function blocks(lines) {
  const nodes = [];
  for (let at = 0; at < lines.length;) {
    if (!lines[at].trim()) { at += 1; continue; }
    const found = TAKERS.map((take) => take(lines, at)).find(Boolean) || takeParagraph(lines, at);
    nodes.push(found.node);
    at = found.next;
  }
  return nodes;
}

export const markdown = (text) => blocks((text || "").split("\n"));
