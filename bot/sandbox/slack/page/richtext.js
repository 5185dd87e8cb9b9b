// rich_text blocks as DOM nodes.

import { fragment, h } from "./dom.js";
import { withPictures } from "./emoji.js";
import { dateNode, emojiNode, link, mentionAll, mentionChannel, mentionGroup, mentionUser } from "./mrkdwn.js";

const STYLES = { bold: "b", italic: "i", strike: "s", code: "code", underline: "u", highlight: "mark", client_highlight: "mark" };

const KINDS = {
  text: (piece) => fragment(...piece.text.split("\n").flatMap((line, at) => at ? [h("br"), ...withPictures(line)] : withPictures(line))),
  link: (piece) => link(piece.url, piece.text || piece.url),
  user: (piece) => mentionUser(piece.user_id),
  channel: (piece) => mentionChannel(piece.channel_id),
  usergroup: (piece) => mentionGroup(piece.usergroup_id),
  broadcast: (piece) => mentionAll(piece.range),
  emoji: (piece) => emojiNode(piece.name),
  date: (piece) => dateNode(piece.timestamp, piece.format, piece.url, piece.fallback || ""),
  color: (piece) => h("span", null, h("span", { class: "swatch", vars: { "--swatch": piece.value } }), piece.value),
  team: (piece) => `@${piece.team_id}`,
};

function pieceNode(piece) {
  const make = KINDS[piece.type];
  let node = make ? make(piece) : `[${piece.type}]`;
  for (const [style, on] of Object.entries(piece.style || {})) if (on && STYLES[style]) node = h(STYLES[style], null, node);
  return node;
}

const pieces = (element) => (element.elements || []).map(pieceNode);

function list(element) {
  const props = { class: ["rt-list", element.border && "rt-bordered"], data: { indent: element.indent || 0 } };
  if (element.offset) props.start = element.offset + 1;
  return h(element.style === "ordered" ? "ol" : "ul", props, element.elements.map((item) => h("li", null, pieces(item))));
}

/** The node of a rich_text block (or of a cell of that shape). */
export function richText(block) {
  return fragment(...(block.elements || []).map((element) => {
    if (element.type === "rich_text_list") return list(element);
    if (element.type === "rich_text_preformatted") return h("pre", null, pieces(element));
    if (element.type === "rich_text_quote") return h("blockquote", null, pieces(element));
    return h("div", { class: "rt-section" }, pieces(element));
  }));
}

/** Its text alone, for sorting and labels. */
export const richTextWords = (block) => h("div", null, richText(block)).textContent;
