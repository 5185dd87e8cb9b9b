// One message as a row: avatar, name, time, body, replies, and its menu.

import { avatar } from "./avatar.js";
import { blocksNode, textBody } from "./blocks.js";
import { ask } from "./dialog.js";
import { ago, fullTime, time } from "./dates.js";
import { announce, h, icon, iconButton } from "./dom.js";
import { openable } from "./images.js";
import { openMenu, toast } from "./menu.js";
import { emojiNode, escape, mrkdwn, unescape } from "./mrkdwn.js";
import { post } from "./net.js";
import { openThread } from "./router.js";
import { addNotice, dismiss, isBot, person, state, userName } from "./store.js";
import { surfaceOf } from "./surface.js";
import { t } from "./strings.js";
import { workObject } from "./workobjects.js";

const isMine = (message) => message.user === state.me.id && !message.ephemeral && !message.bot;
const isApp = (message) => message.bot || isBot(message.user);
const nameOf = (message) => message.notice ? "Slackbot" : message.username || userName(message.user);

async function copyLink(message) {
  const thread = message.thread_ts && message.thread_ts !== message.ts ? `?thread_ts=${message.thread_ts}` : "";
  const url = `${location.origin}/archives/${message.channel}/p${message.ts.replace(".", "")}${thread}`;
  try {
    await navigator.clipboard.writeText(url);
    toast(t("link_copied"));
  } catch {
    toast(url);
  }
}

async function runShortcut(message, shortcut) {
  const answer = await post("shortcut", { callback_id: shortcut.callback_id, channel: message.channel, ts: message.ts });
  if (!answer.ok) addNotice(message.channel, t("command_failed", { command: shortcut.name, error: answer.error }), answer.error, "error", message.thread_ts === message.ts ? null : message.thread_ts);
}

async function remove(message) {
  if (await ask({ title: t("delete_message"), text: t("delete_sure"), yes: t("delete"), no: t("cancel"), danger: true })) await post("delete", { channel: message.channel, ts: message.ts });
}

function startEdit(message, row) {
  const body = row.querySelector(".message-body");
  const area = h("textarea", { class: "input", rows: "3", value: unescape(message.text || ""), "aria-label": t("edit_message"), data: { testid: "edit-text" } });
  const done = () => { form.replaceWith(body); row.focus(); };
  const form = h("form", { class: "edit-form", onsubmit: async (event) => {
    event.preventDefault();
    const answer = await post("edit", { channel: message.channel, ts: message.ts, text: escape(area.value) });
    if (!answer.ok) return toast(t("say_failed", { error: answer.error }));
    return done();
  }, onkeydown: (event) => {
    if (event.key === "Escape") { event.stopPropagation(); done(); }
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  } }, area, h("div", { class: "edit-buttons" }, h("button", { type: "button", class: "button", onclick: done }, t("cancel")), h("button", { type: "submit", class: "button button-primary" }, t("save"))));
  body.replaceWith(form);
  area.focus();
}

function menuItems(message, row) {
  const shortcuts = state.boot.shortcuts.filter((one) => one.type === "message");
  return [
    { label: t("copy_link"), icon: "link", onSelect: () => copyLink(message) },
    { label: t("react_ticket"), icon: "bolt", testid: "react-ticket", onSelect: () => post("react", { ts: message.ts, name: "ticket" }) },
    ...(isMine(message) ? [
      { label: t("edit_message"), icon: "edit", onSelect: () => startEdit(message, row) },
      { label: t("delete_message"), icon: "trash", danger: true, onSelect: () => remove(message) },
    ] : []),
    ...(shortcuts.length ? ["divider", { heading: t("shortcuts") }, ...shortcuts.map((one) => ({
      label: one.name, detail: state.boot.app.name, icon: "bolt", testid: `shortcut-${one.callback_id}`, onSelect: () => runShortcut(message, one),
    }))] : []),
  ];
}

function toolbar(message, inThread) {
  if (message.notice) return null;
  const reply = !inThread && !message.ephemeral && iconButton("thread", t("reply_in_thread"), { data: { testid: "reply" }, onclick: () => openThread(message.channel, message.thread_ts || message.ts) });
  const more = message.ephemeral ? null : iconButton("dots", t("more_actions"), { "aria-haspopup": "menu", "aria-expanded": "false", data: { testid: "message-menu" }, onclick: () => openMenu(more, menuItems(message, more.closest(".message")), { label: t("message_actions"), align: "end" }) });
  return (reply || more) && h("div", { class: "message-tools", role: "group", "aria-label": t("message_actions") }, reply, more);
}

function replies(message) {
  const count = message.reply_count || 0;
  if (!count) return null;
  const users = (message.reply_users || []).slice(0, 4);
  return h("button", { type: "button", class: "replies", data: { testid: "replies" }, onclick: () => openThread(message.channel, message.ts) },
    users.map((id) => avatar(id, "avatar-tiny")),
    h("span", { class: "reply-count" }, count === 1 ? t("replies_1") : t("replies", { count })),
    message.latest_reply && h("span", { class: "reply-last" }, t("last_reply", { ago: ago(Number(message.latest_reply)) })),
    h("span", { class: "reply-view" }, t("view_thread")), icon("right", 14));
}

