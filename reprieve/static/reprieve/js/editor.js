/* What was typed into a form with data-unsaved is not left by accident. The form works without this. */
(() => {
  "use strict";

  let isUnsaved = false;

  document.addEventListener("input", (event) => {
    if (event.target.closest("form[data-unsaved]")) isUnsaved = true;
  });

  const keep = () => {
    isUnsaved = false;
  };
  document.addEventListener("submit", keep);
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.target.matches("form[data-unsaved]")) keep();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-leave]")) keep();
  });

  addEventListener("beforeunload", (event) => {
    if (isUnsaved) event.preventDefault();
  });
})();
