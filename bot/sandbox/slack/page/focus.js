// Restoring focus, caret and scroll position after a redraw.

const KEYS = ["focusKey", "testid", "actionId"];

function keyOf(node) {
  for (const key of KEYS) if (node && node.dataset && node.dataset[key]) return [key, node.dataset[key]];
  return null;
}

function find(root, [key, value]) {
  return [...root.querySelectorAll("input, textarea, button, a, [tabindex]")].find((node) => node.dataset[key] === value) || null;
}

/** Run `draw`, which replaces what is inside `root`, and put focus back on the same control. */
export function keepFocus(root, draw) {
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  const key = focused && keyOf(focused);
  const caret = focused && "selectionStart" in focused ? readCaret(focused) : null;
  const scroll = root.scrollTop;
  draw();
  root.scrollTop = scroll;
  const again = key && find(root, key);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (caret && caret[0] !== null) try { again.setSelectionRange(...caret); } catch { /* dates have no caret */ }
}

function readCaret(node) {
  try {
    return [node.selectionStart, node.selectionEnd];
  } catch {
    return null;
  }
}
