// Adds the aria-labels that Django's, DRF's and Unfold's templates lack, for screen readers; also
// to elements that scripts add later.
"use strict";
(() => {
  // A page's requests name the page's organization, so that a switch in another tab gets 409.
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
