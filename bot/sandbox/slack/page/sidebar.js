// The left rail and the list of channels, direct messages and the app.

import { avatar } from "./avatar.js";
import { h, icon, iconButton, replace } from "./dom.js";
import { isAppIm } from "./channel.js";
import { goChannel, goHome } from "./router.js";
import { emit, on, state } from "./store.js";
import { t } from "./strings.js";
import { toggleTheme } from "./theme.js";

function badge(one) {
  if (!one.unread) return null;
  return h("span", { class: ["badge", !one.mention && one.kind === "channel" && "badge-soft"], "aria-label": t("unread", { n: one.unread }) }, one.unread > 99 ? "99+" : one.unread);
}

function row({ mark, label, current, unread, go, tail, testid, muted }) {
  return h("li", null, h("button", { type: "button", class: ["nav-row", current && "current", unread && "unread", muted && "muted"], "aria-current": current ? "page" : null, data: { testid }, onclick: () => { emit("close-nav"); go(); } },
    h("span", { class: "nav-mark" }, mark), h("span", { class: "nav-label" }, label), tail));
}

const here = (id) => state.place && state.place.kind === "channel" && state.place.id === id;

function channelRow(one) {
  return row({ mark: icon("hash", 16), label: one.name, current: here(one.id), unread: one.unread, muted: one.member === false, go: () => goChannel(one.id), tail: badge(one), testid: `channel-${one.name}` });
}

function imRow(one) {
  return row({ mark: avatar(one.user || one.id, "avatar-tiny", one.name), label: one.name, current: here(one.id), unread: one.unread, go: () => goChannel(one.id), tail: badge(one), testid: `im-${one.id}` });
}

function appRow() {
  const im = state.channels.find(isAppIm);
  const current = state.place && (state.place.kind === "home" || im && here(im.id));
  return row({ mark: avatar(state.boot.app.bot_user_id, "avatar-tiny"), label: state.boot.app.name, current, unread: im && im.unread, go: () => im && im.unread ? goChannel(im.id) : goHome(), tail: [h("span", { class: ["presence", state.appConnected && "online"], title: state.boot.app.transport || "" }), im && badge(im)], testid: "app-row" });
}

const section = (label, rows) => rows.length ? h("section", { class: "nav-section" }, h("h2", null, label), h("ul", null, rows)) : null;

function draw(node) {
  const ims = state.channels.filter((one) => one.kind === "im" && !isAppIm(one));
  replace(node, section(t("channels"), state.channels.filter((one) => one.kind === "channel").map(channelRow)),
    section(t("direct_messages"), ims.map(imRow)), section(t("apps"), [appRow()]));
}

function railButton(name, label, onclick, props = {}, short = label) {
  return h("button", { type: "button", class: "rail-button", "aria-label": label, title: label, onclick, ...props }, icon(name, 20), h("span", { class: "rail-label", "aria-hidden": "true" }, short));
}

function rail() {
  return h("nav", { class: "rail", "aria-label": state.boot.team.name },
    h("span", { class: "rail-team", "aria-hidden": "true" }, [...state.boot.team.name][0].toUpperCase()),
    railButton("chat", t("channels"), () => goChannel(state.boot.default_channel)),
    railButton("home", t("home"), () => goHome(), { "data-testid": "rail-home" }),
    h("span", { class: "spring" }),
    railButton("pulse", t("inspector"), () => emit("toggle-inspector"), { "data-testid": "inspector-toggle", "aria-expanded": "false", id: "inspector-toggle" }),
    railButton("sun", t("theme"), toggleTheme, { "data-testid": "theme" }, t("theme_short")),
    avatar(state.me.id, "avatar-rail"));
}

/** [rail, sidebar]; both redraw on changes. */
export function navigation() {
  const list = h("div", { class: "nav-list" });
  const sidebar = h("nav", { class: "sidebar", "aria-label": t("navigation"), data: { testid: "sidebar" } },
    h("header", { class: "sidebar-head" }, h("span", { class: "team-name" }, state.boot.team.name), iconButton("close", t("close"), { class: "nav-close", onclick: () => emit("close-nav") })), list);
  const shade = h("div", { class: "shade", onclick: () => emit("close-nav") });
  const app = document.getElementById("app");
  on("channels place presence home", () => draw(list));
  on("toggle-nav", () => app.classList.toggle("nav-open"));
  on("close-nav", () => app.classList.remove("nav-open"));
  return [rail(), sidebar, shade];
}
