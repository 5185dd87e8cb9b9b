// The URL: the acting person (?as=) and the open channel, message or Home (#channel, #channel/ts,
// #home). Two tabs can be two people.

import { loadChannel, loadThread, post } from "./net.js";
import { channel, emit, messageAt, state } from "./store.js";

const query = () => new URLSearchParams(location.search);

export const wantedPerson = () => query().get("as");

function addressOf(place, thread, as = state.me.id) {
  const spot = place.kind === "home" ? "home" : place.id;
  return `/?as=${encodeURIComponent(as)}#${spot}${thread ? `/${thread.ts}` : ""}`;
}

const stampOf = (text) => /^p?(\d{10})\.?(\d{6})$/.exec(text || "");
const dotted = (text) => { const match = stampOf(text); return match ? `${match[1]}.${match[2]}` : null; };

/** A URL's target: {home: true} or {channel, ts, threadTs}. */
function readAddress(url) {
  const address = new URL(url, location.href);
  const archive = /^\/archives\/([A-Z0-9]+)(?:\/(p\d{16}))?/.exec(address.pathname);
  if (archive) return { channel: archive[1], ts: dotted(archive[2]), threadTs: address.searchParams.get("thread_ts") };
  const [spot, ts] = decodeURIComponent(address.hash.slice(1)).split("/");
  if (spot === "home") return { home: true };
  return spot ? { channel: spot, ts: dotted(ts) } : null;
}

function remember(push) {
  const address = addressOf(state.place, state.thread);
  if (address === location.pathname + location.search + location.hash) return;
  history[push ? "pushState" : "replaceState"](null, "", address);
}

export async function goChannel(id, { push = true } = {}) {
  if (!channel(id)) return;
  const unread = channel(id).unread;
  state.place = { kind: "channel", id };
  if (!state.thread || state.thread.channel !== id) closeThread(false);
  remember(push);
  emit("place");
  await loadChannel(id);
  if (unread) emit("opened-unread", { id, unread });
  post("read", { channel: id });
}

export function goHome({ push = true } = {}) {
  state.place = { kind: "home" };
  closeThread(false);
  remember(push);
  emit("place");
  post("home", { tab: "home" });
}

export async function openThread(id, ts, { focus = true } = {}) {
  state.thread = { channel: id, ts };
  remember(false);
  emit("thread", { focus });
  await loadThread(id, ts);
}

export function closeThread(announceIt = true) {
  const had = state.thread;
  state.thread = null;
  if (had) emit("thread", { closed: had });
  if (announceIt && state.place) remember(false);
}

/** Open a URL's target; a message's thread opens when it has one. */
export async function follow(url, { push = true } = {}) {
  const wanted = readAddress(url);
  if (!wanted) return false;
  if (wanted.home) { goHome({ push }); return true; }
  if (!channel(wanted.channel)) return false;
  await goChannel(wanted.channel, { push });
  if (!wanted.ts) return true;
  const parent = wanted.threadTs || (messageAt(wanted.channel, wanted.ts) || {}).thread_ts || wanted.ts;
  await openThread(wanted.channel, parent, { focus: false });
  emit("highlight", { channel: wanted.channel, ts: wanted.ts });
  return true;
}

/** Act as another person, in the same channel when they may see it. */
export function actAs(id) {
  const spot = state.place || { kind: "channel", id: state.boot.default_channel };
  location.href = addressOf(spot.kind === "channel" && channel(spot.id)?.kind === "im" ? { kind: "channel", id: state.boot.default_channel } : spot, null, id);
  if (location.search === `?as=${id}`) location.reload();
}
