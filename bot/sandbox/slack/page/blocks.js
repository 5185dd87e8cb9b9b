// Blocks of messages, modals and App Home, dispatched by type. Charts, tables and cards have
// files of their own.

import { cardNode, carouselNode, planNode, taskNode } from "./cards.js";
import { chartNode } from "./charts.js";
import { h, icon, safeUrl, uid } from "./dom.js";
import { contextNode, elementNode } from "./elements.js";
import { openable, pictureOf } from "./images.js";
import { markdown } from "./markdown.js";
import { link, mrkdwn, plain, textNode, textOf } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { t } from "./strings.js";
import { dataTable, simpleTable } from "./tables.js";

const FOLD_AT = 700;  // Slack folds longer section text of messages behind "Show more"

function foldable(node, text, ctx) {
  if (ctx.surface !== "message" || [...text].length < FOLD_AT) return node;
  node.classList.add("folded");
  const button = h("button", { type: "button", class: "link-button", "aria-expanded": "false", onclick: () => {
    const folded = node.classList.toggle("folded");
    button.setAttribute("aria-expanded", String(!folded));
    button.textContent = t(folded ? "show_more" : "show_less");
  } }, t("show_more"));
  return h("div", null, node, button);
}

function section(block, ctx) {
  const text = block.text && foldable(h("div", { class: "section-text mk" }, textNode(block.text)), block.text.text || "", block.expand ? {} : ctx);
  const fields = block.fields && h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "field mk" }, textNode(field))));
  const accessory = block.accessory && h("div", { class: ["accessory", block.accessory.type === "image" && "accessory-image"] },
    block.accessory.type === "image" ? openable(block.accessory, "thumb") : elementNode(block.accessory, block.block_id, ctx));
  return h("div", { class: "section" }, h("div", { class: "section-main" }, text, fields), accessory);
}

const header = (block) => h(`h${Math.min(6, 1 + (block.level || 1))}`, { class: "header-block" }, textNode(block.text));
const context = (block) => h("div", { class: "context" }, (block.elements || []).map(contextNode));
const actions = (block, ctx) => h("div", { class: "actions" }, (block.elements || []).map((element) => elementNode(element, block.block_id, ctx)));
const divider = () => h("hr", { class: "divider" });

function image(block) {
  return h("figure", { class: "image-block" }, block.title && h("figcaption", null, textNode(block.title)), openable(block, "picture"));
}

function input(block, ctx) {
  const label = textOf(block.label);
  const errorId = uid("error");
  const hintId = uid("hint");
  const error = ctx.form.errors[block.block_id];
  const inner = {
    ...ctx, input: true, field: block.block_id, label: block.optional ? `${label} ${t("optional")}` : label, required: !block.optional, dispatches: Boolean(block.dispatch_action),
    invalid: Boolean(error), describedBy: [error && errorId, block.hint && hintId].filter(Boolean).join(" ") || null,
  };
  const choosing = ["checkboxes", "radio_buttons"].includes(block.element.type);
  return h("div", { class: ["input-block", error && "has-error"] },
    h("div", { class: "input-label", "aria-hidden": choosing ? null : "true" }, textNode(block.label), block.optional && h("span", { class: "optional" }, ` ${t("optional")}`)),
    elementNode(block.element, block.block_id, inner),
    h("div", { class: "field-error", id: errorId, role: "alert", data: { testid: `error-${block.block_id}` }, hidden: !error }, icon("error", 14), h("span", null, error || "")),
    block.hint && h("div", { class: "hint", id: hintId }, textNode(block.hint)));
}

const LEVEL_ICONS = { default: "info", info: "info", warning: "warn", error: "error", success: "ok" };

function alert(block) {
  const level = block.level in LEVEL_ICONS ? block.level : "default";
  return h("div", { class: ["alert", `alert-${level}`], role: level === "error" ? "alert" : "status" }, icon(LEVEL_ICONS[level], 18), h("div", { class: "mk" }, textNode(block.text)));
}

function container(block, ctx) {
  const head = h("div", { class: "container-title" }, block.icon && pictureOf(block.icon, "container-icon"),
    h("div", null, h("div", { class: "container-name" }, block.rich_text_title ? richText(block.rich_text_title) : textNode(block.title)),
      block.subtitle && h("div", { class: "container-sub mk" }, textNode(block.subtitle))));
  const body = h("div", { class: "container-body" }, blocksNode(block.child_blocks, ctx));
  const width = `container-${block.width || "standard"}`;
  if (!block.is_collapsible) return h("section", { class: ["container", width, block.has_header_divider && "container-ruled"] }, h("div", { class: "container-head" }, head), body);
  return h("details", { class: ["container", width], open: !block.default_collapsed }, h("summary", { class: "container-head" }, head, icon("down", 16)), body);
}

function video(block) {
  const provider = block.provider_name || (safeUrl(block.title_url || block.video_url) ? new URL(block.title_url || block.video_url, location.href).host : "");
  return h("div", { class: "video" }, block.author_name && h("div", { class: "video-author" }, block.author_name),
    h("div", { class: "video-title" }, block.title_url ? link(block.title_url, textNode(block.title)) : textNode(block.title)),
    block.description && h("div", { class: "video-text" }, textNode(block.description)),
    h("div", { class: "video-frame" }, pictureOf({ image_url: block.thumbnail_url, alt_text: block.alt_text }, "video-thumb"), h("span", { class: "video-play" }, icon("play", 26))),
    link(block.video_url, t("video_open", { provider })));
}

const file = (block) => h("div", { class: "file-row" }, icon("file", 22), h("span", null, block.external_id || block.file_id || "file"));
const unknown = (block) => h("div", { class: "unknown-block", data: { testid: `unknown-${block.type}` } }, icon("info", 16), t("unknown_block", { type: String(block.type) }));

const KINDS = {
  section, header, context, divider, actions, image, input, alert, container, video, file,
  rich_text: (block) => h("div", { class: "mk" }, richText(block)),
  markdown: (block) => h("div", { class: "mk md" }, markdown(block.text)),
  table: (block) => simpleTable(block),
  data_table: (block) => dataTable(block),
  data_visualization: (block) => chartNode(block),
  context_actions: (block, ctx) => h("div", { class: "actions context-actions" }, block.elements.map((element) => elementNode(element, block.block_id, ctx))),
  card: (block, ctx) => cardNode(block, ctx),
  carousel: (block, ctx) => carouselNode(block, ctx),
  task_card: (block) => taskNode(block),
  plan: (block) => planNode(block),
};

/** All blocks of a surface. ctx: {surface, container, form, act(element, blockId, value) -> error|null}. */
export function blocksNode(blocks, ctx) {
  return h("div", { class: "blocks" }, (blocks || []).map((block) => {
    const make = KINDS[block.type] || unknown;
    let node;
    try {
      node = make(block, ctx);
    } catch (error) {
      node = unknown({ type: `${block.type}: ${error.message}` });
    }
    return h("div", { class: ["block", `block-${KINDS[block.type] ? block.type : "unknown"}`], data: { blockId: block.block_id } }, node);
  }));
}

/** A message's body without blocks. */
export const textBody = (message) => h("div", { class: "mk message-text" }, message.mrkdwn === false ? plain(message.text) : mrkdwn(message.text));
