// The top bar: the workspace, the acting person, and the hint for a first visit.

import { avatar } from "./avatar.js";
import { h, icon, iconButton, replace } from "./dom.js";
import { openMenu } from "./menu.js";
import { actAs, goChannel, goHome } from "./router.js";
import { startCommand } from "./channel.js";
import { channelName, on, person, state } from "./store.js";
import { roleOf, t } from "./strings.js";

const HINT_KEY = "workspace-hint-seen";
const language = (one) => t((one.locale || "").toLowerCase().startsWith("zh") ? "language_zh" : "language_en");
const detailOf = (one) => [roleOf(one), language(one)].filter(Boolean).join(" · ");

function people(anchor) {
  openMenu(anchor, [{ heading: t("act_as") }, ...state.boot.people.map((one) => ({
    label: one.real_name || one.name, detail: detailOf(one), node: avatar(one.id, "avatar-small"), checked: one.id === state.me.id, testid: `act-as-${one.id}`, onSelect: () => actAs(one.id),
  })), "divider", { label: t("open_tab_as"), icon: "people", onSelect: () => window.open(`/?as=${encodeURIComponent((state.boot.people.find((one) => one.id !== state.me.id) || state.me).id)}`, "_blank", "noopener") }],
  { label: t("act_as"), align: "end" });
}

function switcher() {
  const me = person(state.me.id);
  const name = me.real_name || me.name;
  const button = h("button", { type: "button", class: "act-as", id: "act-as", "aria-haspopup": "menu", "aria-expanded": "false", title: t("act_as_hint", { name }), data: { testid: "act-as", user: me.id }, onclick: () => people(button) },
    avatar(me.id, "avatar-small"), h("span", { class: "act-as-text" }, h("span", { class: "act-as-name" }, name), h("span", { class: "act-as-title" }, detailOf(me))), icon("down", 14));
  return button;
}

/** The hint for a first visit; null once dismissed. */
export function hintStrip() {
  let seen = null;
  try { seen = localStorage.getItem(HINT_KEY); } catch { /* displayed again next time */ }
  if (seen) return null;
  const command = state.boot.commands[0];
  if (!command) return null;
  const node = h("div", { class: "hint-strip", role: "region", "aria-label": t("hint_title"), data: { testid: "hint" } });
  const [before, ...rest] = t("hint_text", { command: "\u0001", channel: "\u0002", app: "\u0003" }).split(/(?=[\u0001\u0002\u0003])/);
  const links = {
    "\u0001": () => h("button", { type: "button", class: "hint-link", onclick: () => { goChannel(state.boot.default_channel); startCommand(`${command.command} `); } }, h("code", null, command.command)),
    "\u0002": () => h("button", { type: "button", class: "hint-link", onclick: () => goChannel(state.boot.default_channel) }, `#${channelName(state.boot.default_channel)}`),
    "\u0003": () => h("button", { type: "button", class: "hint-link", onclick: () => goHome() }, state.boot.app.name),
  };
  const dismiss = () => { try { localStorage.setItem(HINT_KEY, "1"); } catch { /* this visit only */ } node.remove(); };
  replace(node, icon("info", 16), h("span", null, h("b", null, t("hint_title")), " ", before, rest.map((piece) => [links[piece[0]](), piece.slice(1)])),
    h("button", { type: "button", class: "button button-small", onclick: () => { const button = document.getElementById("act-as"); button.click(); } }, t("hint_switch")),
    iconButton("close", t("dismiss"), { data: { testid: "hint-dismiss" }, onclick: dismiss }));
  return node;
}

export function topbar() {
  const bar = h("header", { class: "topbar" }, h("span", { class: "spring" }), h("span", { class: "topbar-team" }, icon("pulse", 16), state.boot.team.name), h("span", { class: "spring" }), switcher());
  on("channels", () => { document.title = titleOf(); });
  on("place", () => { document.title = titleOf(); });
  return bar;
}

function titleOf() {
  const unread = state.channels.reduce((sum, one) => sum + (one.mention || one.kind === "im" ? one.unread : 0), 0);
  const place = !state.place || state.place.kind === "home" ? state.boot.app.name : channelName(state.place.id);
  return `${unread ? `(${unread}) ` : ""}${place} · ${state.boot.team.name}`;
}
