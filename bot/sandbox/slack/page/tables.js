// The table and data_table blocks; data_table has sorting and pages.

import { h, icon, replace } from "./dom.js";
import { plain } from "./mrkdwn.js";
import { richText, richTextWords } from "./richtext.js";
import { locale, t } from "./strings.js";

function cellNode(cell) {
  if (cell.type === "rich_text") return h("div", { class: "mk" }, richText(cell));
  if (cell.type === "raw_number") return cell.text || new Intl.NumberFormat(locale(), { maximumFractionDigits: 6 }).format(cell.value);
  return plain(cell.text ?? "");
}

const words = (cell) => cell.type === "rich_text" ? richTextWords(cell) : String(cell.text ?? cell.value ?? "");

/** A cell's sort key: numbers before texts, "12 %" and "1,200" as numbers. */
function sortKey(cell) {
  if (cell.type === "raw_number") return Number(cell.value);
  const text = words(cell).trim();
  const number = Number(text.replace(/,/g, "").replace(/\s*(%|ms|s|kbps|fps)$/i, ""));
  return text && Number.isFinite(number) ? number : text.toLowerCase();
}

function compare(one, other) {
  const [left, right] = [sortKey(one), sortKey(other)];
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left !== typeof right) return typeof left === "number" ? -1 : 1;
  return left.localeCompare(right, locale(), { numeric: true });
}

/** A table block: the first row is its head. */
export function simpleTable(block) {
  const settings = block.column_settings || [];
  const row = (cells, tag) => h("tr", null, cells.map((cell, column) => {
    const setting = settings[column] || {};
    return h(tag, { scope: tag === "th" ? "col" : null, class: setting.is_wrapped && "wrapped", data: { align: setting.align || (cell.type === "raw_number" ? "right" : null) } }, cellNode(cell));
  }));
  const [head, ...body] = block.rows;
  return h("div", { class: "table-scroll", tabindex: "0" }, h("table", { class: "table" }, h("thead", null, row(head, "th")), h("tbody", null, body.map((cells) => row(cells, "td")))));
}

function headCell(cell, column, view, draw) {
  const name = words(cell);
  const sorted = view.column === column ? view.direction : 0;
  const sort = sorted ? (sorted > 0 ? "ascending" : "descending") : "none";
  return h("th", { scope: "col", "aria-sort": sort, data: { align: view.numeric[column] ? "right" : null } },
    h("button", { type: "button", class: "sort", "aria-label": t("sort_by", { name }), onclick: () => {
      view.direction = view.column === column ? (view.direction > 0 ? -1 : 1) : 1;
      view.column = column;
      view.page = 0;
      draw(column);
    } }, cellNode(cell), h("span", { class: ["sort-mark", sorted > 0 && "up", sorted < 0 && "down"], "aria-hidden": "true" }, icon("down", 12))));
}

function sortedRows(body, view) {
  if (view.column === null) return body;
  return [...body].sort((one, other) => view.direction * compare(one[view.column], other[view.column]));
}

function pager(view, total, size, draw) {
  if (total <= size) return null;
  const from = view.page * size;
  const turn = (by) => { view.page += by; draw(); };
  return h("div", { class: "pager" },
    h("span", null, t("page_of", { from: from + 1, to: Math.min(total, from + size), total })),
    h("button", { type: "button", class: "icon-button", "aria-label": t("previous"), disabled: view.page === 0, onclick: () => turn(-1) }, icon("left", 16)),
    h("button", { type: "button", class: "icon-button", "aria-label": t("next"), disabled: from + size >= total, onclick: () => turn(1) }, icon("right", 16)));
}

/** A data_table block: caption, sorting by column, pages of page_size rows. */
export function dataTable(block) {
  const [head, ...body] = block.rows;
  const size = block.page_size || 5;
  const rowHead = block.row_header_column_index ?? 0;
  const view = { column: null, direction: 1, page: 0, numeric: head.map((_, column) => body.every((row) => row[column].type === "raw_number")) };
  const node = h("div", { class: "data-table", data: { testid: "data-table" } });
  const draw = (focusColumn = null) => {
    const rows = sortedRows(body, view).slice(view.page * size, (view.page + 1) * size);
    replace(node, h("div", { class: "table-scroll" }, h("table", { class: "table" },
      h("caption", null, block.caption),
      h("thead", null, h("tr", null, head.map((cell, column) => headCell(cell, column, view, draw)))),
      h("tbody", null, rows.map((row) => h("tr", null, row.map((cell, column) =>
        h(column === rowHead ? "th" : "td", { scope: column === rowHead ? "row" : null, data: { align: cell.type === "raw_number" ? "right" : null } }, cellNode(cell)))))))),
    pager(view, body.length, size, () => draw()));
    if (focusColumn !== null) node.querySelectorAll(".sort")[focusColumn].focus();
  };
  draw();
  return node;
}
