// The sandbox workspace's page: starts everything. Hooks for browser tests (data-testid):
//   composer, send, shortcuts, completion           the channel's box, its button, ⚡ menu, "/" list
//   thread-composer, thread-send, thread-close      the same in the thread
//   messages, thread-pane, thread-messages          lists; rows are message [data-ts][data-user][data-ephemeral]
//   reply, replies, message-menu, edit-text         inside a message row
//   notice                                          the grey line of a late acknowledgement
//   shortcut-<callback_id>                          an entry of the ⚡ menu or of a message's menu
//   modal [data-callback-id][data-depth], modal-submit, modal-close, modal-x, confirm, confirm-yes, confirm-no
//   field-<block_id>, error-<block_id>              an input block's control and its error
//   action-<action_id>                              a button, select, menu... outside input blocks
//   act-as [data-user], act-as-<user_id>            the switcher and its entries
//   inspector, inspector-toggle, inspector-filter, call [data-name]
//   sidebar, channel-<name>, im-<id>, app-row, tab-home, tab-messages, home, rail-home
//   connection, hint, hint-dismiss, theme, chart [data-chart], data-table, unknown-<block type>
// A select's choices are role=option with data-value. <html data-ready="true"> once drawn.

import { channelPane } from "./channel.js";
import { h, replace } from "./dom.js";
import { inspectorPane } from "./inspector.js";
import { modalLayer } from "./modal.js";
import { connect, get, loadState } from "./net.js";
import { follow, goChannel, wantedPerson } from "./router.js";
import { navigation } from "./sidebar.js";
import { emit, person, state, syncClock } from "./store.js";
import { lang, locale } from "./strings.js";
import { applyTheme } from "./theme.js";
import { threadPane } from "./thread.js";
import { hintStrip, topbar } from "./topbar.js";

function choosePerson() {
  const known = wantedPerson();
  state.me = known && person(known) || person(state.boot.default_as) || state.boot.people[0];
  document.documentElement.lang = lang() === "zh" ? "zh-CN" : locale();
}

function build() {
  const app = document.getElementById("app");
  const [rail, sidebar, shade] = navigation();
  const main = channelPane();
  const bar = topbar();
  replace(app, h("a", { class: "skip", href: "#main", onclick: (event) => { event.preventDefault(); document.querySelector("[data-testid=composer]").focus(); } }, "↓"),
    bar, rail, sidebar, shade, h("div", { class: "middle" }, hintStrip(), main), threadPane(), inspectorPane());
  document.body.append(modalLayer());
  app.removeAttribute("aria-busy");
}

// links to this workspace open inside the page
document.addEventListener("click", (event) => {
  const anchor = event.target.closest("a[href]");
  if (!anchor || event.metaKey || event.ctrlKey || anchor.target === "_blank") return;
  const url = new URL(anchor.href);
  const ours = url.origin === location.origin && (url.pathname.startsWith("/archives/") || url.pathname === "/" && url.hash);
  if (!ours || anchor.classList.contains("skip")) return;
  event.preventDefault();
  follow(`${url.pathname}${url.pathname === "/" ? "" : url.search}${url.hash}`);
});

async function start() {
  applyTheme();
  const address = location.href;
  state.boot = await get("bootstrap");
  syncClock(state.boot.now);
  state.appConnected = state.boot.app.connected !== false;
  choosePerson();
  await loadState();
  build();
  emit("views");
  emit("channels");
  connect();
  if (!await follow(address, { push: false })) await goChannel(state.boot.default_channel, { push: false });
  addEventListener("popstate", () => follow(location.href, { push: false }));
  document.addEventListener("visibilitychange", () => emit("visible"));
  document.documentElement.dataset.ready = "true";
}

start().catch((error) => {
  replace(document.getElementById("app"), h("p", { class: "fatal", role: "alert" }, `The workspace did not answer: ${error.message}`));
  throw error;
});
