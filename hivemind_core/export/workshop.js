"use strict";
/* Letters are measured while a figure is drawn: the typeface has to be there before. */
window.drawVectors = async number => {
  await Promise.all(["400", "600", "700"].map(weight => document.fonts.load(weight + " 12px Inter")));
  await document.fonts.ready;
  const figure = JSON.parse(document.getElementById("figure-" + number).textContent);
  const {width, height} = figure.layout;
  const address = await Plotly.toImage(figure, {format: "svg", width, height, imageDataOnly: true});
  return address;
};
