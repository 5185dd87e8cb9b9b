// Block Kit's select elements, built on the combobox: the source of their options and the form of
// their values.

import { post } from "./net.js";
import { textOf } from "./mrkdwn.js";
import { filterGroups, Select } from "./select.js";
import { state } from "./store.js";
import { roleOf, t } from "./strings.js";

const plainText = (text) => ({ type: "plain_text", text });

const people = () => state.boot.people.map((one) => ({ text: plainText(one.real_name || one.name), value: one.id, keywords: one.name, description: one.title ? plainText(roleOf(one)) : undefined }));
const channels = () => state.channels.filter((one) => one.kind === "channel").map((one) => ({ text: plainText(`#${one.name}`), value: one.id }));

function conversations(element) {
  const include = element.filter && element.filter.include;
  const wanted = (kinds) => !include || kinds.some((kind) => include.includes(kind));
  const bots = element.filter && element.filter.exclude_bot_users ? [] : [{ text: plainText(state.boot.app.name), value: state.boot.app.bot_user_id }];
  return [
    { label: t("channels"), options: wanted(["public", "private"]) ? channels() : [] },
    { label: t("direct_messages"), options: wanted(["im"]) ? [...people(), ...bots] : [] },
  ];
}

function staticGroups(element) {
  if (element.option_groups) return element.option_groups.map((group) => ({ label: textOf(group.label), options: group.options }));
  return [{ label: "", options: element.options || [] }];
}

async function remoteGroups(element, blockId, ctx, query) {
  const answer = await post("options", { container: ctx.container, block_id: blockId, action_id: element.action_id, query });
  if (answer.error) throw new Error(answer.error);
  if (answer.option_groups && answer.option_groups.length) return answer.option_groups.map((group) => ({ label: textOf(group.label), options: group.options || [] }));
  return [{ label: "", options: answer.options || [] }];
}

const SOURCES = {
  static: (element) => staticGroups(element),
  users: () => [{ label: "", options: people() }],
  channels: () => [{ label: "", options: channels() }],
  conversations: (element) => conversations(element),
};
const PLACEHOLDERS = { users: "select_person", channels: "select_channel", conversations: "select_conversation" };

function selectedOptions(source, element, value) {
  const values = [value ?? []].flat();
  if (source === "static" || source === "external") return values;
  const all = SOURCES[source](element).flatMap((group) => group.options);
  return values.map((id) => all.find((option) => option.value === id) || { text: plainText(id), value: id });
}

/** The node of any *_select element. `changed` gets the value in Slack's form. */
export function selectOf(element, blockId, ctx, changed) {
  const multi = element.type.startsWith("multi_");
  const source = element.type.replace(/^multi_/, "").replace(/_select$/, "");
  const carries = source === "static" || source === "external" ? (option) => option : (option) => option.value;
  const remote = source === "external";
  const select = new Select({
    multi, remote, minQuery: remote ? element.min_query_length ?? 3 : 0, max: element.max_selected_items,
    load: (query) => remote ? remoteGroups(element, blockId, ctx, query) : filterGroups(SOURCES[source](element), query),
    selected: selectedOptions(source, element, ctx.form.get(blockId, element.action_id)),
    placeholder: textOf(element.placeholder) || t(PLACEHOLDERS[source] || (multi ? "choose_many" : "choose")),
    label: ctx.label || textOf(element.placeholder) || element.action_id,
    testid: ctx.field ? `field-${ctx.field}` : `action-${element.action_id}`, actionId: element.action_id,
    describedBy: ctx.describedBy, invalid: ctx.invalid, compact: !ctx.input, clearable: ctx.input && !ctx.required,
    onChange: (options) => changed(select.node, element, multi ? options.map(carries) : options.length ? carries(options[0]) : null, blockId, ctx),
  });
  return select.node;
}
