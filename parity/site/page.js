"use strict";
// Search and keyboard shortcuts; the page is complete without them.
const form = document.querySelector("form[role=search]");
const box = document.getElementById("search");
const list = document.getElementById("found");
let chosen = -1;

const plain = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim();

// All words in any order. Matches at the beginning of a name come first, then within names, then in their sentences, then anywhere.
const rank = (item, wanted) => {
  const all = (text) => wanted.split(" ").every((word) => text.includes(word));
  const name = plain(item.name);
  const about = `${name} ${plain(item.about)}`;
  const ranks = [name.startsWith(wanted), ` ${name}`.includes(` ${wanted}`), all(name), all(about), all(`${about} ${plain(item.text)}`)];
  return ranks.indexOf(true);
};

// How many letters must be changed, added, left out or swapped with the next to make one word of another.
const apart = (a, b) => {
  let [before, row] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] !== b[j - 1]), swapped ? before[j - 2] + 1 : Infinity);
    }
    [before, row] = [row, next];
  }
  return row[b.length];
};

// Where nothing has these words: names whose words are one typing error away, two in long words.
const almost = (item, wanted) => {
  const words = plain(item.name).split(" ");
  const errors = wanted.split(" ").map((word) => Math.min(...words.map((other) => apart(word, other))) - (word.length > 6 ? 2 : 1));
  return Math.max(...errors) <= 0 ? 0 : -1;
};

const matches = (how, wanted) =>
  INDEX.map((item, i) => [how(item, wanted), i, item]).filter(([r]) => r >= 0).sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, 12);

const find = () => {
  const wanted = plain(box.value);
  const exact = wanted ? matches(rank, wanted) : [];
  const hits = exact.length || wanted.length < 4 ? exact : matches(almost, wanted);
  list.replaceChildren(...hits.map(([, , item], i) => {
    const row = document.createElement("li");
    const link = document.createElement("a");
    const name = document.createElement("b");
    link.href = item.url;
    link.tabIndex = -1;
    name.textContent = item.name;
    link.append(name, ` ${item.about}`);
    row.id = `found-${i}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", "false");
    row.append(link);
    return row;
  }));
  if (wanted && !hits.length) {
    const none = document.createElement("li");
    none.setAttribute("role", "option");
    none.setAttribute("aria-selected", "false");
    none.className = "none";
    none.textContent = "nothing found";
    list.append(none);
  }
  box.setAttribute("aria-expanded", String(Boolean(wanted)));
  choose(hits.length ? 0 : -1);
};

const choose = (number) => {
  const rows = [...list.children];
  chosen = number;
  rows.forEach((row, i) => row.setAttribute("aria-selected", String(i === number)));
  if (number < 0) return box.removeAttribute("aria-activedescendant");
  box.setAttribute("aria-activedescendant", rows[number].id);
  rows[number].scrollIntoView({ block: "nearest" });
};

const close = () => {
  box.value = "";
  find();
};

box.addEventListener("input", find);
list.addEventListener("click", close);
form.addEventListener("focusout", (event) => {
  if (!form.contains(event.relatedTarget)) close();
});
box.addEventListener("keydown", (event) => {
  const rows = list.querySelectorAll("a");
  if (event.key === "ArrowDown" && rows.length) choose((chosen + 1) % rows.length);
  else if (event.key === "ArrowUp" && rows.length) choose((chosen + rows.length - 1) % rows.length);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const link = list.querySelectorAll("a")[chosen];
  if (!link) return;
  link.click();
  close();
  box.blur();
});

// Start from the entry with the focus or in the address, if it is in view; otherwise from the scroll position.
const step = (by) => {
  const entries = [...document.querySelectorAll(".entry")];
  const now = document.activeElement.closest(".entry") ?? document.querySelector(".entry:target");
  const box = now?.getBoundingClientRect();
  const seen = now && box.bottom > 0 && box.top < innerHeight;
  const here = seen ? entries.indexOf(now) : entries.findLastIndex((entry) => entry.getBoundingClientRect().top < 90);
  const next = entries[here + by];
  if (!next) return;
  next.scrollIntoView();
  next.querySelector("summary, a").focus({ preventScroll: true });
};

// What the address names is unfolded, and so is what is behind it.
const unfold = () => {
  for (let place = document.getElementById(location.hash.slice(1)); place; place = place.parentElement) if (place.localName === "details") place.open = true;
};
addEventListener("hashchange", unfold);
unfold();

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const go = (rel) => document.querySelector(`a[rel=${rel}]`)?.click();
  const keys = { "/": () => box.focus(), j: () => step(1), k: () => step(-1), n: () => go("next"), p: () => go("prev") };
  if (!(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});

form.hidden = false;
document.querySelector(".keys").hidden = false;
