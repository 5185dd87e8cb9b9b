// The stack of modals: the top one is visible, its inputs keep typed values when the app
// updates it, and errors are displayed under their fields.

import { avatar } from "./avatar.js";
import { blocksNode } from "./blocks.js";
import { announce, h, icon, iconButton, replace } from "./dom.js";
import { keepFocus } from "./focus.js";
import { check, elementsOf } from "./form.js";
import { post } from "./net.js";
import { emit, on, state } from "./store.js";
import { dropForm, surfaceOf } from "./surface.js";
import { textNode, textOf } from "./mrkdwn.js";
import { t } from "./strings.js";

let dialog = null;
let visible = null;    // {id, hash, text} of the view on screen
let busy = "";         // the id of the view that is being submitted
let trouble = "";

const top = () => state.views.at(-1) || null;

async function close(clear) {
  const view = top();
  if (!view) return;
  state.views = clear ? [] : state.views.slice(0, -1);
  emit("views");
  await post("close", { view_id: view.id, ...(clear ? { clear: true } : {}) });
}

function showErrors(form) {
  draw(true);
  const [first] = Object.keys(form.errors);
  const block = first && [...dialog.querySelectorAll("[data-block-id]")].find((node) => node.dataset.blockId === first);
  if (!block) return;
  block.scrollIntoView({ block: "nearest" });
  const control = block.querySelector("input, textarea, button");
  if (control) control.focus();
  announce(form.errors[first]);
}

async function submit(view, form) {
  if (busy === view.id) return;
  form.errors = check(view, form, t);
  trouble = "";
  if (Object.keys(form.errors).length) { showErrors(form); return; }
  busy = view.id;
  draw(true);
  const answer = await post("submit", { view_id: view.id, state: form.state() });
  if (busy === view.id) busy = "";
  form.errors = answer.errors || {};
  const still = top() && top().id === view.id;
  if (!answer.ok && !Object.keys(form.errors).length && still) trouble = t("trouble", { error: answer.error });
  if (!still) return;
  if (Object.keys(form.errors).length) showErrors(form);
  else draw(true);
}

function clearError(form) {
  return (blockId) => {
    if (!form.errors[blockId]) return;
    delete form.errors[blockId];
    const block = [...dialog.querySelectorAll("[data-block-id]")].find((node) => node.dataset.blockId === blockId);
    if (!block) return;
    block.querySelector(".field-error").hidden = true;
    block.querySelector(".input-block").classList.remove("has-error");
    for (const control of block.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
  };
}

function head(view) {
  return h("header", { class: "modal-head" }, avatar(state.boot.app.bot_user_id, "avatar-small"),
    h("h2", { id: "modal-title" }, textNode(view.title)),
    iconButton("close", t("close"), { data: { testid: "modal-x" }, onclick: () => close(state.views.length > 1) }));
}

function foot(view) {
  const closeLabel = textOf(view.close) || (state.views.length > 1 ? t("back") : t("cancel"));
  return h("footer", { class: "modal-foot" },
    h("button", { type: "button", class: "button", data: { testid: "modal-close" }, onclick: () => close(false) }, closeLabel),
    view.submit && h("button", { type: "submit", class: "button button-primary", "aria-busy": busy === view.id ? "true" : null, disabled: busy === view.id, data: { testid: "modal-submit" } }, textNode(view.submit)));
}

function content(view, ctx) {
  return h("form", { class: "modal-frame", novalidate: true, onsubmit: (event) => { event.preventDefault(); submit(view, ctx.form); } },
    head(view),
    h("div", { class: "modal-body" }, trouble && h("div", { class: "alert alert-error", role: "alert" }, icon("error", 18), trouble), blocksNode(view.blocks, ctx)),
    foot(view));
}

function focusFirst(view) {
  const wanted = elementsOf(view.blocks).find(([element]) => element.focus_on_load);
  const controls = [...dialog.querySelectorAll(".modal-body input, .modal-body textarea")];
  const target = wanted ? controls.find((node) => node.dataset.actionId === wanted[0].action_id && node.closest("[data-block-id]").dataset.blockId === wanted[1]) : controls[0];
  (target || dialog.querySelector("[data-testid=modal-submit]") || dialog.querySelector("[data-testid=modal-close]")).focus();
}

function draw(force = false) {
  const view = top();
  if (!view) { hide(); return; }
  const text = JSON.stringify([view, state.views.length]);
  if (!force && visible && visible.text === text) return;
  const isNew = !visible || visible.id !== view.id;
  if (isNew) trouble = "";
  const ctx = surfaceOf("modal", view.id, { type: "view", view_id: view.id }, view.blocks);
  ctx.clearError = clearError(ctx.form);
  visible = { id: view.id, text };
  dialog.dataset.depth = state.views.length;
  dialog.dataset.callbackId = view.callback_id || "";
  keepScroll(isNew, () => replace(dialog, content(view, ctx)));
  if (!dialog.open) dialog.showModal();
  if (isNew) focusFirst(view);
}

function keepScroll(isNew, change) {
  const old = dialog.querySelector(".modal-body");
  const scroll = old && !isNew ? old.scrollTop : 0;
  if (isNew) change();
  else keepFocus(dialog, change);
  dialog.querySelector(".modal-body").scrollTop = scroll;
}

function hide() {
  if (visible) dropForm(visible.id);
  visible = null;
  busy = "";
  if (dialog.open) dialog.close();
  replace(dialog);
}

export function modalLayer() {
  dialog = h("dialog", { class: "modal", "aria-labelledby": "modal-title", data: { testid: "modal" },
    oncancel: (event) => event.preventDefault(),
    onkeydown: (event) => { if (event.key === "Escape") { event.preventDefault(); close(false); } } });
  on("views", () => draw());
  return dialog;
}
