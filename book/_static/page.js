// The switch between light and dark, the place in the contents, the way back to the top.
// It never asks where a heading is: that would lay out every section that is out of sight.
(() => {
  const root = document.documentElement;
  root.classList.remove("no-js");

  // A page opens fast because parts out of sight are not laid out (see book.css). When the reader does something they are,
  // one at a time, so that the scroll bar and the browser's search find things where they will stay. A page that is opened
  // again, where it was left, needs all of them at once.
  const waiting = [...document.querySelectorAll(".later")];
  const layOut = () => waiting.shift()?.style.setProperty("content-visibility", "visible");
  const layOutRest = () => {
    layOut();
    if (waiting.length) setTimeout(layOutRest, 50);
  };
  const [{ type }] = performance.getEntriesByType("navigation");
  if (type !== "navigate") while (waiting.length) layOut();
  // When a page has loaded, Chromium reads its text, to know the language, and lays out for that the parts it comes to.
  // Hidden ones it passes over.
  const setVisibility = (value) => {
    for (const part of waiting) part.style.contentVisibility = value;
  };
  if (!location.hash) {
    setVisibility("hidden");
    addEventListener("load", () => setTimeout(setVisibility, 0, ""));
  }
  const signs = ["keydown", "pointerdown", "pointermove", "scroll", "wheel"];
  const begin = () => {
    for (const sign of signs) removeEventListener(sign, begin);
    setVisibility("");
    layOutRest();
    for (const formula of document.querySelectorAll(".katex-display")) formulas.observe(formula);
  };
  for (const sign of signs) addEventListener(sign, begin, { passive: true });

  const dark = matchMedia("(prefers-color-scheme: dark)");
  function turn() {
    const themes = ["auto", ...(dark.matches ? ["light", "dark"] : ["dark", "light"])];
    const next = themes[(themes.indexOf(document.body.dataset.theme) + 1) % 3];
    document.body.dataset.theme = next;
    localStorage.setItem("theme", next);
  }
  for (const button of document.querySelectorAll(".theme-toggle")) {
    button.addEventListener("click", turn);
  }

  const entries = new Map();
  for (const link of document.querySelectorAll(".toc-tree a[href^='#']")) {
    const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (section) entries.set(section, link.closest("li"));
  }
  const visible = new Set();
  let current = null;
  function mark(changes) {
    for (const { target, isIntersecting } of changes) {
      visible[isIntersecting ? "add" : "delete"](target);
    }
    const here = [...entries.keys()].filter((section) => visible.has(section)).at(-1);
    current?.classList.remove("scroll-current");
    current = entries.get(here);
    current?.classList.add("scroll-current");
  }
  const observer = new IntersectionObserver(mark, { rootMargin: "-10% 0px -70% 0px" });
  for (const section of entries.keys()) observer.observe(section);

  // A formula that is wider than the page can be scrolled by keyboard. To ask for its width has it laid out.
  const formulas = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        if (isIntersecting && target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      }
    },
    { rootMargin: "100%" },
  );

  const header = document.querySelector(".mobile-header");
  let last = 0; // to ask now would have all laid out in this very task
  addEventListener(
    "scroll",
    () => {
      header?.classList.toggle("scrolled", scrollY > 0);
      root.classList.toggle("show-back-to-top", scrollY >= 64 && scrollY < last);
      last = scrollY;
    },
    { passive: true },
  );
})();
