// Slack's mrkdwn as DOM nodes. Everything becomes text nodes and known elements; nothing is
// ever parsed as HTML. A marker next to a letter remains literal, as in Slack.

import { emojiOf, emojiPicture, withPictures } from "./emoji.js";
import { fillDate, fullTime } from "./dates.js";
import { fragment, h, safeUrl } from "./dom.js";
import { channel, channelName, state, userName } from "./store.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const STYLES = { "*": "b", "_": "i", "~": "s" };
// A soft hyphen counts as a letter: apps put one before a literal marker.
const WORD = /[\p{L}\p{N}\u00ad]/u;

export const unescape = (text) => text.replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity]);
export const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** A link that opens in a new tab, or inside the page if it is a permalink of this workspace. */
export function link(url, ...children) {
  const safe = safeUrl(url);
  if (!safe) return fragment(...children);
  const own = new URL(safe, location.href);
  const ours = own.origin === location.origin || own.host === `${state.boot.team.domain}.slack.com`;
  if (ours && own.pathname.startsWith("/archives/")) {
    const path = own.pathname + own.search;
    return h("a", { href: path, class: "link", data: { permalink: path } }, ...children);
  }
  return h("a", { href: safe, class: "link", target: "_blank", rel: "noopener noreferrer" }, ...children);
}

export function mentionUser(id, label) {
  const mine = state.me && id === state.me.id;
  return h("span", { class: ["mention", mine && "mention-me"], data: { user: id } }, `@${label || userName(id)}`);
}

export function mentionChannel(id, label) {
  const known = channel(id);
  const text = `#${label || channelName(id)}`;
  return known ? h("a", { class: "mention", href: `#${id}` }, text) : h("span", { class: "mention" }, text);
}

export const mentionGroup = (id, label) => {
  const known = (state.boot.usergroups || []).find((group) => group.id === id);
  const name = label || (known && known.handle) || id;
  return h("span", { class: "mention mention-me" }, name.startsWith("@") ? name : `@${name}`);
};

export const mentionAll = (range) => h("span", { class: "mention mention-me" }, `@${range}`);

export function dateNode(seconds, pattern, url, fallback) {
  const text = fillDate(seconds, pattern);
  const node = text === null ? fallback : h("time", { datetime: new Date(seconds * 1000).toISOString(), title: fullTime(seconds), class: "date-token" }, text);
  return url ? link(url, node) : node;
}

export function emojiNode(name) {
  const found = emojiOf(name);
  const picture = found && emojiPicture(name);
  if (picture) return picture;
  return found ? h("span", { class: "emoji", role: "img", "aria-label": name.replace(/_/g, " "), title: `:${name}:` }, found) : `:${name}:`;
}

function special(body, label) {
  const [kind, ...rest] = body.slice(1).split("^");
  if (kind === "date") return dateNode(Number(rest[0]), rest[1] || "", rest[2], unescape(label ?? body));
  if (kind === "subteam") return mentionGroup(rest[0], label && unescape(label));
  if (["here", "channel", "everyone"].includes(kind)) return mentionAll(kind);
  return label ? unescape(label) : `<${body}>`;
}

function angle(token) {
  const bar = token.indexOf("|");
  const body = bar < 0 ? token : token.slice(0, bar);
  const label = bar < 0 ? null : token.slice(bar + 1);
  if (body.startsWith("@")) return mentionUser(body.slice(1), label && unescape(label));
  if (body.startsWith("#")) return mentionChannel(body.slice(1), label && unescape(label));
  if (body.startsWith("!")) return special(body, label);
  const url = unescape(body);
  if (label === null && !safeUrl(url)) return `<${url}>`;
  return link(url, label ? unescape(label) : url.replace(/^mailto:/, ""));
}

function closing(text, from, marker) {
  let at = from;
  while (at < text.length && text[at] !== "\n") {
    if (text[at] === "`" || text[at] === "<") {
      const end = text.indexOf(text[at] === "<" ? ">" : "`", at + 1);
      if (end > 0) { at = end + 1; continue; }
    }
    if (text[at] === marker && !/\s/.test(text[at - 1]) && at > from && !(text[at + 1] && WORD.test(text[at + 1]))) return at;
    at += 1;
  }
  return -1;
}

function styled(text, at) {
  const marker = text[at];
  const before = text[at - 1];
  if (before && WORD.test(before) || !text[at + 1] || /\s/.test(text[at + 1]) || text[at + 1] === marker) return null;
  const end = closing(text, at + 1, marker);
  return end < 0 ? null : { node: h(STYLES[marker], null, inline(text.slice(at + 1, end))), next: end + 1 };
}

