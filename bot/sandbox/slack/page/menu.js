// Pop-up layers: positioning, and menus for keyboard and mouse.

import { h, icon, replace, uid } from "./dom.js";

/** Open a layer beside its anchor, above everything, inside the anchor's dialog if it has one. */
export function openLayer(layer, anchor, { align = "start", gap = 4, sameWidth = false } = {}) {
  layer.setAttribute("popover", "manual");
  layer.classList.add("layer");
  (anchor.closest("dialog") || document.body).append(layer);
  layer.showPopover();
  placeLayer(layer, anchor, { align, gap, sameWidth });
}

export function placeLayer(layer, anchor, { align = "start", gap = 4, sameWidth = false } = {}) {
  const box = anchor.getBoundingClientRect();
  if (sameWidth) layer.style.minWidth = `${Math.min(box.width, innerWidth - 16)}px`;
  const { offsetWidth: width, scrollHeight: height } = layer;
  const below = innerHeight - box.bottom - gap - 8;
  const above = box.top - gap - 8;
  const onTop = below < Math.min(height, 240) && above > below;
  layer.style.maxHeight = `${Math.max(120, onTop ? above : below)}px`;
  const left = align === "end" ? box.right - width : box.left;
  layer.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  layer.style.top = onTop ? "auto" : `${box.bottom + gap}px`;
  layer.style.bottom = onTop ? `${innerHeight - box.top + gap}px` : "auto";
}

let openMenuNow = null;

/** Close the open menu, if any. */
function closeMenu(returnFocus = true) {
  if (!openMenuNow) return;
  const { layer, anchor, onClose, outside } = openMenuNow;
  openMenuNow = null;
  document.removeEventListener("pointerdown", outside, true);
  layer.remove();
  anchor.setAttribute("aria-expanded", "false");
  if (returnFocus && anchor.isConnected) anchor.focus();
  if (onClose) onClose();
}

function itemNode(item) {
  if (item === "divider") return h("div", { class: "menu-divider", role: "separator" });
  if (item.heading) return h("div", { class: "menu-heading", role: "presentation" }, item.heading);
  const role = item.checked === undefined ? "menuitem" : "menuitemradio";
  return h("button", {
    type: "button", role, tabindex: "-1", class: ["menu-item", item.danger && "danger"],
    "aria-checked": item.checked === undefined ? null : String(item.checked),
    data: { testid: item.testid }, disabled: Boolean(item.disabled),
    onclick: () => { closeMenu(); item.onSelect(); },
    onpointermove: (event) => event.currentTarget.focus({ preventScroll: true }),
  }, item.node || (item.icon ? icon(item.icon) : null),
  h("span", { class: "menu-text" }, h("span", { class: "menu-label" }, item.label), item.detail && h("span", { class: "menu-detail" }, item.detail)),
  item.checked ? icon("check", 16) : null);
}

function moveTo(items, index) {
  const item = items[(index + items.length) % items.length];
  if (item) item.focus();
}

function onKey(event, layer) {
  const items = [...layer.querySelectorAll(".menu-item:not([disabled])")];
  const at = items.indexOf(document.activeElement);
  const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
  if (event.key in moves) moveTo(items, moves[event.key]);
  else if (event.key === "Escape" || event.key === "Tab") closeMenu();
  else if (event.key.length === 1 && /\S/.test(event.key)) {
    const next = [...items.slice(at + 1), ...items].find((item) => item.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()));
    if (next) next.focus();
    return;
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

/**
 * Open a menu at its button. Items: {label, detail?, icon?, node?, danger?, checked?, testid?, onSelect},
 * {heading} or "divider". A second call on the same button closes it.
 */
export function openMenu(anchor, items, { label = "", align = "start", onClose = null, testid = null } = {}) {
  const again = openMenuNow && openMenuNow.anchor === anchor;
  closeMenu();
  if (again) return;
  const layer = h("div", { class: "menu", role: "menu", id: uid("menu"), "aria-label": label, data: { testid } });
  replace(layer, items.map(itemNode));
  layer.addEventListener("keydown", (event) => onKey(event, layer));
  const outside = (event) => { if (!layer.contains(event.target) && !anchor.contains(event.target)) closeMenu(false); };
  document.addEventListener("pointerdown", outside, true);
  openMenuNow = { layer, anchor, onClose, outside };
  anchor.setAttribute("aria-expanded", "true");
  openLayer(layer, anchor, { align });
  moveTo([...layer.querySelectorAll(".menu-item:not([disabled])")], Math.max(0, items.filter((item) => item.label).findIndex((item) => item.checked)));
}

/** A small note that disappears after a moment. */
export function toast(text) {
  const node = h("div", { class: "toast", role: "status" }, text);
  node.setAttribute("popover", "manual");
  ([...document.querySelectorAll("dialog[open]")].at(-1) || document.body).append(node);
  node.showPopover();
  setTimeout(() => node.remove(), 2600);
}
