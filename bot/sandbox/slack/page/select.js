// The combobox behind every select element: type to filter, arrows to move, Enter to choose.

import { h, icon, replace, uid } from "./dom.js";
import { openLayer, placeLayer } from "./menu.js";
import { textNode, textOf } from "./mrkdwn.js";
import { t } from "./strings.js";

const SEARCH_PAUSE_MS = 200;

const same = (one, other) => Boolean(one && other) && one.value === other.value;

/**
 * settings: {multi, load(query) -> [{label, options}], a promise of it when remote, remote, selected: [options], placeholder, label,
 * onChange(options), clearable, testid, actionTestid, describedBy, invalid, max, minQuery, compact}
 */
export class Select {
  constructor(settings) {
    this.settings = settings;
    this.selected = [...settings.selected];
    this.listId = uid("list");
    this.visible = [];
    this.active = -1;
    this.asked = 0;
    this.node = this.build();
    this.paint();
  }

  build() {
    const { label, testid, describedBy, invalid, compact, actionId } = this.settings;
    this.input = h("input", {
      type: "text", class: "select-input", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-label": label, "aria-expanded": "false", "aria-controls": this.listId, "aria-autocomplete": "list",
      "aria-haspopup": "listbox", "aria-describedby": describedBy, "aria-invalid": invalid ? "true" : null,
      data: { testid, actionId, focusKey: testid },
      oninput: () => { this.open(); this.search(this.input.value); },
      onfocus: () => this.input.select(),
      onclick: () => this.input.select(), // a click has put the caret into the chosen text
      onkeydown: (event) => this.onKey(event),
      onblur: () => this.close(),
    });
    this.chips = h("span", { class: "chips" });
    this.clearButton = h("button", { type: "button", class: "select-clear", tabindex: "-1", "aria-label": t("clear"), onmousedown: (event) => { event.preventDefault(); this.choose(null); } }, icon("close", 12));
    return h("div", {
      class: ["select", this.settings.multi && "select-multi", compact && "select-compact"],
      onmousedown: (event) => this.onPress(event),
    }, this.chips, this.input, this.clearButton, h("span", { class: "select-caret" }, icon("down", 14)));
  }

  paint() {
    const { multi, placeholder, clearable } = this.settings;
    const first = this.selected[0];
    this.input.placeholder = multi && this.selected.length ? "" : placeholder;
    this.input.value = !multi && first ? textOf(first.text) : "";
    this.input.size = this.settings.compact ? Math.max(6, Math.min(28, displayWidth(this.input.value || placeholder))) : 20;
    this.clearButton.hidden = multi || !clearable || !first;
    replace(this.chips, multi ? this.selected.map((option) => this.chip(option)) : []);
  }

  chip(option) {
    const name = textOf(option.text);
    return h("span", { class: "chip" }, h("span", null, name),
      h("button", { type: "button", "aria-label": t("remove", { name }), onclick: () => this.drop(option) }, icon("close", 10)));
  }

  drop(option) {
    this.selected = this.selected.filter((one) => !same(one, option));
    this.changed();
    this.input.focus();
  }

  onPress(event) {
    if (event.target.closest("button")) return;
    if (event.target !== this.input) event.preventDefault();
    this.input.focus();
    if (this.list) this.close();
    else this.show();
  }

  show() {
    this.open();
    this.search("");
  }

  open() {
    if (this.list) return;
    this.list = h("div", { class: "options", role: "listbox", id: this.listId, "aria-label": this.settings.label, "aria-multiselectable": this.settings.multi ? "true" : null, onmousedown: (event) => event.preventDefault() });
    this.input.setAttribute("aria-expanded", "true");
    openLayer(this.list, this.node, { sameWidth: true });
  }

  close() {
    if (!this.list) return;
    clearTimeout(this.timer);
    this.asked += 1;
    this.list.remove();
    this.list = null;
    this.active = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.paint();
  }

