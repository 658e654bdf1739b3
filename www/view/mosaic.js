// A keyhole laid in stones: the picture beside the headline. The same stones count the life of a token.

import { byId, element } from "./dom.js";

export const HUES = ["terracotta", "ochre", "indigo", "teal"];

const KEYHOLE = [
  "...........",
  "....###....",
  "...#####...",
  "...#####...",
  "...#####...",
  "....###....",
  "....###....",
  "....###....",
  "...#####...",
  "...#####...",
  "...........",
];

/** A coloured stone; `index` decides its colour, so that neighbours differ. */
export function stone(index) {
  return element("span", { class: `tile ${HUES[(index * 7 + (index >> 2)) % HUES.length]}` });
}

export function layMosaic() {
  const cells = [...KEYHOLE.join("")];
  byId("mosaic").append(
    ...cells.map((cell, index) =>
      cell === "#" ? stone(index) : element("span", { class: "tile plain" }),
    ),
  );
}
