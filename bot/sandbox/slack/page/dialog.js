// Small dialogs: confirm objects, the page's own confirmations, enlarged images.

import { h, iconButton, uid } from "./dom.js";
import { textNode, textOf } from "./mrkdwn.js";
import { t } from "./strings.js";

/** Ask for confirmation; resolves to true or false. Esc and the close button mean no. */
export function ask({ title, text, yes, no, danger = false }) {
  return new Promise((resolve) => {
    const id = uid("ask");
    const finish = (answer) => { node.close(); node.remove(); resolve(answer); };
    const node = h("dialog", { class: "modal modal-small", "aria-labelledby": id, data: { testid: "confirm" }, onkeydown: (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      finish(false);
    } },
    h("div", { class: "modal-frame" },
      h("header", { class: "modal-head" }, h("h2", { id }, title), iconButton("close", t("close"), { onclick: () => finish(false) })),
      h("div", { class: "modal-body" }, text),
      h("footer", { class: "modal-foot" },
        h("button", { type: "button", class: "button", data: { testid: "confirm-no" }, onclick: () => finish(false) }, no),
        h("button", { type: "button", class: ["button", danger ? "button-danger-solid" : "button-primary"], data: { testid: "confirm-yes" }, onclick: () => finish(true) }, yes))));
    document.body.append(node);
    node.showModal();
    node.querySelector("[data-testid=confirm-yes]").focus();
  });
}

/** Show an element's confirm dialog; true when it has none. */
export function confirmed(confirm) {
  if (!confirm) return Promise.resolve(true);
  return ask({
    title: textOf(confirm.title) || t("sure"),
    text: textNode(confirm.text),
    yes: textOf(confirm.confirm) || t("yes"),
    no: textOf(confirm.deny) || t("cancel"),
    danger: confirm.style === "danger",
  });
}

/** Show an image as large as the window allows. */
export function enlarge(source, alt) {
  const node = h("dialog", { class: "lightbox", "aria-label": alt, onclick: (event) => { if (event.target.tagName !== "IMG") node.close(); }, onclose: () => node.remove() },
    iconButton("close", t("close"), { class: "lightbox-close", onclick: () => node.close() }),
    h("figure", null, h("img", { src: source, alt }), h("figcaption", null, alt)));
  document.body.append(node);
  node.showModal();
}
