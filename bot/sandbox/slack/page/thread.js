// The pane beside the channel that shows one thread.

import { h, icon, iconButton, replace } from "./dom.js";
import { Composer } from "./composer.js";
import { MessageList } from "./list.js";
import { closeThread } from "./router.js";
import { channel, on, state, threadMessages } from "./store.js";
import { t } from "./strings.js";

let list;
let composer;
let opener = null;
const place = h("span", { class: "thread-place" });

function divider() {
  const replies = threadMessages(state.thread.channel, state.thread.ts).filter((message) => message.ts !== state.thread.ts && !message.ephemeral).length;
  return replies ? h("div", { class: "reply-divider" }, replies === 1 ? t("replies_1") : t("replies", { count: replies })) : null;
}

function draw(id) {
  if (!state.thread || id && id !== state.thread.channel) return;
  list.draw(threadMessages(state.thread.channel, state.thread.ts), { replyCount: divider() });
}

function show(pane, { focus = false, closed = null }) {
  document.getElementById("app").classList.toggle("with-thread", Boolean(state.thread));
  pane.hidden = !state.thread;
  if (closed) {
    if (opener && opener.isConnected) opener.focus();
    opener = null;
    return;
  }
  if (!opener || focus) opener = document.activeElement;
  const one = channel(state.thread.channel);
  replace(place, one.kind === "im" ? one.name : [icon("hash", 13), one.name]);
  list.reset();
  draw();
  composer.show();
  composer.node.hidden = one.member === false;
  if (focus) composer.area.focus();
}

export function threadPane() {
  list = new MessageList({ inThread: true, label: t("thread"), testid: "thread-messages" });
  composer = new Composer({ inThread: true, testid: "thread-composer", place: () => ({ channel: state.thread.channel, threadTs: state.thread.ts }), label: () => t("reply_to") });
  const pane = h("aside", { class: "side thread-pane", "aria-label": t("thread"), hidden: true, data: { testid: "thread-pane" }, onkeydown: (event) => { if (event.key === "Escape") closeThread(); } },
    h("header", { class: "side-head" }, h("h2", null, t("thread")), place, h("span", { class: "spring" }), iconButton("close", t("close_thread"), { data: { testid: "thread-close" }, onclick: () => closeThread() })),
    list.node, composer.node);
  on("thread", (detail) => show(pane, detail || {}));
  on("messages", draw);
  on("highlight", ({ ts }) => list.highlight(ts));
  return pane;
}
