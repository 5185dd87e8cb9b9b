// Work Objects: the preview of a link under a message, its side panel, and steps of workflows.

import { h, iconButton, uid } from "./dom.js";
import { toast } from "./menu.js";
import { post } from "./net.js";
import { on, person, state } from "./store.js";
import { t } from "./strings.js";

const nameOf = (user) => user.text || (person(user.user_id) || {}).real_name || user.user_id;

function rows(payload) {
  const { status, assignee, created_by } = payload.fields || {};
  return [
    ...(status ? [[t("status"), status.value]] : []),
    ...(created_by ? [[t("reporter"), nameOf(created_by.user)]] : []),
    ...(assignee ? [[t("assignee"), nameOf(assignee.user)]] : []),
    ...(payload.custom_fields || []).map((one) => [one.label, one.type === "slack#/types/link" ? h("a", { class: "link", href: one.value }, one.value) : String(one.value)]),
  ];
}

const list = (payload) => h("dl", { class: "work-object-fields" }, rows(payload).map(([name, value]) => [h("dt", null, name), h("dd", null, value)]));

/** The preview of a link, which opens the panel. */
export function workObject(entity, message) {
  const payload = entity.entity_payload;
  const open = async () => {
    const answer = await post("panel", { ts: message.ts, url: entity.app_unfurl_url });
    if (!answer.ok) toast(answer.error);
  };
  return h("div", { class: "work-object", data: { testid: "work-object" } },
    h("button", { type: "button", class: "work-object-title", onclick: open }, payload.attributes.title.text), list(payload));
}

function dialog(title, testid, ...body) {
  const id = uid("panel");
  const close = () => { node.close(); node.remove(); };
  const node = h("dialog", { class: "modal", "aria-labelledby": id, data: { testid }, onclose: () => node.remove() },
    h("div", { class: "modal-frame" }, h("header", { class: "modal-head" }, h("h2", { id }, title), iconButton("close", t("close"), { onclick: close })),
      h("div", { class: "modal-body" }, body)));
  document.body.append(node);
  node.showModal();
  return node;
}

function showPanel({ entity, error }) {
  const payload = entity.entity_payload;
  if (payload) dialog(payload.attributes.title.text, "work-object-panel", list(payload));
  else dialog(error.custom_title || error.status, "work-object-panel", h("p", null, error.custom_message || ""));
}

function showStep({ state: ended, outputs, error }) {
  if (ended === "completed") dialog(t("step_done"), "step-result", h("dl", { class: "work-object-fields" }, Object.entries(outputs).map(([name, value]) => [h("dt", null, name), h("dd", null, value.startsWith("http") ? h("a", { class: "link", href: value }, value) : value)])));
  if (ended === "failed") dialog(t("step_failed"), "step-result", h("p", { class: "work-object-error" }, error));
}

/** A form with the step's inputs: what a workflow would fill in. */
export function runStep(step) {
  const inputs = Object.values(step.input_parameters);
  const form = h("form", { class: "step-form", onsubmit: async (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(form));
    const answer = await post("step", { callback_id: step.callback_id, inputs: given });
    node.close();
    if (!answer.ok) toast(answer.error);
  } },
  inputs.map((one) => h("label", null, h("span", null, one.title, one.is_required ? " *" : ""),
    h("input", { name: one.name, required: one.is_required, placeholder: one.description, value: one.type === "slack#/types/user_id" ? state.me.id : "", data: { testid: `input-${one.name}` } }))),
  h("button", { class: "button button-primary", data: { testid: "step-run" } }, t("step_run")));
  const node = dialog(step.title, "step-form", form);
}

on("panel", showPanel);
on("step", showStep);
