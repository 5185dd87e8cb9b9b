// The main pane: a channel's header, messages and composer; or App Home.

import { avatar } from "./avatar.js";
import { blocksNode } from "./blocks.js";
import { Composer } from "./composer.js";
import { h, icon, iconButton, replace } from "./dom.js";
import { keepFocus } from "./focus.js";
import { MessageList } from "./list.js";
import { mrkdwn } from "./mrkdwn.js";
import { post } from "./net.js";
import { goChannel, goHome } from "./router.js";
import { channel, channelMessages, emit, on, state } from "./store.js";
import { surfaceOf } from "./surface.js";
import { t } from "./strings.js";

const appChannel = () => state.channels.find((one) => one.kind === "im" && (one.user === state.boot.app.bot_user_id || one.name === state.boot.app.name)) || state.channels.find((one) => one.kind === "im");
export const isAppIm = (one) => Boolean(one) && one.kind === "im" && one === appChannel();

const head = h("header", { class: "place-head" });
const tabs = h("div", { class: "tabs", role: "tablist" });
const banner = h("div", { class: "banner", role: "alert", hidden: true, data: { testid: "connection" } });
const homeNode = h("div", { class: "home", role: "tabpanel", id: "panel-home", "aria-labelledby": "tab-home", data: { testid: "home" } });
const closedNote = h("div", { class: "composer-closed" });
const jump = h("button", { type: "button", class: "jump", hidden: true, onclick: () => list.toBottom() });
let list;
let composer;

function beginning() {
  const one = channel(state.place.id);
  if (!one) return null;
  const isIm = one.kind === "im";
  return h("div", { class: "beginning" }, isIm ? avatar(one.user || state.boot.app.bot_user_id, "avatar-big") : h("span", { class: "beginning-mark" }, icon("hash", 28)),
    h("h2", null, isIm ? one.name : `#${one.name}`), h("p", null, t(isIm ? "beginning_im" : "beginning", { place: isIm ? one.name : `#${one.name}` })));
}

function titleOf(one) {
  if (state.place.kind === "home" || isAppIm(one)) return [avatar(state.boot.app.bot_user_id, "avatar-small"), state.boot.app.name, h("span", { class: "badge-app" }, t("app_badge"))];
  return one.kind === "im" ? [avatar(one.user || one.id, "avatar-small", one.name), one.name] : [icon("hash", 18), one.name];
}

function tab(label, selected, go, name) {
  return h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, "aria-selected": String(selected), tabindex: selected ? "0" : "-1", class: "tab", data: { testid: `tab-${name}` }, onclick: go, onkeydown: (event) => {
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") { const other = event.currentTarget.nextSibling || event.currentTarget.previousSibling; other.click(); tabs.querySelector("[aria-selected=true]").focus(); }
  } }, label);
}

function drawHead() {
  const one = state.place.kind === "channel" ? channel(state.place.id) : null;
  const app = state.place.kind === "home" || isAppIm(one);
  replace(head, iconButton("menu", t("show_nav"), { class: "nav-toggle", onclick: () => emit("toggle-nav") }),
    h("h1", { class: "place-title" }, titleOf(one)),
    one && one.kind === "channel" && h("div", { class: "topic", title: one.topic || "" }, one.topic ? mrkdwn(one.topic) : ""));
  tabs.hidden = !app;
  const im = appChannel();
  replace(tabs, app ? [tab(t("home"), state.place.kind === "home", () => goHome(), "home"), im && tab(t("messages"), state.place.kind !== "home", () => { post("home", { tab: "messages" }); goChannel(im.id); }, "messages")] : []);
}

function drawHome() {
  if (!state.place || state.place.kind !== "home") return;
  const view = state.home;
  if (!view || !view.blocks) { replace(homeNode, h("p", { class: "home-empty" }, t("home_none", { app: state.boot.app.name }))); return; }
  const ctx = surfaceOf("home", `home/${view.id}`, { type: "view", view_id: view.id }, view.blocks);
  keepFocus(homeNode, () => replace(homeNode, h("div", { class: "home-inner" }, blocksNode(view.blocks, ctx))));
}

function drawBanner() {
  banner.hidden = state.connected && state.appConnected;
  banner.classList.toggle("banner-soft", state.connected);
  replace(banner, icon("warn", 16), t(state.connected ? "app_offline" : "disconnected", { app: state.boot.app.name }));
}

function drawMessages(id) {
  if (!state.place || state.place.kind !== "channel" || id && id !== state.place.id) return;
  list.draw(channelMessages(state.place.id), { newFrom: state.firstUnread.get(state.place.id) });
}

function drawClosed() {
  const one = state.place.kind === "home" ? null : channel(state.place.id);
  const closed = Boolean(one) && (one.member === false || one.archived === true);
  composer.node.hidden = !one || closed;
  closedNote.hidden = !closed;
  if (closed) closedNote.textContent = t(one.archived ? "archived" : "not_member", { name: one.name });
}

function show() {
  const isHome = state.place.kind === "home";
  const one = isHome ? null : channel(state.place.id);
  homeNode.hidden = !isHome;
  list.node.hidden = isHome;
  drawHead();
  if (isHome) drawHome();
  else {
    list.reset();
    list.node.setAttribute("aria-label", `${t("messages")} ${one.name}`);
    drawMessages();
    composer.show();
  }
  drawClosed();
  jump.hidden = true;
  if (!isHome && matchMedia("(min-width: 760px)").matches) composer.area.focus({ preventScroll: true });
}

function markUnread({ id, unread }) {
  const others = channelMessages(id).filter((message) => message.user !== state.me.id && !message.notice);
  const first = others.at(-unread);
  if (first) state.firstUnread.set(id, first.ts);
  drawMessages(id);
}

function arrived({ channel: id, message }) {
  if (!state.place || id !== state.place.id || message.thread_ts && message.thread_ts !== message.ts) return;
  if (document.visibilityState === "visible") post("read", { channel: id });
  if (message.user === state.me.id) { state.firstUnread.delete(id); list.toBottom(); } else if (!list.sticky) jump.hidden = false;
}

/** Build the main pane and redraw it on changes. */
export function channelPane() {
  list = new MessageList({ inThread: false, label: t("messages"), testid: "messages", top: beginning, onScroll: (bottom) => { if (bottom) jump.hidden = true; } });
  list.node.id = "panel-messages";
  composer = new Composer({
    place: () => ({ channel: state.place.id, threadTs: null }), testid: "composer",
    label: () => { const one = channel(state.place.id); return t("message_to", { place: one.kind === "im" ? one.name : `#${one.name}` }); },
  });
  replace(jump, icon("down", 14), t("jump_latest"));
  on("place", show);
  on("channels", () => { if (state.place) { drawHead(); drawClosed(); } });
  on("home", drawHome);
  on("messages", drawMessages);
  on("connection presence", drawBanner);
  on("opened-unread", markUnread);
  on("arrived", arrived);
  on("highlight", ({ ts }) => list.highlight(ts));
  drawBanner();
  return h("main", { class: "place", id: "main" }, banner, head, tabs, homeNode, list.node, h("div", { class: "jump-holder" }, jump), composer.node, closedNote);
}

export const startCommand = (text) => composer.put(text);
