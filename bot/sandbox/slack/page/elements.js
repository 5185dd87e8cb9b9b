// Interactive elements: buttons, menus, choices, dates and text inputs. Their actions and values
// go to the surface they are on (ctx), which sends them to the server.

import { clockTime, fromLocalInput, fullDate, fullDateTime, shortDate, shortDateTime, toLocalInput } from "./dates.js";
import { confirmed } from "./dialog.js";
import { h, icon, safeUrl, uid } from "./dom.js";
import { pictureOf } from "./images.js";
import { openMenu } from "./menu.js";
import { plain, textNode, textOf } from "./mrkdwn.js";
import { richTextWords } from "./richtext.js";
import { selectOf } from "./select_elements.js";
import { t } from "./strings.js";

const actionData = (element, ctx) => ({ testid: ctx.field ? `field-${ctx.field}` : `action-${element.action_id}`, actionId: element.action_id, focusKey: `${ctx.field || ""}/${element.action_id}` });

/** Confirm if the element asks for it, then send the action; the element is busy meanwhile. */
export async function act(node, element, value, blockId, ctx) {
  if (node.getAttribute("aria-busy") === "true" || !await confirmed(element.confirm)) return false;
  node.setAttribute("aria-busy", "true");
  const error = await ctx.act(element, blockId, value);
  node.removeAttribute("aria-busy");
  node.classList.toggle("failed", Boolean(error));
  if (error) node.setAttribute("title", t("action_failed", { error }));
  else node.removeAttribute("title");
  return true;
}

function button(element, blockId, ctx) {
  const url = safeUrl(element.url);
  const node = h(url ? "a" : "button", {
    type: url ? null : "button", href: url, target: url ? "_blank" : null, rel: url ? "noopener noreferrer" : null,
    class: ["button", "button-block", element.style && `button-${element.style}`],
    "aria-label": element.accessibility_label || null, data: actionData(element, ctx),
    onclick: () => act(node, element, element.value ?? null, blockId, ctx),
  }, h("span", { class: "button-label" }, textNode(element.text)));
  return node;
}

function overflow(element, blockId, ctx) {
  const label = t("more_actions");
  const node = h("button", {
    type: "button", class: "button button-block overflow", "aria-label": label, title: label, "aria-haspopup": "menu", "aria-expanded": "false", data: actionData(element, ctx),
    onclick: () => openMenu(node, element.options.map((option) => ({
      label: textNode(option.text), detail: option.description && textNode(option.description),
      onSelect: () => { if (safeUrl(option.url)) window.open(option.url, "_blank", "noopener"); act(node, element, option, blockId, ctx); },
    })), { label }),
  }, icon("dots", 16));
  return node;
}

function choice(kind, option, checked, name, onChange) {
  const id = uid("choice");
  return h("label", { class: "choice", for: id },
    h("input", { type: kind, id, name, checked, value: option.value, onchange: onChange }),
    h("span", { class: "choice-text" }, textNode(option.text), option.description && h("span", { class: "choice-detail" }, textNode(option.description))));
}

function choices(kind, element, blockId, ctx, read) {
  const chosen = [ctx.form.get(blockId, element.action_id) || []].flat().map((option) => option.value);
  const name = uid("group");
  const node = h("div", { class: "choices", role: kind === "radio" ? "radiogroup" : "group", "aria-label": ctx.label || element.action_id, "aria-describedby": ctx.describedBy, data: actionData(element, ctx) },
    element.options.map((option) => choice(kind, option, chosen.includes(option.value), name, () => {
      const inputs = [...node.querySelectorAll("input")];
      changed(node, element, read(element.options.filter((_, at) => inputs[at].checked)), blockId, ctx);
    })));
  return node;
}

const checkboxes = (element, blockId, ctx) => choices("checkbox", element, blockId, ctx, (options) => options);
const radioButtons = (element, blockId, ctx) => choices("radio", element, blockId, ctx, (options) => options[0] || null);

/** Store a stateful element's new value, and send an action if the element dispatches one. */
export function changed(node, element, value, blockId, ctx) {
  ctx.form.set(blockId, element.action_id, value);
  if (ctx.clearError) ctx.clearError(blockId);
  if (!ctx.input || ctx.dispatches) act(node, element, value, blockId, ctx);
}

// A browser formats dates in its own way; the person's format is displayed over it until they edit.
function picker(kind, element, blockId, ctx, { read, write, brief, tell }) {
  const value = ctx.form.get(blockId, element.action_id);
  const over = h("span", { class: "picker-over", "aria-hidden": "true" });
  const show = (now) => {
    over.textContent = now === null ? textOf(element.placeholder) || t(`pick_${kind}`) : brief(now);
    over.classList.toggle("empty", now === null);
  };
  const note = h("span", { class: "picker-note", id: uid("note") }, value === null ? "" : tell(value));
  const input = h("input", {
    type: kind, class: "input", value: value === null ? "" : write(value), "aria-label": ctx.label || textOf(element.placeholder) || kind,
    "aria-describedby": [note.id, ctx.describedBy].filter(Boolean).join(" "), "aria-invalid": ctx.invalid ? "true" : null, data: actionData(element, ctx),
    onclick: () => { try { input.showPicker(); } catch { /* typing will do */ } },
    onchange: () => {
      const now = read(input.value);
      note.textContent = now === null ? "" : tell(now);
      show(now);
      changed(input, element, now, blockId, ctx);
    },
  });
  show(value);
  return h("div", { class: "picker" }, h("span", { class: ["picker-box", `picker-${kind}`] }, input, over), note);
}

