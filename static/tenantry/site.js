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

  // A form that is sent while a person types says that this failed, and keeps what was typed.
  const failure = ({ elt, verb }) => verb === "post" && elt.closest("form")?.querySelector("[data-failed]");

  // htmx asks for a part of a page. If the response is another page, such as the sign-in when the
  // session has ended, the browser opens it. The page of an error is shown as a whole.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { finalRequestPath: asked, responsePath: led } = detail.pathInfo;
    const isElsewhere = led && led.split("?")[0] !== asked.split("?")[0];
    const note = failure(detail.requestConfig);
    if (note) {
      note.hidden = !isElsewhere && !detail.isError;
      detail.shouldSwap = note.hidden;
    } else if (isElsewhere) {
      detail.shouldSwap = false;
      location.assign(led);
    } else if (detail.isError) {
      const page = new DOMParser().parseFromString(detail.serverResponse, "text/html");
      document.body.className = page.body.className;
      Object.assign(detail, { shouldSwap: true, target: document.body, swapOverride: "innerHTML", selectOverride: "unset" });
    }
  });
  document.addEventListener("htmx:sendError", ({ detail }) => {
    const note = failure(detail.requestConfig);
    if (note) note.hidden = false;
  });
})();
