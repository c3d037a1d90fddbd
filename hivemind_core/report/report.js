"use strict";
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const places = [...document.querySelectorAll("[data-figure]")];
  const find = (name) => document.getElementById(name).textContent;

  // Plotly changes what it is given: each drawing takes a fresh copy.
  function draw(isDark) {
    for (const place of places) {
      const figure = JSON.parse(find(`figure-${place.dataset.figure}`))[Number(isDark)];
      Plotly.react(place, figure.data, figure.layout, { displayModeBar: false });
    }
  }

  function take() {
    const numbers = new Blob([find("numbers")], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(numbers);
    link.download = "numbers.json";
    link.click();
    URL.revokeObjectURL(link.href);
  }

  const opened = [];
  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details:not([open])")) {
      folded.open = true;
      opened.push(folded);
    }
    draw(false);
  });
  addEventListener("afterprint", () => {
    for (const folded of opened.splice(0)) folded.open = false;
    draw(dark.matches);
  });
  dark.addEventListener("change", () => draw(dark.matches));
  document.getElementById("take").addEventListener("click", take);
  document.getElementById("take").hidden = false;
  document.fonts.ready.then(() => {
    draw(dark.matches);
    document.body.dataset.drawn = places.length;
  });
})();
