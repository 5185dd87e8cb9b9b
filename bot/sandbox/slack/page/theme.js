// Light and dark theme: the system's preference until one is chosen; stored in this browser.

const KEY = "workspace-theme";
const dark = () => matchMedia("(prefers-color-scheme: dark)").matches;

function read() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function applyTheme() {
  document.documentElement.dataset.theme = read() || (dark() ? "dark" : "light");
}

export function toggleTheme() {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(KEY, next);
  } catch { /* a browser that keeps nothing: this visit only */ }
  document.documentElement.dataset.theme = next;
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", applyTheme);
