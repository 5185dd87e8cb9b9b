// A list of message rows that redraws only changed rows, keeps the scroll position, and can be
// navigated with the arrow keys.

import { dayDivider, dayKey } from "./dates.js";
import { h, patch } from "./dom.js";
import { continues, messageNode, sameButReplies, updateReplies } from "./message.js";
import { t } from "./strings.js";

const NEAR_PX = 80;

export class MessageList {
  /** options: {inThread, label, testid, top() -> node|null, onScroll()} */
  constructor(options) {
    this.options = options;
    this.rows = new Map();
    this.sticky = true;
    this.inner = h("div", { class: "messages-inner" });
    this.node = h("div", {
      class: "messages", role: "log", tabindex: "0", "aria-label": options.label, data: { testid: options.testid },
      onscroll: () => { this.sticky = this.atBottom(); if (options.onScroll) options.onScroll(this.sticky); },
      onkeydown: (event) => this.onKey(event),
    }, this.inner);
    // images and charts grow after they were drawn: remain at the bottom
    new ResizeObserver(() => { if (this.sticky) this.toBottom(); }).observe(this.inner);
  }

  atBottom() {
    return this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < NEAR_PX;
  }

  toBottom() {
    this.node.scrollTop = this.node.scrollHeight;
    this.sticky = true;
  }

  reset() {
    this.rows.clear();
    this.inner.replaceChildren();
    this.sticky = true;
  }

  row(message, grouped) {
    const key = `${message.ts}${message.ephemeral ? "e" : ""}`;
    const old = this.rows.get(key);
    if (old && old.message === message && old.grouped === grouped) return [key, old];
    if (old && old.grouped === grouped && sameButReplies(old.message, message)) {
      if (!this.options.inThread) updateReplies(old.node, message);
      return [key, { message, grouped, node: old.node }];
    }
    return [key, { message, grouped, node: messageNode(message, { grouped, inThread: this.options.inThread }) }];
  }

  /** Draw these messages; `newFrom` is the ts before which the “New” line is drawn. */
  draw(messages, { newFrom = null, replyCount = null } = {}) {
    const fresh = new Map();
    const nodes = this.options.top ? [this.options.top()] : [];
    let before = null;
    for (const [index, message] of messages.entries()) {
      const day = dayKey(Number(message.ts));
      const newDay = !this.options.inThread && (!before || dayKey(Number(before.ts)) !== day);
      if (newDay) nodes.push(h("div", { class: "day", role: "separator" }, h("span", null, dayDivider(Number(message.ts)))));
      if (newFrom === message.ts) nodes.push(h("div", { class: "new-line", role: "separator" }, h("span", null, t("new_messages"))));
      const [key, row] = this.row(message, !newDay && newFrom !== message.ts && continues(before, message));
      fresh.set(key, row);
      nodes.push(row.node);
      if (index === 0 && replyCount) nodes.push(replyCount);
      before = message;
    }
    this.rows = fresh;
    patch(this.inner, nodes.filter(Boolean));
    if (this.sticky) this.toBottom();
  }

  highlight(ts) {
    const row = this.rows.get(ts) || this.rows.get(`${ts}e`);
    if (!row) return;
    this.sticky = false;
    row.node.scrollIntoView({ block: "center" });
    row.node.classList.add("highlight");
    setTimeout(() => row.node.classList.remove("highlight"), 2600);
  }

  onKey(event) {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    const focused = document.activeElement;
    if (focused !== this.node && !focused.classList.contains("message")) return;
    const rows = [...this.inner.querySelectorAll(".message")];
    const at = rows.indexOf(focused);
    const next = at < 0 ? rows.at(-1) : rows[at + (event.key === "ArrowUp" ? -1 : 1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}
