// Shows what an internal link leads to while the pointer or the keyboard rests on it.
(() => {
  const root = document.documentElement.dataset.content_root || "./";
  const box = document.createElement("div");
  box.id = "preview";
  box.setAttribute("role", "tooltip");
  box.hidden = true;
  let current = null;
  let timer = 0;
  let loading = null;

  // The targets on other pages, loaded once, when the first is asked for.
  const others = () =>
    (loading ??= new Promise((done) => {
      const script = document.createElement("script");
      script.src = `${root}_static/previews.js`;
      script.onload = () => done(window.bookPreviews);
      document.head.append(script);
    }));

  async function target(link) {
    const url = new URL(link.href);
    const name = decodeURIComponent(url.hash.slice(1));
    if (url.pathname === location.pathname) {
      const found = document.getElementById(name);
      const shown = found?.matches("dt") ? found.nextElementSibling : found;
      const at = found?.getBoundingClientRect();
      if (!at || (at.top < innerHeight && at.bottom > 0)) return null; // it is seen
      return shown?.matches("div, figure, dd") ? shown.outerHTML : null;
    }
    const base = new URL(root, location.href).pathname;
    return (await others())[url.pathname.slice(base.length) + url.hash] ?? null;
  }

  function place(link) {
    const at = link.getBoundingClientRect();
    const width = Math.min(560, document.documentElement.clientWidth - 32);
    box.style.width = `${width}px`;
    box.style.left = `${Math.max(16, Math.min(at.left, innerWidth - width - 32))}px`;
    const below = at.bottom + box.offsetHeight + 8 < innerHeight;
    box.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - box.offsetHeight - 6)}px`;
  }

  function hide() {
    clearTimeout(timer);
    box.hidden = true;
    current?.removeAttribute("aria-describedby");
    current = null;
  }

  async function show(link) {
    const html = await target(link);
    if (!html || link !== current) return;
    box.innerHTML = html;
    box.querySelectorAll("[id]").forEach((x) => x.removeAttribute("id"));
    box.querySelectorAll(".headerlink").forEach((x) => x.remove());
    box.querySelectorAll("a").forEach((x) => x.replaceWith(...x.childNodes));
    box.hidden = false;
    link.setAttribute("aria-describedby", "preview");
    place(link);
  }

  function ask(event) {
    const link = event.target.closest?.("article a.internal[href*='#'], a.term-link");
    if (!link || event.pointerType === "touch") return;
    hide();
    current = link;
    timer = setTimeout(() => show(link), event.type === "focusin" ? 0 : 300);
  }

  document.body.append(box);
  document.addEventListener("pointerover", ask);
  document.addEventListener("focusin", ask);
  document.addEventListener("pointerout", (event) => {
    if (current && !box.contains(event.relatedTarget)) hide();
  });
  box.addEventListener("pointerleave", hide);
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
})();