function step(text, at) {
  const char = text[at];
  if (char === "`" && text[at - 1] !== "\u00ad") {
    const end = text.indexOf("`", at + 1);
    if (end > at + 1 && !text.slice(at, end).includes("\n")) return { node: h("code", null, plainAngles(text.slice(at + 1, end))), next: end + 1 };
  }
  if (char === "<") {
    const end = text.indexOf(">", at + 1);
    if (end > at + 1) return { node: angle(text.slice(at + 1, end)), next: end + 1 };
  }
  if (STYLES[char]) return styled(text, at);
  if (char === ":") {
    const match = /^:([\p{L}\p{N}_+'-]+(?:::skin-tone-\d)?):/u.exec(text.slice(at, at + 60));
    if (match && emojiOf(match[1])) return { node: emojiNode(match[1]), next: at + match[0].length };
  }
  if (char === "h" && !(text[at - 1] && WORD.test(text[at - 1]))) {
    const match = /^https?:\/\/[^\s<>`]+[^\s<>`.,:;!?'")\]，。；：！？、）]/.exec(text.slice(at));
    if (match) return { node: link(unescape(match[0]), unescape(match[0])), next: at + match[0].length };
  }
  return char === "\n" ? { node: h("br"), next: at + 1 } : null;
}

// In code, a link is displayed as its label or its URL.
const plainAngles = (text) => unescape(text.replace(/<([^>|]*)(?:\|([^>]*))?>/g, (whole, url, label) => label || url));

/** One paragraph's worth of mrkdwn. */
export function inline(text) {
  const nodes = [];
  let plain = 0;
  let at = 0;
  while (at < text.length) {
    const found = step(text, at);
    if (found) {
      if (at > plain) nodes.push(...withPictures(unescape(text.slice(plain, at))));
      nodes.push(found.node);
      at = plain = found.next;
    } else at += 1;
  }
  if (plain < text.length) nodes.push(...withPictures(unescape(text.slice(plain))));
  return nodes;
}

const QUOTE = /^(?:&gt;|>) ?/;
const ITEM = /^(\s*)([•◦▪–-]|\d{1,3}[.)])\s+(.*)$/u;

function lineKind(line) {
  if (QUOTE.test(line)) return "quote";
  return ITEM.test(line) ? "item" : "text";
}

function item(line) {
  const [, indent, mark, rest] = ITEM.exec(line);
  return h("div", { class: "mk-item", data: { depth: Math.min(3, Math.floor(indent.length / 2)) } },
    h("span", { class: "mk-mark" }, mark), h("span", null, inline(rest)));
}

function group(kind, lines) {
  if (kind === "quote") return h("blockquote", null, paragraphs(lines.map((line) => line.replace(QUOTE, ""))));
  if (kind === "item") return h("div", { class: "mk-list" }, lines.map(item));
  return h("div", { class: "mk-text" }, inline(lines.join("\n")));
}

function paragraphs(lines) {
  const nodes = [];
  for (let at = 0; at < lines.length;) {
    if (/^(&gt;){3}|^>{3}/.test(lines[at])) {
      const rest = [lines[at].replace(/^(&gt;){3} ?|^>{3} ?/, ""), ...lines.slice(at + 1)];
      return [...nodes, h("blockquote", null, inline(rest.join("\n")))];
    }
    const kind = lineKind(lines[at]);
    let end = at + 1;
    while (end < lines.length && lineKind(lines[end]) === kind) end += 1;
    nodes.push(group(kind, lines.slice(at, end)));
    at = end;
  }
  return nodes;
}

/** Whole mrkdwn text: code blocks, quotes, lists and paragraphs. */
export function mrkdwn(text) {
  const nodes = [];
  for (const [at, piece] of (text || "").split("```").entries()) {
    if (at % 2 === 1) nodes.push(h("pre", null, plainAngles(piece.replace(/^\n/, "").replace(/\n$/, ""))));
    else if (piece.trim() || at === 0 && piece) nodes.push(paragraphs(piece.replace(/^\n|\n$/g, "").split("\n")));
  }
  return fragment(...nodes);
}

/** Plain text with its :emoji:, as in plain_text objects with emoji: true. */
export function plain(text, emoji = true) {
  if (!emoji) return fragment(...withPictures(text || ""));
  const pieces = (text || "").split(/(:[\p{L}\p{N}_+'-]+:)/u);
  return fragment(...pieces.map((piece, at) => at % 2 ? emojiNode(piece.slice(1, -1)) : withPictures(piece)));
}

/** A text object (plain_text or mrkdwn), or a bare string. */
export function textNode(object) {
  if (!object) return fragment();
  if (typeof object === "string") return plain(object);
  return object.type === "mrkdwn" ? mrkdwn(object.text) : plain(object.text, object.emoji !== false);
}

/** A text object's text without markup, for labels and names. */
export function textOf(object) {
  if (!object) return "";
  const text = typeof object === "string" ? object : object.text || "";
  const probe = h("div", null, textNode(typeof object === "string" ? { type: "plain_text", text } : object));
  return probe.textContent;
}
