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

  // A button to print: without JavaScript the browser's menu does it.
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  // htmx asks for a part of a page. If the response is another page, such as the sign-in when the
  // session has ended, the browser opens it. The page of an error is shown as a whole.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { finalRequestPath: asked, responsePath: led } = detail.pathInfo;
    if (led && led.split("?")[0] !== asked.split("?")[0]) {
      detail.shouldSwap = false;
      location.assign(led);
    } else if (detail.isError) {
      const page = new DOMParser().parseFromString(detail.serverResponse, "text/html");
      document.body.className = page.body.className;
      Object.assign(detail, { shouldSwap: true, target: document.body, swapOverride: "innerHTML", selectOverride: "unset" });
    }
  });
})();
