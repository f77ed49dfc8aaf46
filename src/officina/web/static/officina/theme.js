// Sets the chosen theme before anything is painted; the choice is all that is kept beyond the tab.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
})();
