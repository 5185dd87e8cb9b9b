// Building DOM nodes. Text always enters as text nodes, so nothing a user or an app
// wrote is ever parsed as markup.

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "disabled", "selected", "open", "hidden", "readOnly", "indeterminate", "multiple", "required"]);

function assign(node, key, value) {
  if (value === null || value === undefined || value === false && !PROPERTIES.has(key)) return;
  if (key === "class") node.setAttribute("class", Array.isArray(value) ? value.filter(Boolean).join(" ") : value);
  else if (key === "data") for (const [name, item] of Object.entries(value)) { if (item !== undefined && item !== null) node.dataset[name] = item; }
  else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
  else if (key === "vars") for (const [name, item] of Object.entries(value)) node.style.setProperty(name, item);
  else if (PROPERTIES.has(key) && key in node) node[key] = value;
  else node.setAttribute(key, value === true ? "" : value);
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** An element: h("p", {class: "x", onclick: f}, "text", [more]). Null and false children are skipped. */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  // children first: a select's or textarea's value needs them
  append(node, children);
  for (const [key, value] of Object.entries(props || {})) assign(node, key, value);
  return node;
}

/** An SVG element, attributes as written. */
export function s(tag, props, ...children) {
  const node = document.createElementNS(SVG, tag);
  append(node, children);
  for (const [key, value] of Object.entries(props || {})) assign(node, key, value);
  return node;
}

export function fragment(...children) {
  const node = document.createDocumentFragment();
  append(node, children);
  return node;
}

export function replace(node, ...children) {
  node.replaceChildren(fragment(...children));
  return node;
}

/** Make `nodes` the children of `parent`. One that is in its position already is not moved, which keeps focus and typed text. */
export function patch(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, at) => { if (parent.children[at] !== node) parent.insertBefore(node, parent.children[at] || null); });
}

const PATHS = {
  hash: "M7.5 3 6 17M13.5 3 12 17M3.5 7.5h13M3 12.5h13",
  home: "m3 9 7-6 7 6v7a1 1 0 0 1-1 1h-4v-5H8v5H4a1 1 0 0 1-1-1z",
  chat: "M4 4h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H9l-4 3v-3H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1z",
  close: "m5 5 10 10M15 5 5 15",
  send: "M3 4.5 17.5 10 3 15.5 5 10zM5 10h7",
  bolt: "M11 2.5 4.5 11H10l-1 6.5L15.5 9H10z",
  more: "M10 4.5h.01M10 10h.01M10 15.5h.01",
  dots: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  thread: "M4 4h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H9l-4 3.5V13H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM6.5 7.5h7M6.5 10h4",
  link: "M8.5 11.5a3 3 0 0 0 4.3 0l2.4-2.4a3 3 0 0 0-4.3-4.3l-1 1M11.5 8.5a3 3 0 0 0-4.3 0l-2.4 2.4a3 3 0 0 0 4.3 4.3l1-1",
  down: "m5 8 5 5 5-5",
  right: "m8 5 5 5-5 5",
  left: "m12 5-5 5 5 5",
  check: "m4 10.5 4 4 8-9",
  sun: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.6M10 16.4V18M2 10h1.6M16.4 10H18M4.3 4.3l1.2 1.2M14.5 14.5l1.2 1.2M4.3 15.7l1.2-1.2M14.5 5.5l1.2-1.2",
  moon: "M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5z",
  pulse: "M2.5 11h3l2-6 4 11 2.5-7 1.2 2H17.5",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  edit: "m4 13.5-.7 3.2 3.2-.7L16 6.5 13.5 4zM12 5.5 14.5 8",
  trash: "M4 5.5h12M8 5.5V4a1 1 0 0 1 1-1h2a1 1 0 0 1 1 1v1.5M5.5 5.5 6 16a1 1 0 0 0 1 1h6a1 1 0 0 0 1-1l.5-10.5M8.5 8.5v5M11.5 8.5v5",
  eye: "M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10zM10 7.7a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6z",
  warn: "M10 3 18 17H2zM10 8v4M10 14.5h.01",
  info: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 9v5M10 6.2h.01",
  ok: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM6.5 10.2l2.4 2.4 4.6-5",
  error: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 6v5M10 13.8h.01",
  up2: "M6 9v8H3.5V9zM6 9l3.5-6.5c1.2 0 2 .9 1.7 2.2L10.6 8H15a1.6 1.6 0 0 1 1.6 2l-1.3 5.5A2 2 0 0 1 13.4 17H6",
  down2: "M6 11V3H3.5v8zM6 11l3.5 6.5c1.2 0 2-.9 1.7-2.2L10.6 12H15a1.6 1.6 0 0 0 1.6-2l-1.3-5.5A2 2 0 0 0 13.4 3H6",
  play: "M6.5 4v12l10-6z",
  file: "M5 2.5h6.5L15 6v11.5H5zM11.5 2.5V6H15",
  people: "M7 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 16.5c0-3 2-5 5-5s5 2 5 5M13 9a2.5 2.5 0 1 0-.5-5M14 11.6c2.4.2 4 2 4 4.4",
  bold: "M6 4h4.5a3 3 0 0 1 0 6H6zM6 10h5.2a3 3 0 0 1 0 6H6z",
  italic: "M8.5 4h5M6.5 16h5M11.5 4l-3 12",
  strike: "M3.5 10h13M13.5 6.2C13 4.8 11.7 4 10 4 8 4 6.6 5 6.6 6.7c0 .9.4 1.6 1.2 2.1M6.4 13.5C6.8 15.2 8.2 16 10 16c2.1 0 3.6-1 3.6-2.9 0-.5-.1-.9-.3-1.3",
  code: "m7 6-4 4 4 4M13 6l4 4-4 4",
  quote: "M4 4v12M8 6h9M8 10h7M8 14h5",
  plus: "M10 4v12M4 10h12",
  expand: "M12 3.5h4.5V8M8 16.500H3.5V12M16 4l-5 5M4 16l5-5",
};

/** A 20 px line icon, hidden from screen readers: its button carries the label. */
export function icon(name, size = 18) {
  return s("svg", { viewBox: "0 0 20 20", width: size, height: size, class: `icon icon-${name}`, "aria-hidden": "true", focusable: "false" },
    s("path", { d: PATHS[name] || PATHS.dots }));
}

/** A button with an icon and no visible text; the label is its name and its tooltip. */
export function iconButton(name, label, props = {}, size = 18) {
  return h("button", { type: "button", "aria-label": label, title: label, ...props, class: ["icon-button", props.class].filter(Boolean).join(" ") }, icon(name, size));
}

let counter = 0;
/** An id unique in this page, for aria references. */
export function uid(prefix = "n") {
  counter += 1;
  return `${prefix}-${counter}`;
}

/** Announce a visible change to screen readers. */
export function announce(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

/** Only these schemes become links; javascript: and data: remain text. */
export function safeUrl(url) {
  return /^(https?:|mailto:|tel:|\/)/i.test(url || "") ? url : null;
}