  search(query) {
    clearTimeout(this.timer);
    const { remote, minQuery = 0 } = this.settings;
    if (remote && [...query].length < minQuery) return this.say(minQuery > 1 ? t("type_more", { n: minQuery }) : t("type_to_search"));
    // a local list is filtered at once: Enter right after typing must choose from the filtered list
    if (!remote) return this.fill(this.settings.load(query.trim().toLowerCase()));
    this.say(t("searching"));
    this.asked += 1;
    const asked = this.asked;
    this.timer = setTimeout(() => this.fetch(query, asked), SEARCH_PAUSE_MS);
    return undefined;
  }

  async fetch(query, asked) {
    let groups;
    try {
      groups = await this.settings.load(query.trim().toLowerCase());
    } catch (error) {
      groups = null;
      if (asked === this.asked && this.list) this.say(t("options_failed", { error: error.message }));
    }
    if (groups && asked === this.asked && this.list) this.fill(groups);
  }

  say(text) {
    this.visible = [];
    replace(this.list, h("div", { class: "option-note", role: "presentation" }, text));
    placeLayer(this.list, this.node, { sameWidth: true });
  }

  fill(groups) {
    this.visible = [];
    const nodes = groups.filter((group) => group.options.length).map((group) => h("div", { role: "group", "aria-label": group.label || null },
      group.label && h("div", { class: "option-heading", role: "presentation" }, group.label),
      group.options.map((option) => this.option(option))));
    if (!this.visible.length) return this.say(t("no_results"));
    replace(this.list, nodes);
    placeLayer(this.list, this.node, { sameWidth: true });
    const chosen = this.visible.findIndex(({ option }) => this.selected.some((one) => same(one, option)));
    return this.point(this.settings.multi ? 0 : Math.max(0, chosen));
  }

  option(option) {
    const chosen = this.selected.some((one) => same(one, option));
    const node = h("div", {
      class: "option", role: "option", id: uid("option"), "aria-selected": String(chosen), data: { value: option.value },
      onclick: () => this.choose(option),
      onpointermove: () => this.point(this.visible.findIndex((one) => one.node === node), false),
    }, h("span", { class: "option-text" }, h("span", null, textNode(option.text)), option.description && h("span", { class: "option-detail" }, textNode(option.description))),
    chosen && icon("check", 16));
    this.visible.push({ node, option });
    return node;
  }

  point(index, scroll = true) {
    if (!this.visible.length) return;
    this.active = (index + this.visible.length) % this.visible.length;
    for (const [at, { node }] of this.visible.entries()) node.classList.toggle("active", at === this.active);
    const { node } = this.visible[this.active];
    this.input.setAttribute("aria-activedescendant", node.id);
    if (scroll) node.scrollIntoView({ block: "nearest" });
  }

  onKey(event) {
    const { key } = event;
    if (event.isComposing) return;
    if (key === "ArrowDown" || key === "ArrowUp") {
      if (this.list) this.point(this.active + (key === "ArrowDown" ? 1 : -1));
      else this.show();
    } else if (key === "Enter" || key === " " && !this.list) {
      if (this.list && this.visible[this.active]) this.choose(this.visible[this.active].option);
      else if (!this.list) this.show();
    } else if (key === "Escape" && this.list) this.close();
    else if (key === "Backspace" && this.settings.multi && !this.input.value && this.selected.length) { this.drop(this.selected.at(-1)); return; }
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(option) {
    const { multi, max } = this.settings;
    if (!multi) this.selected = option ? [option] : [];
    else if (this.selected.some((one) => same(one, option))) this.selected = this.selected.filter((one) => !same(one, option));
    else if (!max || this.selected.length < max) this.selected = [...this.selected, option];
    this.changed();
    if (!multi) this.close();
    else if (this.list) this.search("");
  }

  changed() {
    this.paint();
    this.settings.onChange(this.selected);
  }
}

const displayWidth = (text) => [...text].reduce((sum, char) => sum + (char.codePointAt(0) > 0x2e80 ? 2 : 1), 0);

/** Filter groups of options by what was typed, in text and description. */
export function filterGroups(groups, query) {
  if (!query) return groups;
  const hit = (option) => `${textOf(option.text)} ${textOf(option.description)} ${option.keywords || ""}`.toLowerCase().includes(query);
  return groups.map((group) => ({ ...group, options: group.options.filter(hit) }));
}
