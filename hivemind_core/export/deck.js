"use strict";
(() => {
  const root = document.documentElement;
  const views = [...document.querySelectorAll(".view")];
  const cards = [...document.querySelectorAll(".contents a")];
  const place = document.querySelector(".place");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const whole = matchMedia("(display-mode: fullscreen)");
  const MADE_WIDTH = 560, MADE_HEIGHT = 330, LEAST_WIDTH = 440, LARGEST = 2.6, NARROW = 700;
  const LEAST_ROOM = 24; // pixels of a figure as drawn: Plotly breaks off in less
  const NO_ROOM = "There is no room for this figure beside so many words.";
  const LEGIBLE = 16 / 12; // letters of a slide of 1280 x 720, in those of a page
  const CONFIG = {
    displaylogo: false, responsive: false, plotlyServerURL: "", topojsonURL: "about:blank",
    showSendToCloud: false, showEditInChartStudio: false, doubleClick: "reset",
    modeBarButtons: [["zoomIn2d", "zoomOut2d", "resetScale2d", "toImage"]],
  };
  let current = 0;

  const isPaper = () => root.classList.contains("paper");

  function findGround() {
    if (isPaper()) return "light";
    return root.dataset.ground || (dark.matches ? "dark" : "light");
  }

  /* Figures are made for a page. Here they are drawn as wide as there, or in as little room as
     keeps their rows apart, and enlarged: stage.py has the same rule. */
  function measure(plot) {
    const made = Number(plot.dataset.height) || MADE_HEIGHT, least = Number(plot.dataset.least);
    // On a telephone views are read by scrolling, so that a figure may be as high as it is made.
    plot.style.minHeight = innerWidth < NARROW && !isPaper() ? made + "px" : "";
    const room = {width: plot.clientWidth, height: plot.clientHeight};
    const screen = isPaper() ? 1 : Math.min(innerWidth / 1280, innerHeight / 720);
    const roomy = Math.min(room.height / Math.max(made, MADE_HEIGHT, least), room.width / MADE_WIDTH);
    const legible = Math.min(LEGIBLE * screen, room.height / least, room.width / LEAST_WIDTH);
    const floor = Math.min(isPaper() ? 0.6 : 0.8, room.width / 340);
    const scale = Math.max(Math.min(Math.max(roomy, legible), LARGEST), floor);
    return {scale, width: Math.round(room.width / scale), height: Math.round(room.height / scale)};
  }

  /* Titles under figures side by side are broken where they would run into each other. */
  function foldTitles(layout, width) {
    let more = 0;
    for (const name of Object.keys(layout).filter(key => /^xaxis\d*$/.test(key))) {
      const axis = layout[name], title = axis.title || {};
      const [left, right] = axis.domain || [0, 1];
      const size = (title.font || {}).size || 12;
      const room = Math.max(8, Math.floor((right - left) * width / (0.56 * size)));
      const words = title.text || "";
      if (words.length <= room || words.includes("<")) continue;
      const lines = [""];
      for (const word of words.split(" ")) {
        const line = lines[lines.length - 1];
        if (line && line.length + 1 + word.length > room) lines.push(word);
        else lines[lines.length - 1] = line ? line + " " + word : word;
      }
      title.text = lines.join("<br>");
      more = Math.max(more, (lines.length - 1) * 1.35 * size);
    }
    const margin = layout.margin || {};
    if (more) layout.margin = {...margin, b: (margin.b === undefined ? 48 : margin.b) + more};
  }

  function findHeld(plot) {
    const name = plot.dataset.figure;
    const grounds = [findGround(), "light", "dark"]; // a figure may be drawn on one ground alone
    return grounds.map(ground => document.getElementById(name + "-" + ground)).find(Boolean);
  }

  function describe(plot) {
    const {scale, width, height} = measure(plot);
    return {scale, width, height, state: [findHeld(plot).id, scale, width, height].join()};
  }

  /* One figure that cannot be drawn says so in its place, and the others go on. */
  function tellFault(plot, words) {
    if (words) plot.dataset.fault = words;
    else delete plot.dataset.fault;
  }

  function tellBroken(plot, error) {
    const cause = error instanceof Error ? error.message : String(error);
    tellFault(plot, "This figure could not be drawn: " + cause.slice(0, 200));
  }

  const isDrawn = plot => plot.dataset.drawn === describe(plot).state;

  function draw(plot) {
    const {scale, width, height, state} = describe(plot);
    if (plot.dataset.drawn === state) return;
    if (!(Math.min(width, height) >= LEAST_ROOM)) { // of no room at all the scale is no number
      plot.dataset.drawn = state;
      tellFault(plot, NO_ROOM);
      return;
    }
    const held = findHeld(plot), drawing = plot.firstElementChild;
    drawing.style.transform = "scale(" + scale + ")";
    drawing.style.width = width + "px";
    drawing.style.height = height + "px";
    const same = drawing.dataset.held === held.id;
    plot.dataset.drawn = state;
    tellFault(plot, "");
    try {
      const drawn = same ? Plotly.relayout(drawing, {width, height}) : drawAnew(drawing, held, width, height);
      Promise.resolve(drawn).catch(error => tellBroken(plot, error));
      drawing.dataset.held = held.id;
    } catch (error) { tellBroken(plot, error); }
  }

  function drawAnew(drawing, held, width, height) {
    const figure = JSON.parse(held.textContent);
    Object.assign(figure.layout, {width, height, autosize: false});
    foldTitles(figure.layout, width);
    // Tools are for what can be moved; deck.css puts them where no legend is.
    const displayModeBar = figure.layout.dragmode === "pan" && "hover";
    return Plotly.react(drawing, figure.data, figure.layout, {...CONFIG, displayModeBar});
  }

  const listPlots = view => [...view.querySelectorAll(".plot")];

  function drawView(view) { listPlots(view).forEach(draw); }

  /* The others are drawn ahead, figure by figure, those beside the shown one first, and only
     while nobody turns pages: a key never waits for more than one figure. */
  const REST = 350;
  let moved = -REST, ahead = 0;

  function listAhead() {
    const far = i => i === current ? 0 : i > current ? 2 * (i - current) - 1 : 2 * (current - i);
    return views.map((_, i) => i).sort((a, b) => far(a) - far(b)).flatMap(i => listPlots(views[i]));
  }

  function drawAhead() {
    clearTimeout(ahead);
    delete root.dataset.ready;
    const step = () => {
      const wait = moved + REST - performance.now();
      if (wait > 0) { ahead = setTimeout(step, wait); return; }
      const next = listAhead().find(plot => !isDrawn(plot));
      if (!next) { root.dataset.ready = "yes"; return; }
      draw(next);
      ahead = setTimeout(step, 16);
    };
    ahead = setTimeout(step, 30);
  }

  /* What was not drawn ahead follows its words by a frame, unless the page is turned again. */
  function drawCurrent() {
    const view = views[current];
    if (listPlots(view).every(isDrawn)) return;
    requestAnimationFrame(() => setTimeout(() => { if (view === views[current]) drawView(view); }));
  }

  /* A live view runs in a frame that is made when it is shown, and stays. The keys of a clicker
     leave it, where the browser lets us hear them. */
  function runLive(view) {
    const live = view.querySelector("[data-live]");
    if (!live || live.closest(".held:not(.running)")) return;
    if (live.firstElementChild) { enlarge(live); return; }
    const frame = document.createElement("iframe");
    frame.title = live.dataset.title;
    frame.src = live.dataset.live + "&embed_options=" + findGround() + "_theme";
    frame.addEventListener("load", () => {
      try { frame.contentWindow.addEventListener("keydown", leave); } catch { /* of another site */ }
    });
    live.append(frame);
    enlarge(live);
  }

  /* A live view that has a still shows it until it is told to run, and if nobody answers. */
  const SAYS = {still: "Run it live", running: "Show the still", gone: "The dashboard does not answer"};

  function tellRun(stage, state) {
    stage.classList.toggle("running", state === "running");
    stage.querySelector(".run").textContent = SAYS[state];
  }

  async function toggleLive() {
    const view = views[current], stage = view.querySelector(".held");
    if (!stage) return;
    if (stage.classList.contains("running")) { tellRun(stage, "still"); return; }
    const address = stage.querySelector("[data-live]").dataset.live;
    const health = address.replace(/\/live\?.*$/, "/_stcore/health");
    try {
      const signal = AbortSignal.timeout(3000);
      await fetch(health, {mode: "no-cors", cache: "no-store", credentials: "omit", signal});
    } catch { tellRun(stage, "gone"); return; }
    tellRun(stage, "running");
    runLive(view);
  }

  /* As wide as on a desk, and enlarged with the screen, like the figures. */
  function enlarge(live) {
    const scale = Math.max(1, Math.min(innerWidth / 1280, innerHeight / 720));
    const {style} = live.firstElementChild;
    style.transform = "scale(" + scale + ")";
    style.width = style.height = 100 / scale + "%";
  }

  function leave(event) {
    if (/^Page(Up|Down)$/.test(event.key)) press(event);
  }

  function show(number, focus) {
    current = Math.min(Math.max(number, 0), views.length - 1);
    moved = performance.now();
    views.forEach((view, i) => {
      view.classList.toggle("shown", i === current);
      view.inert = i !== current;
    });
    cards.forEach((card, i) => {
      if (i === current) card.setAttribute("aria-current", "true");
      else card.removeAttribute("aria-current");
    });
    place.textContent = current + 1 + " / " + views.length;
    drawCurrent();
    runLive(views[current]);
    if (focus) views[current].querySelector("h2").focus({preventScroll: true});
    speaker.refresh();
    try { history.replaceState(null, "", "#view-" + (current + 1)); } catch { /* some viewers refuse */ }
  }

  function tellSpeaker() {
    const [view, next] = [views[current], views[current + 1]];
    const read = (from, what) => from ? from.querySelector(what).textContent.trim() : "";
    return {
      place: place.textContent, ground: findGround(),
      title: read(view, "h2"), note: read(view, ".note"),
      next: next ? "Next: " + read(next, "h2") : "This is the last view.",
    };
  }

  function turn(name, on) {
    root.classList.toggle(name, on);
    const contents = document.querySelector(".contents");
    contents.inert = !root.classList.contains("with-contents");
    if (!contents.inert) cards[current].focus();
  }

  function repaint() {
    const button = document.querySelector('[data-do="ground"]');
    button.textContent = findGround() === "dark" ? "Light" : "Dark";
    drawView(views[current]);
    drawAhead();
    speaker.refresh();
  }

  const ACTIONS = {
    next: () => show(current + 1, true),
    back: () => show(current - 1, true),
    first: () => show(0, true),
    last: () => show(views.length - 1, true),
    contents: () => turn("with-contents"),
    notes: () => turn("with-notes"),
    speaker: () => { if (!speaker.open()) turn("with-notes"); },
    keys: () => turn("with-keys"),
    blank: () => turn("blank"),
    live: toggleLive,
    ground: () => { root.dataset.ground = findGround() === "dark" ? "light" : "dark"; repaint(); },
    full: () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else if (root.requestFullscreen) root.requestFullscreen().catch(() => {});
    },
    close: () => ["with-contents", "with-keys", "with-notes", "blank"].forEach(n => turn(n, false)),
  };
  const KEYS = {
    ArrowRight: "next", PageDown: "next", " ": "next", ArrowLeft: "back", PageUp: "back",
    Home: "first", End: "last", o: "contents", n: "notes", s: "speaker", d: "ground", f: "full", b: "blank",
    l: "live", ".": "blank", "?": "keys", Escape: "close", F5: "full",
  };

  /* Up and down turn pages too, but where there is more to read they scroll. */
  function readArrow(key) {
    const view = views[current];
    const stays = view.scrollTop > 0 || view.querySelector("details[open]");
    if (stays) return undefined;
    return {ArrowDown: "next", ArrowUp: "back"}[key];
  }

  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const presses = event.target.closest && event.target.closest("button, summary, a");
    if (presses && (event.key === " " || event.key === "Enter")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    let action = KEYS[key] || readArrow(key);
    if (!action) return;
    if (root.classList.contains("with-contents") && /^Arrow|^Page/.test(key)) return;
    if (key === " " && event.shiftKey) action = "back";
    event.preventDefault();
    ACTIONS[action]();
  }
  const speaker = makeSpeaker(tellSpeaker, press, action => ACTIONS[action]());
  addEventListener("keydown", press);
  document.querySelector(".bar").addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!button) return;
    ACTIONS[button.dataset.do]();
    if (event.detail) button.blur();
  });
  document.querySelectorAll(".run").forEach(button => {
    tellRun(button.closest(".stage"), "still");
    button.addEventListener("click", event => {
      toggleLive();
      if (event.detail) button.blur();
    });
  });
  cards.forEach((card, i) => card.addEventListener("click", event => {
    event.preventDefault();
    turn("with-contents", false);
    show(i, true);
  }));
  addEventListener("hashchange", () => show(readPlace(), true));
  addEventListener("resize", () => {
    drawView(views[current]);
    runLive(views[current]);
    drawAhead();
  });

  /* A full screen shows the view alone; the bar comes with the pointer and goes with it. */
  let stirred = 0;
  function markFull() {
    root.classList.toggle("full", Boolean(document.fullscreenElement) || whole.matches);
  }
  document.addEventListener("fullscreenchange", markFull);
  whole.addEventListener("change", markFull);
  addEventListener("pointermove", () => {
    root.classList.add("stirred");
    clearTimeout(stirred);
    stirred = setTimeout(() => root.classList.remove("stirred"), 2500);
  });
  dark.addEventListener("change", repaint);

  function readPlace() {
    const found = /^#view-(\d+)$/.exec(location.hash);
    return found ? Number(found[1]) - 1 : 0;
  }

  /* For print every figure is drawn on the light ground, in the size of the page. */
  function layOut(isPaper) {
    root.classList.toggle("paper", isPaper);
    views.forEach(drawView);
  }
  addEventListener("beforeprint", () => layOut(true));
  addEventListener("afterprint", () => { layOut(false); show(current); });
  window.prepareForPrint = () => document.fonts.ready.then(() => layOut(true));

  root.classList.add("deck");
  turn("with-contents", false);
  document.fonts.ready.then(() => {
    show(readPlace());
    repaint();
  });
})();
