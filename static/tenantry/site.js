// Makes members' pages smoother. Each page works without it.
"use strict";
(() => {
  const TYPING = "input, textarea, select, [contenteditable]";

  // `/` goes to the search of the page, as on GitHub.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest(TYPING)) return;
    const search = document.querySelector("main input[type=search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });
})();
