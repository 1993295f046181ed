/* Niceties only: every page works without this file.
   It stands in the head without defer, so that the chosen theme is there before the first paint. */
(() => {
  "use strict";

  const root = document.documentElement;
  const THEMES = ["system", "light", "dark"];

  function storedTheme() {
    try {
      return localStorage.getItem("theme") || "system";
    } catch {
      return "system"; // storage is switched off
    }
  }

  function applyTheme(theme) {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
    }
  }

  function chooseTheme(theme) {
    if (!THEMES.includes(theme)) return;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // the choice then lasts for this page
    }
    applyTheme(theme);
  }

  /* The dialog: a link with data-dialog is fetched into it; without script the link opens a page. */
  const dialog = () => document.getElementById("dialog");
  let openerHref = "";

  function openInDialog(link) {
    if (!window.htmx || !dialog()) return false;
    openerHref = link.href;
    window.htmx.ajax("GET", link.href, { target: "#dialog-content", swap: "innerHTML" });
    closeMenus();
    return true;
  }

  function showDialog() {
    if (!dialog().open) dialog().showModal();
    const first = dialog().querySelector("[aria-invalid='true'], [autofocus], .errors");
    (first ?? dialog().querySelector("h2"))?.focus();
  }

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    const plainClick = !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0;
    if (link && plainClick && openInDialog(link)) return event.preventDefault();
    if (event.target.closest("[data-dialog-close]") && dialog()?.open) {
      event.preventDefault();
      return dialog().close();
    }
    const theme = event.target.closest("[data-theme-choice]");
    if (theme) return chooseTheme(theme.dataset.themeChoice);
    return closeMenus(event.target.closest("details.menu"));
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  /* An answer that is no dialog (not found, a failure): open the page itself, which says what is the matter. */
  document.addEventListener("htmx:responseError", () => {
    if (openerHref) location.assign(openerHref);
  });

  document.addEventListener("htmx:sendError", () => {
    const words = document.getElementById("no-connection").content.cloneNode(true);
    if (!dialog().querySelector(".no-connection")) dialog().querySelector("#dialog-content").prepend(words);
    if (!dialog().open) dialog().showModal();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "dialog-content") showDialog();
    prepare(event.detail.target);
  });

  /* Countdowns: <time datetime="…" data-countdown>in 37 minutes</time>. The server wrote the same words. */
  const UNITS = [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
  ];

  function inWords(seconds) {
    const format = new Intl.RelativeTimeFormat(root.lang || "en", { numeric: "always" });
    if (seconds >= 2 * 86400) return format.format(Math.floor(seconds / 86400 + 0.5), "day");
    for (const [unit, length] of UNITS) {
      if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
    }
    return format.format(Math.trunc(seconds), "second");
  }

  function tick() {
    for (const time of document.querySelectorAll("time[data-countdown]")) {
      const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
      const words = inWords(seconds);
      if (time.textContent !== words) time.textContent = words;
      if (seconds <= 0) time.closest("[data-until]")?.querySelector("[data-over]")?.removeAttribute("hidden");
    }
  }

  /* File fields say what was chosen, and take files dropped on them. */
  function sizeInWords(bytes) {
    const units = ["B", "kB", "MB", "GB"];
    const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
    const amount = new Intl.NumberFormat(root.lang || "en", { maximumFractionDigits: power > 1 ? 1 : 0 });
    return `${amount.format(bytes / 1000 ** power)} ${units[power]}`;
  }

  function listChosen(input) {
    const list = input.closest(".drop")?.querySelector("[data-chosen]");
    if (!list) return;
    list.replaceChildren(
      ...Array.from(input.files, (file) => {
        const item = document.createElement("li");
        item.textContent = `${file.name}, ${sizeInWords(file.size)}`;
        return item;
      }),
    );
  }

  function prepareDrop(drop) {
    const input = drop.querySelector("input[type='file']");
    const over = (is) => (event) => {
      event.preventDefault();
      drop.classList.toggle("drop--over", is);
    };
    drop.addEventListener("dragover", over(true));
    drop.addEventListener("dragleave", over(false));
    drop.addEventListener("drop", (event) => {
      over(false)(event);
      input.files = event.dataTransfer.files;
      listChosen(input);
    });
    input.addEventListener("change", () => listChosen(input));
  }

  function prepare(part) {
    part.querySelectorAll(".drop").forEach(prepareDrop);
    part.querySelectorAll("[data-with-script]").forEach((element) => element.removeAttribute("hidden"));
    tick();
  }

  applyTheme(storedTheme());
  document.addEventListener("DOMContentLoaded", () => {
    applyTheme(storedTheme());
    prepare(document);
    document.querySelector(".page .errors")?.focus();
    setInterval(tick, 1000);
  });
})();
