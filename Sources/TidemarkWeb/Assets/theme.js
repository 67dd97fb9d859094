// Runs before anything is painted: a page never shows the other theme first.
(function () {
  const root = document.documentElement;
  root.dataset.js = "on";
  try {
    const theme = localStorage.getItem("tidemark.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    if (localStorage.getItem("tidemark.density") === "compact") root.dataset.density = "compact";
  } catch {
    // Storage is blocked: the system's theme it is.
  }
})();
