// Requests to the server under /page/, and the WebSocket of live events.

import { addNotice, channel, emit, forget, keep, knownReplies, messageAt, refill, state, syncClock } from "./store.js";

const RETRY_MS = [500, 1000, 2000, 4000];

async function read(response) {
  const body = await response.text();
  try {
    return JSON.parse(body);
  } catch {
    return { ok: false, error: `http_${response.status}` };
  }
}

export async function get(path, params = {}) {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== undefined && value !== null));
  const response = await fetch(`/page/${path}?${query}`, { headers: { accept: "application/json" } });
  return read(response);
}

/** POST as the acting person. Never throws: an unreachable server is {ok: false, error: "offline"}. */
export async function post(path, body = {}) {
  try {
    const response = await fetch(`/page/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ as: state.me.id, ...body }),
    });
    return await read(response);
  } catch {
    return { ok: false, error: "offline" };
  }
}

export async function loadState() {
  const fresh = await get("state", { as: state.me.id });
  state.channels = fresh.channels || [];
  state.home = fresh.home || null;
  state.views = fresh.views || [];
  emit("channels");
  emit("home");
  emit("views");
}

export async function loadChannel(id) {
  const fresh = await get("messages", { as: state.me.id, channel: id });
  refill(id, fresh.messages || []);
  state.loaded.add(id);
  emit("messages", id);
}

export async function loadThread(id, ts) {
  const fresh = await get("messages", { as: state.me.id, channel: id, thread_ts: ts });
  refill(id, fresh.messages || [], ts);
  state.loaded.add(`${id}/${ts}`);
  emit("messages", id);
}

/** Fetch the request log. Entries that arrive by WebSocket during the fetch are kept. */
export async function loadCalls() {
  const fresh = await get("calls");
  const known = new Map(state.calls.map((entry) => [entry.id, entry]));
  for (const entry of fresh) if (JSON.stringify(known.get(entry.id)) !== JSON.stringify(entry)) known.set(entry.id, entry);
  state.calls = [...known.values()].sort((one, other) => one.id - other.id);
  emit("calls");
}

// A parent's reply count arrives with its own message_changed; this covers a late one.
function countReplies(id, ts) {
  const parent = ts && messageAt(id, ts);
  if (!parent) return;
  const known = knownReplies(id, ts);
  if (known.length > (parent.reply_count || 0)) keep(id, [{ ...parent, reply_count: known.length, latest_reply: known.at(-1).ts }]);
}

const HANDLERS = {
  message({ channel: id, message }) {
    keep(id, [{ channel: id, ...message }]);
    if (message.thread_ts && message.thread_ts !== message.ts && !message.ephemeral) countReplies(id, message.thread_ts);
    emit("messages", id);
    emit("arrived", { channel: id, message });
  },
  message_changed({ channel: id, message }) {
    keep(id, [{ channel: id, ...message }]);
    emit("messages", id);
  },
  message_deleted({ channel: id, message, ts }) {
    forget(id, message ? message.ts : ts);
    emit("messages", id);
  },
  views({ views }) {
    state.views = views || [];
    emit("views");
  },
  home({ view }) {
    state.home = view;
    emit("home");
  },
  channels({ channels }) {
    state.channels = channels || [];
    emit("channels");
  },
  notice(event) {
    const id = event.channel || (state.place && state.place.id) || state.boot.default_channel;
    addNotice(channel(id) ? id : state.boot.default_channel, event.text, event.code || event.text, event.level, event.thread_ts);
  },
  call({ entry }) {
    const at = state.calls.findIndex((call) => call.id === entry.id);
    if (at >= 0) state.calls[at] = entry;
    else state.calls.push(entry);
    emit("calls");
  },
  panel({ panel }) {
    emit("panel", panel);
  },
  step({ step }) {
    emit("step", step);
  },
  presence({ connected }) {
    state.appConnected = connected;
    emit("presence");
  },
};

let socket = null;
let attempts = 0;
let timer = 0;

function setConnected(connected) {
  if (state.connected === connected) return;
  state.connected = connected;
  emit("connection");
}

async function recover() {
  try {
    await loadState();
    for (const key of [...state.loaded]) {
      const [id, ts] = key.split("/");
      await (ts ? loadThread(id, ts) : loadChannel(id));
    }
    state.calls = []; // a restarted server numbers them anew
    await loadCalls();
  } catch {
    socket.close();
  }
}

/** Open the acting person's socket; it reconnects by itself and refetches what it missed. */
export function connect() {
  clearTimeout(timer);
  if (socket) socket.onclose = null;
  if (socket) socket.close();
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const mine = new WebSocket(`${scheme}://${location.host}/page/socket?as=${encodeURIComponent(state.me.id)}`);
  socket = mine;
  mine.onopen = () => {
    const again = attempts > 0;
    attempts = 0;
    setConnected(true);
    if (again) recover();
  };
  mine.onmessage = (message) => {
    const event = JSON.parse(message.data);
    syncClock(event.now);
    const handler = HANDLERS[event.type];
    if (handler) handler(event);
  };
  mine.onclose = () => {
    setConnected(false);
    timer = setTimeout(connect, RETRY_MS[Math.min(attempts, RETRY_MS.length - 1)]);
    attempts += 1;
  };
}
