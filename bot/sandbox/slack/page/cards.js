// Cards, carousels and task plans.

import { h, icon, iconButton } from "./dom.js";
import { elementNode } from "./elements.js";
import { openable, pictureOf } from "./images.js";
import { link, textNode } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { t } from "./strings.js";

export function cardNode(block, ctx) {
  const part = (name, object) => object && h("div", { class: `card-${name} mk` }, textNode(object));
  return h("article", { class: "card" },
    block.hero_image && h("div", { class: "card-hero" }, openable(block.hero_image, "card-image")),
    h("div", { class: "card-main" },
      h("div", { class: "card-head" }, block.icon && pictureOf(block.icon, "card-icon"), h("div", null, part("title", block.title), part("subtitle", block.subtitle))),
      part("body", block.body), part("subtext", block.subtext),
      block.actions && h("div", { class: "actions" }, block.actions.map((element) => elementNode(element, block.block_id, ctx)))));
}

export function carouselNode(block, ctx) {
  const track = h("div", { class: "carousel-track", tabindex: "0", role: "group" }, block.elements.map((card) => cardNode({ block_id: block.block_id, ...card }, ctx)));
  const move = (by) => track.scrollBy({ left: by * track.clientWidth * 0.8, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  return h("div", { class: "carousel" }, track,
    iconButton("left", t("previous"), { class: "carousel-move carousel-previous", onclick: () => move(-1) }),
    iconButton("right", t("next"), { class: "carousel-move carousel-next", onclick: () => move(1) }));
}

const TASK_ICONS = { pending: "dots", in_progress: "pulse", complete: "ok", error: "error" };

export function taskNode(block) {
  const sources = (block.sources || []).map((source) => link(source.url, source.text));
  return h("details", { class: ["task-card", `task-${block.status}`], open: Boolean(block.output) },
    h("summary", null, icon(TASK_ICONS[block.status] || "dots", 16), h("span", { class: "task-title" }, block.title), h("span", { class: "task-status" }, t(`task_${block.status}`))),
    block.details && h("div", { class: "mk" }, richText(block.details)), block.output && h("div", { class: "mk" }, richText(block.output)),
    sources.length > 0 && h("div", { class: "task-sources" }, sources));
}

export const planNode = (block) => h("section", { class: "plan" }, h("div", { class: "plan-title" }, block.title), (block.tasks || []).map(taskNode));
