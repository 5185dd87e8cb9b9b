// The message composer: text, commands with completion, formatting, the shortcuts menu.

import { Completion, usageOf } from "./completion.js";
import { h, iconButton } from "./dom.js";
import { openMenu } from "./menu.js";
import { escape } from "./mrkdwn.js";
import { post } from "./net.js";
import { addNotice, state } from "./store.js";
import { t } from "./strings.js";
import { runStep } from "./workobjects.js";

const MARKS = [["bold", "*"], ["italic", "_"], ["strike", "~"], ["code", "`"]];
const drafts = new Map();

/** Typed text as Slack's client sends it: entities, mentions as ids, URLs in angle brackets. */
function encode(text) {
  const people = new Map(state.boot.people.map((one) => [one.name.toLowerCase(), one.id]));
  people.set(state.boot.app.name.toLowerCase(), state.boot.app.bot_user_id);
  const channels = new Map(state.channels.filter((one) => one.kind === "channel").map((one) => [one.name.toLowerCase(), one]));
  return escape(text)
    .replace(/(^|[\s(（])@([\p{L}\p{N}._-]+)/gu, (whole, before, name) => {
      if (["here", "channel", "everyone"].includes(name)) return `${before}<!${name}>`;
      return people.has(name.toLowerCase()) ? `${before}<@${people.get(name.toLowerCase())}>` : whole;
    })
    .replace(/(^|[\s(（])#([\p{L}\p{N}_-]+)/gu, (whole, before, name) => channels.has(name.toLowerCase()) ? `${before}<#${channels.get(name.toLowerCase()).id}|${name}>` : whole)
    .replace(/(^|\s)(https?:\/\/[^\s<>]+)/g, "$1<$2>");
}

async function sendCommand(text, place) {
  const command = text.split(/\s/)[0];
  // an empty list: the workspace has no manifest and accepts any command
  if (state.boot.commands.length && !state.boot.commands.some((one) => one.command === command.toLowerCase())) return addNotice(place.channel, t("command_unknown", { command: escape(command) }), `unknown ${text}`, "error", place.threadTs);
  if (place.threadTs) return addNotice(place.channel, t("command_thread", { command }), `thread ${text}`, "error", place.threadTs);
  const answer = await post("say", { channel: place.channel, text });
  // the server usually sends a notice itself: wait for it, so that the error appears once
  if (!answer.ok) setTimeout(() => addNotice(place.channel, t("command_failed", { command, error: answer.error }), answer.error), 250);
  return undefined;
}

async function sendText(text, place) {
  const answer = await post("say", { channel: place.channel, text: encode(text), ...(place.threadTs ? { thread_ts: place.threadTs } : {}) });
  if (!answer.ok) addNotice(place.channel, t("say_failed", { error: answer.error }), answer.error, "error", place.threadTs);
  return answer.ok;
}

export class Composer {
  /** place() -> {channel, threadTs|null}; label() -> the placeholder. */
  constructor({ place, label, testid, inThread = false }) {
    this.place = place;
    this.label = label;
    this.area = h("textarea", {
      class: "composer-text", rows: "1", "aria-haspopup": "listbox", data: { testid }, spellcheck: "false",
      oninput: () => this.changed(), onkeydown: (event) => this.onKey(event), onblur: () => this.completion.close(),
    });
    this.completion = new Completion(this.area, { commands: !inThread });
    this.usage = h("div", { class: "composer-usage", "aria-live": "polite" });
    this.sendButton = iconButton("send", t("send"), { class: "send", data: { testid: inThread ? "thread-send" : "send" }, onclick: () => this.send() });
    this.node = h("div", { class: "composer" }, this.completion.node, h("div", { class: "composer-box" }, this.formatBar(), this.area, this.usage, this.footBar(inThread)), h("div", { class: "composer-hint" }, inThread ? "" : t("composer_hint")));
    this.key = null;
  }

  formatBar() {
    return h("div", { class: "composer-format", role: "toolbar", "aria-label": t("bold") },
      MARKS.map(([name, mark]) => iconButton(name, t(name), { tabindex: "-1", onclick: () => this.wrap(mark, mark) }, 16)),
      iconButton("quote", t("quote"), { tabindex: "-1", onclick: () => this.wrap("> ", "") }, 16));
  }

  footBar(inThread) {
    const bolt = iconButton("bolt", t("shortcuts"), { "aria-haspopup": "menu", "aria-expanded": "false", data: { testid: inThread ? "thread-shortcuts" : "shortcuts" }, onclick: () => openMenu(bolt, this.shortcutItems(), { label: t("shortcuts") }) });
    const at = h("button", { type: "button", class: "icon-button composer-at", "aria-label": t("mention"), title: t("mention"), onclick: () => this.wrap(/\s$|^$/.test(this.area.value) ? "@" : " @", "") }, "@");
    return h("div", { class: "composer-foot" }, bolt, at, h("span", { class: "spring" }), this.sendButton);
  }

  shortcutItems() {
    const shortcuts = state.boot.shortcuts.filter((one) => one.type === "global").map((one) => ({
      label: one.name, detail: state.boot.app.name, icon: "bolt", testid: `shortcut-${one.callback_id}`,
      onSelect: async () => {
        const answer = await post("shortcut", { callback_id: one.callback_id });
        if (!answer.ok) setTimeout(() => addNotice(this.place().channel, t("command_failed", { command: one.name, error: answer.error }), answer.error), 250);
      },
    }));
    const commands = state.boot.commands.map((one) => ({ label: one.command, detail: one.description, icon: "right", onSelect: () => this.put(`${one.command} `) }));
    shortcuts.push(...(state.boot.steps || []).map((one) => ({ label: one.title, detail: t("workflow_step"), icon: "bolt", testid: `step-${one.callback_id}`, onSelect: () => runStep(one) })));
    return [{ heading: t("shortcuts") }, ...(shortcuts.length ? shortcuts : [{ label: t("no_shortcuts"), disabled: true, onSelect: () => {} }]), "divider", { heading: t("commands") }, ...commands];
  }

  put(text) {
    this.area.value = text;
    this.changed();
    this.area.focus();
  }

  wrap(before, after) {
    const { selectionStart: from, selectionEnd: to, value } = this.area;
    this.area.setRangeText(before + value.slice(from, to) + after, from, to, from === to && after ? "start" : "end");
    if (from === to && after) this.area.selectionStart = this.area.selectionEnd = from + before.length;
    this.area.focus();
    this.changed();
  }

  /** Another channel or thread: load its draft and placeholder. */
  show() {
    const place = this.place();
    this.key = `${place.channel}/${place.threadTs || ""}`;
    this.area.placeholder = this.label();
    this.area.setAttribute("aria-label", this.label());
    this.area.value = drafts.get(this.key) || "";
    this.changed(false);
  }

  changed(complete = true) {
    drafts.set(this.key, this.area.value);
    this.area.style.height = "auto";
    this.area.style.height = `${Math.min(220, this.area.scrollHeight)}px`;
    this.sendButton.disabled = !this.area.value.trim();
    this.usage.textContent = usageOf(this.area.value) || "";
    if (complete) this.completion.update();
  }

  onKey(event) {
    if (this.completion.onKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    }
  }

  async send() {
    const text = this.area.value.replace(/\s+$/, "");
    if (!text.trim()) return;
    const place = this.place();
    this.put("");
    this.completion.close();
    if (text.startsWith("/")) await sendCommand(text, place);
    else if (await sendText(text, place) === false) this.put(text);
  }
}
