// Form state: the values of one view's or message's stateful elements.

const OPTION_TYPES = ["static_select", "external_select", "radio_buttons"];
const OPTIONS_TYPES = ["multi_static_select", "multi_external_select", "checkboxes"];
const STATELESS = ["button", "overflow", "image", "feedback_buttons", "icon_button", "workflow_button", "url"];

/** Every element of these blocks with the id of its block: [[element, blockId, block]...]. */
export function elementsOf(blocks) {
  const found = [];
  for (const block of blocks || []) {
    const inner = [block.element, block.accessory, ...(["actions", "context_actions"].includes(block.type) ? block.elements || [] : [])];
    for (const element of inner) if (element && element.type) found.push([element, block.block_id, block]);
    if (block.child_blocks) found.push(...elementsOf(block.child_blocks));
  }
  return found;
}

const isStateful = (element) => !STATELESS.includes(element.type);

function initial(element) {
  if (OPTION_TYPES.includes(element.type)) return element.initial_option || null;
  if (OPTIONS_TYPES.includes(element.type)) return element.initial_options || [];
  const names = {
    users_select: "initial_user", conversations_select: "initial_conversation", channels_select: "initial_channel",
    multi_users_select: "initial_users", multi_conversations_select: "initial_conversations", multi_channels_select: "initial_channels",
    datepicker: "initial_date", timepicker: "initial_time", datetimepicker: "initial_date_time",
  };
  return element[names[element.type] || "initial_value"] ?? (element.type.startsWith("multi_") ? [] : null);
}

export class Form {
  constructor() {
    this.values = new Map();
    this.errors = {};
  }

  key(blockId, actionId) {
    return `${blockId}\n${actionId}`;
  }

  /** Adopt a view's blocks: values typed under the same ids are kept, the others start with the app's initial values. */
  sync(blocks) {
    const fresh = new Map();
    for (const [element, blockId] of elementsOf(blocks)) {
      if (!isStateful(element) || !element.action_id) continue;
      const key = this.key(blockId, element.action_id);
      fresh.set(key, this.values.has(key) ? this.values.get(key) : initial(element));
    }
    this.values = fresh;
    for (const blockId of Object.keys(this.errors)) if (!(blocks || []).some((block) => block.block_id === blockId)) delete this.errors[blockId];
  }

  get(blockId, actionId) {
    return this.values.get(this.key(blockId, actionId)) ?? null;
  }

  set(blockId, actionId, value) {
    this.values.set(this.key(blockId, actionId), value);
  }

  /** {block_id: {action_id: value}}, empty text as null. */
  state() {
    const state = {};
    for (const [key, value] of this.values) {
      const [blockId, actionId] = key.split("\n");
      (state[blockId] ||= {})[actionId] = value === "" ? null : value;
    }
    return state;
  }
}

const isEmpty = (value) => value === null || value === undefined || typeof value === "string" && !value.trim() || Array.isArray(value) && !value.length;

function checkText(element, value, t) {
  const length = [...value].length;
  if (element.min_length && length < element.min_length) return t("min_error", { n: element.min_length });
  if (element.max_length && length > element.max_length) return t("max_error", { n: element.max_length });
  return null;
}

function checkNumber(element, value, t) {
  const number = Number(value);
  if (!Number.isFinite(number)) return t("number_error");
  if (!element.is_decimal_allowed && !Number.isInteger(number)) return t("number_whole");
  if (element.min_value !== undefined && number < Number(element.min_value)) return t("number_min", { n: element.min_value });
  if (element.max_value !== undefined && number > Number(element.max_value)) return t("number_max", { n: element.max_value });
  return null;
}

const CHECKS = {
  plain_text_input: checkText,
  number_input: checkNumber,
  email_text_input: (element, value, t) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value) ? null : t("email_error"),
  url_text_input: (element, value, t) => /^https?:\/\/[^\s/]+\S*$/i.test(value) ? null : t("url_error"),
};

/** The checks that Slack's client makes before it sends: {block_id: message}. */
export function check(view, form, t) {
  const errors = {};
  for (const block of view.blocks) {
    if (block.type !== "input") continue;
    const value = form.get(block.block_id, block.element.action_id);
    const own = CHECKS[block.element.type];
    if (isEmpty(value)) { if (!block.optional) errors[block.block_id] = t("required_error"); }
    else if (own) { const error = own(block.element, String(value), t); if (error) errors[block.block_id] = error; }
  }
  return errors;
}