function attachment(one, message) {
  const fields = (one.fields || []).map((field) => h("div", { class: "field" }, h("b", null, field.title), h("div", { class: "mk" }, mrkdwn(field.value))));
  return h("div", { class: "attachment", vars: { "--bar": /^#?[0-9a-f]{6}$/i.test(one.color || "") ? `#${one.color.replace("#", "")}` : { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" }[one.color] || "var(--line-strong)" } },
    one.pretext && h("div", { class: "mk" }, mrkdwn(one.pretext)), one.title && h("div", { class: "attachment-title" }, one.title_link ? h("a", { class: "link", href: one.title_link }, one.title) : one.title),
    one.blocks ? blocksNode(one.blocks, contextOf(message, one.blocks)) : one.text && h("div", { class: "mk" }, mrkdwn(one.text)),
    fields.length > 0 && h("div", { class: "fields" }, fields), one.image_url && openable({ image_url: one.image_url, alt_text: one.fallback || "" }, "picture"),
    one.footer && h("div", { class: "attachment-foot" }, one.footer));
}

function fileNode(file) {
  if (/^image\//.test(file.mimetype || "") || /^(png|jpe?g|gif)$/.test(file.filetype || "")) return openable({ slack_file: { id: file.id }, alt_text: file.alt_txt || file.title || file.name }, "picture");
  return h("a", { class: "file-row link", href: `/page/file/${encodeURIComponent(file.id)}`, download: file.name || true }, icon("file", 22), h("span", null, file.title || file.name || file.id));
}

const contextOf = (message, blocks) => surfaceOf("message", `${message.channel}/${message.ts}`, { type: "message", channel: message.channel, ts: message.ts }, blocks);

const editedMark = (message) => message.edited && h("span", { class: "edited", title: message.edited.ts ? fullTime(Number(message.edited.ts)) : null }, t("edited"));

function textWithMark(message) {
  const node = textBody(message);
  const mark = editedMark(message);
  const last = node.lastElementChild && node.lastElementChild.classList.contains("mk-text") ? node.lastElementChild : node;
  if (mark) last.append(" ", mark);
  return node;
}

function body(message) {
  const blocks = message.blocks && message.blocks.length ? message.blocks : null;
  return h("div", { class: "message-body" },
    blocks ? [blocksNode(blocks, contextOf(message, blocks)), editedMark(message)] : message.text && textWithMark(message),
    (message.attachments || []).map((one) => attachment(one, message)), (message.work_objects || []).map((one) => workObject(one, message)), (message.files || []).map(fileNode),
    message.reactions && message.reactions.length > 0 && h("div", { class: "reactions" }, message.reactions.map((one) => h("span", { class: "reaction" }, emojiNode(one.name), ` ${one.count}`))));
}

const timeNode = (message) => {
  const at = Number(message.ts);
  return h("time", { class: "message-time", datetime: new Date(at * 1000).toISOString(), title: fullTime(at) }, time(at));
};

function head(message) {
  const one = person(message.user);
  return h("div", { class: "message-head" }, h("span", { class: "message-name", title: one && one.title }, nameOf(message)),
    isApp(message) && h("span", { class: "badge-app" }, t("app_badge")), timeNode(message));
}

/** The row. `grouped` leaves out avatar and name, for consecutive messages by one person. */
export function messageNode(message, { grouped = false, inThread = false } = {}) {
  const node = h("article", {
    class: ["message", grouped && "grouped", message.ephemeral && "ephemeral", message.notice && `notice notice-${message.level}`],
    tabindex: "-1", "aria-label": `${nameOf(message)}, ${time(Number(message.ts))}`,
    data: { testid: message.notice ? "notice" : "message", ts: message.ts, user: message.user, ephemeral: message.ephemeral ? "true" : undefined },
  },
  h("div", { class: "message-gutter" }, grouped ? timeNode(message) : avatar(message.notice ? "USLACKBOT" : message.bot && !person(message.user) ? state.boot.app.bot_user_id : message.user, "", message.username)),
  h("div", { class: "message-main" },
    message.ephemeral && h("div", { class: "only-you" }, icon("eye", 13), t("only_you"), h("button", { type: "button", class: "link-button quiet", onclick: () => { dismiss(message); announce(t("dismiss")); } }, t("dismiss"))),
    grouped ? null : head(message), body(message), inThread ? null : replies(message)),
  toolbar(message, inThread));
  return node;
}

// the fields of a thread's root that change with each reply
const replyFields = ({ reply_count, reply_users, reply_users_count, latest_reply, thread_ts, ...rest }) => JSON.stringify(rest);

/** Whether two versions of a message differ in their replies at most. */
export const sameButReplies = (one, other) => replyFields(one) === replyFields(other);

/** Redraw the reply count of a row and nothing else, so that a press or focus elsewhere in it is not lost. */
export function updateReplies(node, message) {
  const main = node.querySelector(".message-main");
  const old = main.querySelector(":scope > .replies");
  if (old) old.remove();
  const fresh = replies(message);
  if (fresh) main.append(fresh);
}

/** Whether `message` is grouped with `before`: same author within five minutes. */
export function continues(before, message) {
  if (!before || before.user !== message.user || before.username !== message.username) return false;
  if (Boolean(before.ephemeral) !== Boolean(message.ephemeral) || message.ephemeral || before.notice || before.reply_count) return false;
  return Number(message.ts) - Number(before.ts) < 300;
}
