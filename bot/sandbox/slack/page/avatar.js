// Avatars: initials on a person's colour, the app's logo, Slackbot.

import { h, s } from "./dom.js";
import { isBot, person, userName } from "./store.js";

const COLOURS = ["#2f7bd0", "#c2410c", "#0f8a5f", "#8b3fc7", "#b4235a", "#5b6b16", "#0e7490", "#9a5b00"];

function initials(name) {
  const han = [...name].filter((char) => /\p{Script=Han}/u.test(char));
  if (han.length) return han.length > 2 ? han.slice(-2).join("") : han.join("");
  return name.split(/[\s._-]+/).filter(Boolean).slice(0, 2).map((word) => [...word][0].toUpperCase()).join("");
}

const hash = (text) => [...text].reduce((sum, char) => (sum * 31 + char.codePointAt(0)) % 9973, 7);
const colourOf = (one, id) => one && one.color ? (one.color.startsWith("#") ? one.color : `#${one.color}`) : COLOURS[hash(id || "?") % COLOURS.length];

function mark() {
  return s("svg", { viewBox: "0 0 32 32", "aria-hidden": "true" }, s("path", { d: "M6 19h3.5l2.5-8 4 13 3-9 1.5 4H26", class: "app-mark" }));
}

/** A square avatar for a user id; decorative, the name is beside it. */
export function avatar(id, className = "", name = null) {
  if (isBot(id) || id && id.startsWith("B")) return h("span", { class: ["avatar avatar-app", className], "aria-hidden": "true" }, mark());
  if (id === "USLACKBOT") return h("span", { class: ["avatar avatar-slackbot", className], "aria-hidden": "true" }, "S");
  return h("span", { class: ["avatar", className], "aria-hidden": "true", vars: { "--face": colourOf(person(id), id) } }, initials(name || userName(id)));
}
