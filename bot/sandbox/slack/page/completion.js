// The composer's completion list: /commands, @people, #channels.

import { avatar } from "./avatar.js";
import { h, icon, replace, uid } from "./dom.js";
import { state } from "./store.js";
import { roleOf, t } from "./strings.js";

const START = /(^|\s)([@#])([^\s@#]{0,30})$/u;

function commandMatches(text) {
  if (!/^\/\S*$/.test(text)) return [];
  return state.boot.commands.filter((one) => one.command.startsWith(text.toLowerCase())).map((one) => ({
    insert: `${one.command} `, replaces: text.length, label: one.command, hint: one.usage_hint, detail: one.description, mark: icon("bolt", 16),
  }));
}

function nameMatches(text) {
  const match = START.exec(text);
  if (!match) return [];
  const [, , sign, typed] = match;
  const wanted = typed.toLowerCase();
  const found = sign === "@"
    ? state.boot.people.map((one) => ({ insert: `@${one.name} `, label: one.real_name || one.name, detail: roleOf(one), search: `${one.name} ${one.real_name}`, mark: avatar(one.id, "avatar-tiny") }))
    : state.channels.filter((one) => one.kind === "channel").map((one) => ({ insert: `#${one.name} `, label: one.name, detail: one.topic, search: one.name, mark: icon("hash", 16) }));
  return found.filter((one) => one.search.toLowerCase().includes(wanted)).slice(0, 8).map((one) => ({ ...one, replaces: typed.length + 1 }));
}

/** The completion list of one textarea. The composer passes it every key first. */
export class Completion {
  constructor(area, { commands }) {
    this.area = area;
    this.commands = commands;
    this.matches = [];
    this.active = 0;
    this.node = h("div", { class: "completion", role: "listbox", id: uid("completion"), "aria-label": t("commands"), hidden: true, data: { testid: "completion" }, onmousedown: (event) => event.preventDefault() });
    area.setAttribute("aria-controls", this.node.id);
    area.setAttribute("aria-autocomplete", "list");
  }

  update() {
    const text = this.area.value.slice(0, this.area.selectionStart);
    this.matches = (this.commands && commandMatches(text)) || [];
    if (!this.matches.length) this.matches = nameMatches(text);
    this.active = 0;
    this.draw();
  }

  close() {
    this.matches = [];
    this.draw();
  }

  draw() {
    this.node.hidden = !this.matches.length;
    const heading = this.matches.some((one) => one.label.startsWith("/")) ? state.boot.app.name : null;
    replace(this.node, heading && h("div", { class: "completion-heading" }, heading, h("span", null, t("command_hint"))), this.matches.map((match, at) => this.row(match, at)));
    const current = this.node.querySelector(".active");
    if (current) { this.area.setAttribute("aria-activedescendant", current.id); current.scrollIntoView({ block: "nearest" }); } else this.area.removeAttribute("aria-activedescendant");
  }

  row(match, at) {
    return h("div", { class: ["completion-row", at === this.active && "active"], id: `${this.node.id}-${at}`, role: "option", "aria-selected": String(at === this.active), onclick: () => this.take(match) },
      h("span", { class: "completion-mark" }, match.mark), h("span", { class: "completion-label" }, match.label), match.hint && h("span", { class: "completion-usage" }, match.hint), match.detail && h("span", { class: "completion-detail" }, match.detail));
  }

  take(match) {
    const end = this.area.selectionStart;
    this.area.setRangeText(match.insert, end - match.replaces, end, "end");
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
    this.area.focus();
  }

  /** True when the key was for the list. */
  onKey(event) {
    if (!this.matches.length || event.isComposing) return false;
    const { key } = event;
    const match = this.matches[this.active];
    if (key === "ArrowDown" || key === "ArrowUp") {
      this.active = (this.active + (key === "ArrowDown" ? 1 : -1) + this.matches.length) % this.matches.length;
      this.draw();
    } else if (key === "Tab" && !event.shiftKey) this.take(match);
    else if (key === "Enter" && !event.shiftKey && this.area.value.trim() !== match.label) this.take(match);
    else if (key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}

/** The usage hint of the command being typed, or null. */
export function usageOf(text) {
  const command = /^(\/\S+)\s/.exec(text);
  const known = command && state.boot.commands.find((one) => one.command === command[1].toLowerCase());
  return known ? known.usage_hint || known.description : null;
}
