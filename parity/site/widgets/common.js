"use strict";
// What the moving pictures share: elements, controls, data pasted as CSV, code to copy, and when to move.
const common = (() => {
  const element = (space) => (tag, attributes = {}, ...children) => {
    const made = space ? document.createElementNS(space, tag) : document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (value === true) made.setAttribute(key, "");
      else if (value !== false && value !== null) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  };
  const html = element("");
  const svg = element("http://www.w3.org/2000/svg");

  // A number for reading: four digits, no trailing zeros.
  const short = (value) => Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);

  // Points and their targets from lines of numbers, the last one being the target: one of the labels, or any number where
  // labels is null. An Error has one line for a person.
  const readCsv = (text, { most = 500, labels = [-1, 1], features = 2 } = {}) => {
    const lines = text.split(/\r?\n/).map((line, i) => [line.trim(), i + 1]).filter(([line]) => line && !line.startsWith("#"));
    const cells = lines.map(([line, at]) => [line.split(/[,;\t ]+/), at]);
    if (cells.length && cells[0][0].every((cell) => !Number.isFinite(Number(cell)))) cells.shift(); // the names of the columns
    if (!cells.length) throw new Error(`no points, expected lines such as ${[2, 1].slice(0, features).join(", ")}, ${labels ? labels.at(-1) : 1.5}`);
    if (cells.length > most) throw new Error(`${cells.length} points, expected at most ${most}`);
    const values = cells.map(([row, at]) => {
      if (row.length !== features + 1) throw new Error(`line ${at} has ${row.length} values, expected ${labels ? `${features} coordinates and a class` : `${features} and a target`}`);
      return row.map((cell) => {
        const value = Number(cell);
        if (cell === "" || !Number.isFinite(value)) throw new Error(`line ${at}: ${cell.slice(0, 20)} is no number`);
        if (Math.abs(value) > 1e6) throw new Error(`line ${at}: ${cell.slice(0, 20)} is too large, expected at most 1e6`);
        return value;
      });
    });
    values.forEach((row, i) => {
      if (labels && !labels.includes(row.at(-1))) throw new Error(`line ${cells[i][1]}: class ${row.at(-1)}, expected ${labels.join(" or ")}`);
    });
    if (labels && new Set(values.map((row) => row.at(-1))).size < 2) throw new Error(`one class alone, expected points of both, ${labels.join(" and ")}`);
    return { x: values.map((row) => row.slice(0, -1)), y: values.map((row) => row.slice(-1)) };
  };

  // Labelled controls.
  const button = (label, onclick, attributes = {}) => html("button", { type: "button", onclick, ...attributes }, label);
  const slider = (label, { min, max, step, value }, onchange, show = short) => {
    const shown = html("output", {}, show(value));
    const input = html("input", { type: "range", min, max, step, value, "aria-valuetext": show(value), oninput: () => {
      shown.textContent = show(Number(input.value));
      input.setAttribute("aria-valuetext", shown.textContent);
      onchange(Number(input.value));
    } });
    return html("label", {}, html("span", {}, label), input, shown);
  };
  const choice = (label, options, value, onchange) => {
    const select = html("select", { onchange: () => onchange(select.value) },
      ...options.map((each) => html("option", { value: each, selected: each === value }, each)));
    return html("label", {}, html("span", {}, label), select);
  };

  // A field for points of one's own; the error stands beside it, and what was there stays.
  const pasting = (onpoints, { line = "two coordinates and its class", placeholder = "2, 1, 1\n6, 0.5, -1", ...options } = {}) => {
    const wrong = html("p", { class: "wrong", role: "alert" });
    const field = html("textarea", { rows: 4, spellcheck: "false", placeholder });
    const use = button("Use these points", () => {
      try {
        const points = readCsv(field.value, options);
        wrong.textContent = "";
        onpoints(points);
      } catch (error) {
        wrong.textContent = error.message;
      }
    });
    return html("details", { class: "pasting" }, html("summary", {}, "Your own points"),
      html("label", {}, html("span", {}, `One point a line: ${line}`), field), use, wrong);
  };

  // Buttons that copy a program in NumPy or PyTorch; where copying is refused, the program is shown to be selected.
  const copying = (program) => {
    const said = html("span", { role: "status" });
    const shown = html("pre", { tabindex: "0", hidden: true, role: "group", "aria-label": "Program" });
    const copy = (language) => button(`Copy as ${language}`, async () => {
      const text = program(language);
      try {
        await navigator.clipboard.writeText(text);
        said.textContent = "copied";
      } catch {
        said.textContent = "select and copy:";
      }
      shown.textContent = text;
      shown.hidden = false;
    }, { "data-language": language });
    return html("div", { class: "copying" }, copy("NumPy"), copy("PyTorch"), said, shown);
  };

  // Repeats a step until it says that it is done; not where motion is not wanted: there one steps by hand.
  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const playing = (step, milliseconds = 120) => {
    let timer = null;
    const stop = () => {
      clearInterval(timer);
      timer = null;
      toggle.textContent = "Play";
    };
    const toggle = button("Play", () => {
      if (timer !== null) return stop();
      toggle.textContent = "Pause";
      timer = setInterval(() => { if (!step()) stop(); }, milliseconds);
    }, { hidden: still() });
    return { toggle, stop };
  };

  // The linear map of a box of numbers to a drawing: { x, y } from numbers to units of the drawing, and back.
  const scales = ([left, right], [low, high], width, height, margin) => {
    const x = (value) => margin + (value - left) / (right - left) * (width - 2 * margin);
    const y = (value) => height - margin - (value - low) / (high - low) * (height - 2 * margin);
    const back = (px, py) => [
      left + (px - margin) / (width - 2 * margin) * (right - left),
      low + (height - margin - py) / (height - 2 * margin) * (high - low),
    ];
    return { x, y, back };
  };

  // The place of a pointer in units of the drawing.
  const pointer = (drawing, event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
    return [at.x, at.y];
  };

  return { html, svg, short, readCsv, button, slider, choice, pasting, copying, playing, still, scales, pointer };
})();
if (typeof module !== "undefined") module.exports = common;
