// The surfaces of blocks: messages, modals, App Home. Gives blocks their ctx and sends their
// actions to the server.

import { Form } from "./form.js";
import { post } from "./net.js";

const forms = new Map();

/** A surface's form state, kept as long as its view or message exists. */
function formOf(key, blocks) {
  if (!forms.has(key)) forms.set(key, new Form());
  const form = forms.get(key);
  form.sync(blocks);
  return form;
}

export const dropForm = (key) => forms.delete(key);

/** ctx for blocksNode. `container` identifies the surface to the server. */
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
