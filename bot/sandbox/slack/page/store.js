// This tab's state: people, channels, messages, views. Listeners are called by topic on changes.

export const state = {
  boot: null,
  me: null,                // the acting person
  channels: [],
  place: null,             // {kind: "channel", id} or {kind: "home"}
  thread: null,            // {channel, ts}
  messages: new Map(),     // channel -> Map(key -> message), replies too
  loaded: new Set(),       // channels and "channel/ts" threads fetched once
  notices: new Map(),      // channel -> [pseudo messages]
  firstUnread: new Map(),  // channel -> ts of the first message not read when it was opened
  views: [],
  home: null,
  connected: true,
  appConnected: true,
  calls: [],
};

// The workspace's clock minus this browser's, in seconds; the server sends its time with each event.
let clockOffset = 0;

export function syncClock(serverNow) {
  if (Number.isFinite(serverNow)) clockOffset = serverNow - Date.now() / 1000;
}

/** The workspace's time in epoch seconds. */
export const now = () => Date.now() / 1000 + clockOffset;

const listeners = new Map();

/** Call `listener` whenever one of `topics` (space separated) is emitted. */
export function on(topics, listener) {
  for (const topic of topics.split(" ")) {
    if (!listeners.has(topic)) listeners.set(topic, new Set());
    listeners.get(topic).add(listener);
  }
}

export function emit(topic, detail) {
  for (const listener of listeners.get(topic) || []) listener(detail);
}

export const person = (id) => state.boot.people.find((one) => one.id === id) || null;
export const channel = (id) => state.channels.find((one) => one.id === id) || null;
export const isBot = (id) => id === state.boot.app.bot_user_id;

/** A user's display name: a person's, the app's, or the id. */
export function userName(id) {
  if (isBot(id)) return state.boot.app.name;
  const one = person(id);
  return one ? one.real_name || one.name : id;
}

export function channelName(id) {
  const one = channel(id);
  return one ? one.name : id;
}

const keyOf = (message) => message.ephemeral ? `${message.ts}e` : message.ts;

function table(id) {
  if (!state.messages.has(id)) state.messages.set(id, new Map());
  return state.messages.get(id);
}

/** Store messages; an unchanged one keeps its old object so that its row is not redrawn. */
export function keep(id, messages) {
  const known = table(id);
  for (const message of messages) {
    const old = known.get(keyOf(message));
    if (!old || JSON.stringify(old) !== JSON.stringify(message)) known.set(keyOf(message), message);
  }
}

/** Replace a channel's (or a thread's) messages by the server's. */
export function refill(id, messages, threadTs = null) {
  const known = table(id);
  const fresh = new Set(messages.map(keyOf));
  for (const [key, old] of known) {
    const inScope = threadTs ? old.thread_ts === threadTs : !isReply(old);
    if (inScope && !fresh.has(key)) known.delete(key);
  }
  keep(id, messages);
}

export function forget(id, ts) {
  table(id).delete(ts);
  table(id).delete(`${ts}e`);
}

const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts && message.subtype !== "thread_broadcast";
const byTime = (one, other) => Number(one.ts) - Number(other.ts);

/** Top-level messages and notices of a channel, oldest first. */
export function channelMessages(id) {
  const own = [...table(id).values()].filter((message) => !isReply(message));
  return [...own, ...(state.notices.get(id) || []).filter((notice) => !notice.thread_ts)].sort(byTime);
}

/** A thread: its parent first, then replies. */
export function threadMessages(id, ts) {
  const replies = [...table(id).values()].filter((message) => message.ts === ts || message.thread_ts === ts);
  const notices = (state.notices.get(id) || []).filter((notice) => notice.thread_ts === ts);
  return [...replies, ...notices].sort(byTime);
}

export const messageAt = (id, ts) => table(id).get(ts) || table(id).get(`${ts}e`) || null;

/** A thread's replies in this tab, except ephemeral ones. */
export function knownReplies(id, ts) {
  return [...table(id).values()].filter((message) => message.thread_ts === ts && message.ts !== ts && !message.ephemeral);
}

/** Add a notice that only this person sees, as Slackbot reports a failed command. */
export function addNotice(id, text, code, level = "error", threadTs = null) {
  const list = state.notices.get(id) || [];
  const at = now();
  const last = list.at(-1);
  if (last && last.code === code && at - Number(last.ts) < 2) return;
  list.push({ ts: at.toFixed(6), channel: id, notice: true, ephemeral: true, level, text, code, user: "USLACKBOT", thread_ts: threadTs });
  state.notices.set(id, list);
  emit("messages", id);
}

export function dismiss(message) {
  if (message.notice) state.notices.set(message.channel, (state.notices.get(message.channel) || []).filter((one) => one !== message));
  else forget(message.channel, message.ts);
  emit("messages", message.channel);
}
