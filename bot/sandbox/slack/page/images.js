// Images: by URL or uploaded file, larger on click, with alt text when missing.

import { enlarge } from "./dialog.js";
import { h, icon } from "./dom.js";
import { t } from "./strings.js";

function fileId(file) {
  if (!file) return null;
  if (file.id) return file.id;
  const match = /(F[A-Z0-9]{8,})/.exec(file.url || "");
  return match ? match[1] : null;
}

/** An image object's URL, or null. */
function sourceOf(object) {
  const id = fileId(object.slack_file);
  return id ? `/page/file/${id}` : object.image_url || object.url || (object.slack_file && object.slack_file.url) || null;
}

/** An <img>; a broken one becomes a box with its alt text. */
export function pictureOf(object, className) {
  const alt = object.alt_text || "";
  const missing = () => h("span", { class: ["image-missing", className], role: "img", "aria-label": `${t("image_missing")}: ${alt}` }, icon("file", 18), h("span", null, alt || t("image_missing")));
  const source = sourceOf(object);
  if (!source) return missing();
  const image = h("img", { src: source, alt, class: className, loading: "lazy", title: alt, onerror: () => (image.closest(".image-open") || image).replaceWith(missing()) });
  return image;
}

/** An image that opens larger. */
export function openable(object, className) {
  const picture = pictureOf(object, className);
  if (picture.tagName !== "IMG") return picture;
  return h("button", { type: "button", class: "image-open", "aria-label": t("enlarge", { name: object.alt_text || "" }), onclick: () => enlarge(picture.src, object.alt_text || "") }, picture);
}
