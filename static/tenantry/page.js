// Gives names to what Django's, DRF's and Unfold's templates leave without one, for those who
// have a page read out to them; also to what scripts add later.
"use strict";
(() => {
  // What a page sends was meant for the organization it shows, whatever other tabs do.
  const { organization } = document.currentScript.dataset;
  if (organization) $.ajaxSetup({ headers: { "X-Organization": organization } });

  const name = (element, text) => {
    if (text && text.trim() && !element.hasAttribute("aria-label")) {
      element.setAttribute("aria-label", text.trim());
    }
  };
  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);
  const labelOf = (id) => document.querySelector(`label[for="${id}"]`)?.textContent;

  const nameAll = () => {
    each(".form-group :is(input, select, textarea)", (field) => {
      name(field, field.closest(".form-group").querySelector("label")?.textContent);
    });
    each("button[data-toggle=dropdown]", (button) => name(button, button.textContent.trim() || "Format"));
    each("pre", (text) => { text.tabIndex = 0; });
    each("td[data-label] :is(input, select)", (field) => name(field, field.closest("td").dataset.label));
    each("select + .select2-container :is([role=combobox], [role=textbox])", (part) => {
      name(part, labelOf(part.closest(".select2-container").previousElementSibling.id));
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.documentElement.lang ||= "en";
    nameAll();
    new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
  });
})();