const text = (value) => value || null;
const datePicker = (element, blockId, ctx) => picker("date", element, blockId, ctx, { read: text, write: String, brief: shortDate, tell: fullDate });
const timePicker = (element, blockId, ctx) => picker("time", element, blockId, ctx, { read: text, write: String, brief: clockTime, tell: () => element.timezone || "" });
const dateTimePicker = (element, blockId, ctx) => picker("datetime-local", element, blockId, ctx, { read: fromLocalInput, write: toLocalInput, brief: shortDateTime, tell: fullDateTime });

const INPUT_TYPES = {
  email_text_input: { type: "email", inputmode: "email", autocomplete: "email" },
  url_text_input: { type: "url", inputmode: "url" },
  number_input: { type: "text", inputmode: "decimal" },
};

function triggers(element) {
  const config = element.dispatch_action_config;
  return config && config.trigger_actions_on || ["on_enter_pressed"];
}

// a rich_text_input starts as a rich_text block and is sent as plain text, which the server wraps
const wordsOf = (value) => value && typeof value === "object" ? richTextWords(value) : value ?? "";

function textInput(element, blockId, ctx) {
  const multiline = Boolean(element.multiline) || element.type === "rich_text_input";
  const count = h("span", { class: "count", "aria-live": "polite" });
  const send = () => act(input, element, input.value || null, blockId, ctx);
  let timer = 0;
  const showCount = () => {
    const left = (element.max_length || Infinity) - [...input.value].length;
    count.textContent = left <= 50 ? t("characters_left", { n: left }) : "";
    count.classList.toggle("over", left < 0);
  };
  const input = h(multiline ? "textarea" : "input", {
    ...(multiline ? { rows: "4" } : INPUT_TYPES[element.type] || { type: "text" }),
    class: "input", placeholder: textOf(element.placeholder) || null, value: wordsOf(ctx.form.get(blockId, element.action_id)),
    "aria-label": ctx.label || textOf(element.placeholder) || element.action_id, "aria-describedby": ctx.describedBy, "aria-invalid": ctx.invalid ? "true" : null,
    "aria-required": ctx.required ? "true" : null, spellcheck: "false", autocomplete: "off", data: actionData(element, ctx),
    oninput: () => {
      ctx.form.set(blockId, element.action_id, input.value || null);
      if (ctx.clearError) ctx.clearError(blockId);
      showCount();
      if (ctx.dispatches && triggers(element).includes("on_character_entered")) { clearTimeout(timer); timer = setTimeout(send, 400); }
    },
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.isComposing || multiline && !(event.metaKey || event.ctrlKey)) return;
      if (ctx.dispatches && triggers(element).includes("on_enter_pressed")) { event.preventDefault(); event.stopPropagation(); send(); }
    },
  });
  showCount();
  return h("div", { class: "text-input" }, input, count);
}

function feedback(element, blockId, ctx) {
  const one = (object, sign) => {
    const label = object.accessibility_label || textOf(object.text);
    const node = h("button", { type: "button", class: "icon-button feedback", "aria-label": label, title: textOf(object.text), "aria-pressed": "false", data: { testid: `action-${element.action_id}-${sign}`, value: object.value }, onclick: async () => {
      if (await act(node, element, object.value, blockId, ctx)) for (const button of node.parentNode.children) button.setAttribute("aria-pressed", String(button === node));
    } }, icon(sign === "positive" ? "up2" : "down2", 18));
    return node;
  };
  return h("span", { class: "feedback-buttons", role: "group", data: actionData(element, ctx) }, one(element.positive_button, "positive"), one(element.negative_button, "negative"));
}

function iconAction(element, blockId, ctx) {
  const node = h("button", { type: "button", class: "icon-button", "aria-label": element.accessibility_label || textOf(element.text), title: textOf(element.text), data: actionData(element, ctx), onclick: () => act(node, element, element.value ?? null, blockId, ctx) }, icon(element.icon === "trash" ? "trash" : "dots"));
  return node;
}

const workflowButton = (element, blockId, ctx) => button({ ...element, url: null }, blockId, ctx);
const fileInput = (element, blockId, ctx) => h("div", { class: "unknown-block", data: actionData(element, ctx) }, t("unknown_block", { type: element.type }));

const KINDS = {
  button, overflow, checkboxes, radio_buttons: radioButtons, datepicker: datePicker, timepicker: timePicker, datetimepicker: dateTimePicker,
  plain_text_input: textInput, rich_text_input: textInput, email_text_input: textInput, url_text_input: textInput, number_input: textInput,
  feedback_buttons: feedback, icon_button: iconAction, workflow_button: workflowButton, file_input: fileInput,
  image: (element) => pictureOf(element, "element-image"),
};

/** An element's node; an unknown element is a grey box with its type. */
export function elementNode(element, blockId, ctx) {
  if (/_select$/.test(element.type)) return selectOf(element, blockId, ctx, changed);
  const make = KINDS[element.type];
  return make ? make(element, blockId, ctx) : h("div", { class: "unknown-block" }, t("unknown_block", { type: element.type }));
}

/** A context block's element: an image or a text object. */
export const contextNode = (element) => element.type === "image" ? pictureOf(element, "context-image") : h("div", { class: "context-text" }, element.type === "mrkdwn" ? textNode(element) : plain(element.text));
