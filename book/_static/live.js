// Live figures: sliders move the signals of a Vega view, which redraws what follows from them.
(() => {
  const here = document.currentScript.src;

  // One script element serves all figures of the page. (A fetch would fail from a disk.)
  let loading;
  const loadVega = () =>
    (loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL("vega.js", here);
      script.onload = () => resolve(window.vegaEmbed);
      script.onerror = reject;
      document.head.append(script);
    }));

  // A slider's number: the stop where it stands, or its value with as many digits as its step has.
  const shown = ({ value, step, dataset }) =>
    String(JSON.parse(dataset.stops)[value] ?? (+value).toFixed((step.split(".")[1] ?? "").length))
      .replace("-", "\u2212");

  async function start(figure) {
    const embed = await loadVega();
    const still = figure.querySelector(".live-view > *");
    const spec = JSON.parse(figure.querySelector("script[type='application/json']").text);
    const picture = document.createElement("div");
    picture.className = "live-picture"; // takes the place of the still, whatever the reader's letters measure
    const [width, height] = ["width", "height"].map((side) => still.getAttribute(side));
    picture.style.width = `${width}px`;
    picture.style.aspectRatio = `${width} / ${height}`;
    const { view } = await embed(picture, spec, {
      actions: false,
      defaultStyle: false,
      logLevel: 1, // errors alone
      mode: "vega",
      renderer: "svg",
      tooltip: false,
    });
    const form = figure.querySelector("form");
    const says = form.querySelector(".live-says");
    const follow = () => {
      for (const slider of form.querySelectorAll("input")) view.signal(slider.name, +slider.value);
      return view.runAsync();
    };
    await follow();
    picture.setAttribute("role", "img");
    picture.removeAttribute("aria-roledescription");
    picture.firstElementChild.setAttribute("aria-hidden", "true"); // the label says it all
    still.replaceWith(picture);
    view.addSignalListener("says", (_, text) => (says.value = text));
    form.addEventListener("input", follow);
    // The sliders have their first values back only after the event.
    form.addEventListener("reset", () => setTimeout(follow));
    figure.view = view;
    figure.classList.add("live");
  }

  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || matchMedia("print").matches) continue;
      seen.unobserve(target);
      start(target).catch(() => target.classList.add("still")); // the picture stays as it is
    }
  });

  for (const figure of document.querySelectorAll(".live-figure")) {
    const form = figure.querySelector("form");
    const label = () => {
      for (const slider of form.querySelectorAll("input")) {
        slider.nextElementSibling.value = shown(slider);
        slider.setAttribute("aria-valuetext", shown(slider));
      }
    };
    label();
    // A finger that scrolls the page touches a slider and moves it; the browser then takes the touch away.
    for (const slider of form.querySelectorAll("input")) {
      let held;
      slider.addEventListener("pointerdown", () => (held = slider.value));
      slider.addEventListener("pointercancel", () => {
        slider.value = held;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      });
    }
    form.addEventListener("input", label);
    form.addEventListener("reset", () => setTimeout(label));
    form.addEventListener("submit", (event) => event.preventDefault());
    seen.observe(figure);
  }
})();
