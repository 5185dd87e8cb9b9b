// Where blocks stand: a message, a modal or App Home. Gives blocks their ctx and sends what
// people do there to the server.

import { Form } from "./form.js";
import { post } from "./net.js";

const forms = new Map();

/** The filled-in state of a surface, kept while its view or message lives. */
export function formOf(key, blocks) {
  if (!forms.has(key)) forms.set(key, new Form());
  const form = forms.get(key);
  form.sync(blocks);
  return form;
}

export const dropForm = (key) => forms.delete(key);

/** ctx for blocksNode. `container` is what the server knows the surface by. */
export function surfaceOf(surface, key, container, blocks, extra = {}) {
  const form = formOf(key, blocks);
  return {
    surface, container, form,
    act: async (element, blockId, value) => {
      const answer = await post("action", { container, block_id: blockId, action_id: element.action_id, value, state: form.state() });
      return answer.ok ? null : answer.error || "dispatch_failed";
    },
    ...extra,
  };
}
