"use strict";
/* The speaker's second window. Its policy is that of this page, so that no script of its own could
   run: it is filled and listened to from here, as text. */
window.makeSpeaker = (tell, press, act) => {
  let other = null, parts = {}, started = Date.now();

  function make(tag, name, text) {
    const made = other.document.createElement(tag);
    made.className = name;
    made.dir = "auto";
    made.textContent = text || "";
    return made;
  }

  function button(text, work) {
    const made = make("button", "", text);
    made.type = "button";
    made.addEventListener("click", event => { work(); if (event.detail) made.blur(); });
    return made;
  }

  function fill() {
    const page = other.document;
    page.title = "Speaker notes";
    page.documentElement.lang = "en";
    page.documentElement.className = "speaker";
    page.head.append(page.importNode(document.querySelector("style"), true));
    const names = ["place", "clock", "timer", "title", "note", "next"];
    const tags = {title: "h1", next: "p", note: "p"};
    parts = Object.fromEntries(names.map(name => [name, make(tags[name] || "span", name)]));
    const bar = make("nav", "");
    bar.append(
      button("← Back", () => act("back")), button("Next →", () => act("next")), parts.place,
      parts.timer, button("From 0:00", () => { started = Date.now(); tick(); }), parts.clock,
    );
    page.body.replaceChildren(bar, parts.title, parts.note, parts.next);
  }

  const two = number => String(number).padStart(2, "0");

  function tick() {
    const now = new Date(), gone = Math.floor((now.getTime() - started) / 1000);
    parts.clock.textContent = two(now.getHours()) + ":" + two(now.getMinutes());
    parts.timer.textContent = Math.floor(gone / 60) + ":" + two(gone % 60);
  }

  function isOpen() { return other !== null && !other.closed; }

  function refresh() {
    if (!isOpen()) return;
    const {place, title, note, next, ground} = tell();
    other.document.documentElement.dataset.ground = ground;
    parts.place.textContent = place;
    parts.title.textContent = title;
    parts.note.textContent = note;
    parts.next.textContent = next;
  }

  /* Returns whether there is a window: a browser may refuse it. */
  function open() {
    if (isOpen()) { other.focus(); return true; }
    other = window.open("", "", "popup,width=960,height=680");
    if (!other) return false;
    started = Date.now();
    fill();
    refresh();
    tick();
    other.addEventListener("keydown", press);
    other.setInterval(tick, 500);
    return true;
  }

  addEventListener("pagehide", () => { if (isOpen()) other.close(); });
  return {open, refresh};
};
