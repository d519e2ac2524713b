"use strict";
// The perceptron sample by sample, forwards and back, on points that can be flipped, moved and added.
(() => {
  const { html, svg, button } = common;
  const SETS = ["toy", "toy_flipped", "xor"];
  const MOST_EPOCHS = 1000;
  const REACH = 22; // half of what a finger covers, in pixels
  const MARGIN = 32;
  const PLUS = "M9 0A9 9 0 1 1-9 0A9 9 0 1 1 9 0Z";
  const MINUS = "M-8-8H8V8H-8Z";
  const ARROW = "M0 0H52M43-7L52 0L43 7";
  const ZERO = { weight: [[0, 0]], bias: [0] };

  const number = (value) => String(Number(value.toPrecision(9)));
  const vector = (values) => `(${values.map(number).join(", ")})`;
  const label = (side) => side > 0 ? "+1" : String(side);
  const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  // A run begins wherever something but a step changes: from `epochs[0]` through its epochs to sample `at` of the next.
  const after = (weight, bias, mistakes = 0, corrections = 0) =>
    ({ weight, bias, mistakes, corrections, key: String([weight, bias]) });
  const points = (name, { x, y }) => ({ name, x, y, order: x.map((_, i) => i), extent: extent(x) });
  const extent = (x) => [0, 1].map((d) => {
    const values = x.map((row) => row[d]);
    return [Math.min(...values), Math.max(...values)];
  });
  const runs = [{ ...points("toy", DATA.toy), epochs: [after(ZERO.weight, ZERO.bias)], at: 0 }];
  const run = () => runs.at(-1);
  const begin = (changes, { weight, bias } = now()) =>
    runs.push({ ...run(), ...changes, epochs: [after(weight, bias)], at: 0 });

  const now = () => {
    const { x, y, order, epochs, at } = run();
    const seen = order.slice(0, at);
    const { weight, bias } = epochs.at(-1);
    return after(...neuron.perceptron_epoch(weight, bias, seen.map((i) => x[i]), seen.map((i) => y[i])));
  };
  const judged = (i, { weight, bias } = now()) => {
    const [x, y] = [run().x[i], run().y[i]];
    const [, corrected, mistakes] = neuron.perceptron_epoch(weight, bias, [x], [y]);
    return {
      x, y: y[0], sum: neuron.linear(x, weight, bias)[0], side: neuron.predict(x, weight, bias)[0],
      delta: corrected[0] - bias[0], wrong: mistakes > 0,
    };
  };

  const settled = () => run().at === 0 && run().epochs.length > 1 && run().epochs.at(-1).mistakes === 0;
  const verdict = () => {
    const { epochs, at } = run();
    const done = epochs.length - 1;
    const last = epochs[done];
    if (at > 0) return "";
    if (settled()) return `Settled after ${many(done, "epoch")}, ${many(last.corrections, "correction")}.`;
    const same = epochs.findIndex((epoch) => epoch.key === last.key);
    if (same < done) return `The same weights as after epoch ${same}: it will never settle.`;
    return done >= MOST_EPOCHS ? `Not settled after ${done} epochs, ${last.corrections} corrections.` : "";
  };

  const forward = () => {
    if (settled()) return;
    const here = run();
    here.at += 1;
    if (here.at < here.order.length) return;
    const { weight, bias, mistakes } = now();
    here.epochs.push(after(weight, bias, mistakes, here.epochs.at(-1).corrections + mistakes));
    here.at = 0;
  };
  const forwardEpoch = () => {
    do forward(); while (run().at > 0);
  };
  const back = (last) => {
    const here = run();
    if (here.at > 0) here.at = last ? here.at - 1 : 0;
    else if (here.epochs.length > 1) {
      here.epochs.pop();
      here.at = last ? here.order.length - 1 : 0;
    } else if (runs.length > 1) {
      runs.pop();
      layOut();
      return "What was changed is undone.";
    } else return "This is the beginning.";
    return `Back in epoch ${here.epochs.length}, before sample ${here.at + 1}.`;
  };

  // What the buttons do; each says what has happened.
  const sample = () => {
    const { order, at } = run();
    const { x, sum, delta, wrong } = judged(order[at]);
    if (settled()) return verdict();
    forward();
    const what = wrong ? `wrong, delta = ${number(delta)}` : "right, nothing moves";
    return `Sample ${at + 1}, ${vector(x)}: W.X = ${number(sum)}, ${what}. ${verdict()}`.trim();
  };
  const epoch = () => {
    forwardEpoch();
    return verdict() || `Epoch ${run().epochs.length - 1}: ${many(run().epochs.at(-1).mistakes, "mistake")}.`;
  };
  const toTheEnd = () => {
    do forwardEpoch(); while (!verdict());
    return verdict();
  };
  const startOver = () => {
    begin({}, ZERO);
    return "Back to W = 0, with the same points in the same order.";
  };
  const shuffle = () => {
    const order = [...run().order];
    for (let i = order.length - 1; i > 0; i -= 1) {
      const j = Math.floor(Math.random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    begin({ order });
    return "A new order of the samples; the weights stay.";
  };
  const use = (name, data) => {
    begin(points(name, data), ZERO);
    layOut();
    return `${many(data.x.length, "point")}, from W = 0.`;
  };
  const flip = (i) => {
    begin({ name: "changed", y: run().y.with(i, [-run().y[i][0]]) });
    return `Point ${i + 1} is of class ${label(run().y[i][0])} now; the weights stay.`;
  };
  const move = (i, place) => {
    begin({ name: "changed", x: run().x.with(i, place) });
    return `Point ${i + 1} is at ${vector(place)} now; the weights stay.`;
  };
  const add = (place) => {
    const { x, y, order } = run();
    begin({ name: "changed", x: [...x, place], y: [...y, [1]], order: [...order, x.length] });
    return `Point ${x.length + 1}, of class +1, is at ${vector(place)}; the weights stay.`;
  };

  const act = (action) => (...values) => {
    play.stop();
    show(action(...values));
  };

  // From numbers to pixels: equal units on both axes, unless one of them would shrink to nothing.
  let view;
  const layOut = () => {
    const width = drawing.clientWidth;
    const height = Math.round(width * .72);
    const room = [width, height].map((size) => size - 2 * MARGIN);
    const spans = run().extent.map(([low, high]) => high - low);
    const [least, most] = [Math.min(...spans), Math.max(...spans) || 1];
    const own = room.map((size, d) => size / (1.3 * spans[d]));
    const shared = Math.min(...room.map((size, d) => size / (spans[d] + .3 * most)));
    const units = least > 0 && most > 20 * least ? own : [shared, shared];
    const box = run().extent.map(([low, high], d) => [-.5, .5].map((half) => (low + high) / 2 + half * room[d] / units[d]));
    const steps = box.map(([low, high]) => 2 ** Math.floor(Math.log2((high - low) / 20)));
    view = { width, height, units, box, steps, ...common.scales(...box, width, height, MARGIN) };
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    axes.replaceChildren(...[0, 1].flatMap((d) => ticks(box[d]).map((value) => tick(d, value))), ...names());
  };
  const ticks = ([low, high]) => {
    const power = 10 ** Math.floor(Math.log10((high - low) / 3));
    const step = [5, 2, 1].map((times) => times * power).find((size) => (high - low) / size >= 3);
    const first = Math.ceil(low / step);
    return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
  };
  const tick = (d, value) => {
    const { width, height, x, y } = view;
    const at = d ? y(value) : x(value);
    const words = common.short(value);
    return d
      ? svg("g", {}, svg("path", { class: "grid", d: `M0 ${at}H${width}` }), svg("text", { x: 4, y: at - 4 }, words))
      : svg("g", {}, svg("path", { class: "grid", d: `M${at} 0V${height}` }), svg("text", { x: at + 4, y: height - 5 }, words));
  };
  const names = () => [
    svg("text", { x: view.width - 20, y: view.height - 5 }, "x₁"), svg("text", { x: 4, y: 14 }, "x₂"),
  ];
  const inside = (place) => place.map((value, d) => Math.min(Math.max(value, view.box[d][0]), view.box[d][1]));
  const snapped = (place) => inside(place).map((value, d) => Math.round(value / view.steps[d]) * view.steps[d]);

  // The line, its two sides and the arrow, from the sums w.x + b at the corners of the drawing.
  const cut = (corners, sums, i) => {
    const j = (i + 1) % corners.length;
    if (sums[i] * sums[j] >= 0) return [];
    const part = sums[i] / (sums[i] - sums[j]);
    return [corners[i].map((from, d) => from + part * (corners[j][d] - from))];
  };
  const side = (corners, sums, sign) =>
    corners.flatMap((corner, i) => [...(sign * sums[i] > 0 ? [corner] : []), ...cut(corners, sums, i)]);
  const showLine = ({ weight, bias }) => {
    const { width, height, units } = view;
    const corners = [[0, 0], [width, 0], [width, height], [0, height]];
    const sums = neuron.linear(corners.map((corner) => view.back(...corner)), weight, bias).flat();
    const ends = corners.flatMap((corner, i) => [...(sums[i] === 0 ? [corner] : []), ...cut(corners, sums, i)]);
    const found = ends.length === 2;
    plusSide.setAttribute("points", side(corners, sums, 1).join(" "));
    minusSide.setAttribute("points", side(corners, sums, -1).join(" "));
    border.setAttribute("d", found ? `M${ends.join("L")}` : "");
    const [px, py] = found ? [0, 1].map((d) => (ends[0][d] + ends[1][d]) / 2) : [width / 2, height / 2];
    const turn = Math.atan2(-weight[0][1] * units[1], weight[0][0] * units[0]);
    arrow.setAttribute("visibility", weight[0].some((value) => value !== 0) ? "visible" : "hidden");
    arrow.firstChild.setAttribute("transform", `translate(${px} ${py}) rotate(${turn * 180 / Math.PI})`);
    arrow.lastChild.setAttribute("x", px + 66 * Math.cos(turn));
    arrow.lastChild.setAttribute("y", py + 66 * Math.sin(turn) + 5);
  };

  const marked = () => [
    svg("circle", { class: "halo", r: 21 }), svg("circle", { class: "ring", r: 14 }), svg("path", { class: "mark" }),
    svg("path", { class: "sign" }),
  ];
  const mark = (group, y, wrong, current) => {
    const [, , shape, sign] = group.children;
    group.setAttribute("class", ["point", y > 0 ? "plus" : "minus", wrong && "wrong", current && "current"].filter(Boolean).join(" "));
    shape.setAttribute("d", y > 0 ? PLUS : MINUS);
    sign.setAttribute("d", y > 0 ? "M-5 0H5M0-5V5" : "M-5 0H5");
    return group;
  };
  const made = (i) => svg("g", { tabindex: 0, role: "button", onkeydown: (event) => pressed(event, i), onclick: (event) => called(event, i) },
    ...marked(), svg("circle", { class: "hit", r: REACH }));
  const showPoints = (state) => {
    const { x, order, at } = run();
    while (dots.children.length > x.length) dots.lastChild.remove();
    while (dots.children.length < x.length) dots.append(made(dots.children.length));
    [...dots.children].forEach((group, i) => {
      const { y, wrong } = judged(i, state);
      const current = i === order[at];
      const words = `Point ${i + 1} at ${vector(x[i])}, class ${label(y)}, ${wrong ? "wrong" : "right"}${current ? ", next sample" : ""}`;
      const place = `translate(${view.x(x[i][0])} ${view.y(x[i][1])})`;
      if (group.getAttribute("aria-label") !== words) mark(group, y, wrong, current).setAttribute("aria-label", words);
      if (group.getAttribute("transform") !== place) group.setAttribute("transform", place);
    });
  };

  // The numbers.
  const signed = (value) => value < 0 ? `(${number(value)})` : number(value);
  const showNumbers = ({ weight, bias, mistakes }) => {
    const { order, epochs, at, name } = run();
    const { x, y, sum, side, delta, wrong } = judged(order[at]);
    const product = (w, d) => `${signed(w)}·${signed(x[d])}`;
    values.x.textContent = `${vector(x)}, class ${label(y)}; ${at + 1} of ${order.length}`;
    values.sum.textContent = `${weight[0].map(product).join(" + ")} + ${signed(bias[0])} = ${number(sum)}`;
    values.sign.textContent = `${label(side)}, ${wrong ? side === 0 ? "on the line: wrong" : "wrong" : "right"}`;
    values.delta.textContent = `(${y} − ${signed(side)}) / 2 = ${number(delta)}`;
    values.w.textContent = vector(weight[0]);
    values.b.textContent = number(bias[0]);
    values.epochs.textContent = `${epochs.length - 1} done${at > 0 ? `, ${many(mistakes, "mistake")} in the next` : ""}`;
    choice.value = name;
  };
  let shown = [];
  const showEpochs = () => {
    const { epochs } = run();
    if (shown.at(0) !== epochs[0]) rows.replaceChildren();
    while (rows.children.length > epochs.length) rows.firstChild.remove();
    while (rows.children.length < epochs.length) rows.prepend(row(rows.children.length, epochs[rows.children.length]));
    shown = epochs;
  };
  const row = (done, { weight, bias, mistakes }) => html("tr", {}, html("th", { scope: "row" }, done ? String(done) : "start"),
    ...[...weight[0], bias[0]].map((value) => html("td", {}, number(value))), html("td", {}, done ? String(mistakes) : "–"));

  const show = (words) => {
    const state = now();
    showLine(state);
    showPoints(state);
    showNumbers(state);
    showEpochs();
    said.textContent = words;
  };

  // Keys and pointers on the points; the nearest point within reach is meant.
  const pressed = (event, i) => {
    const { x } = run();
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const way = ways[event.key];
    if (way) act(move)(i, inside(x[i].map((value, d) => value + way[d] * view.steps[d])));
    else if (event.key === "Enter" || event.key === " ") act(flip)(i);
    else return;
    event.preventDefault();
  };
  const called = (event, i) => { // by a screen reader, without a pointer
    if (event.detail === 0) act(flip)(i);
  };
  const nearest = ([px, py]) => {
    const far = run().x.map(([x1, x2]) => Math.hypot(view.x(x1) - px, view.y(x2) - py));
    const i = far.indexOf(Math.min(...far));
    return far[i] <= REACH ? i : -1;
  };
  let held = null; // the point under the pointer, where it was pressed, and whether it has been moved
  let tapped = null; // the last tap on an empty place
  const hold = (event) => {
    const at = common.pointer(drawing, event);
    const i = nearest(at);
    held = i < 0 ? null : { i, at, moved: false };
    if (i < 0) return;
    play.stop();
    dots.children[i].focus({ preventScroll: true });
    drawing.setPointerCapture(event.pointerId);
  };
  const drag = (event) => {
    if (!held || !event.buttons) return;
    const at = common.pointer(drawing, event);
    if (!held.moved && Math.hypot(at[0] - held.at[0], at[1] - held.at[1]) < 4) return;
    if (held.moved) runs.pop();
    held.moved = true;
    show(move(held.i, snapped(view.back(...at))));
  };
  const tap = (event) => {
    if (event.detail === 0 || held?.moved) return;
    const at = common.pointer(drawing, event);
    const i = nearest(at);
    if (i >= 0) return act(flip)(i);
    const again = tapped && event.timeStamp - tapped.time < 500 && Math.hypot(at[0] - tapped.at[0], at[1] - tapped.at[1]) < REACH;
    tapped = again ? null : { at, time: event.timeStamp };
    if (again) act(add)(snapped(view.back(...at)));
  };
  const addInTheMiddle = () => {
    const place = snapped(view.box.map(([low, high]) => (low + high) / 2));
    while (run().x.some((taken) => String(taken) === String(place))) place[0] += view.steps[0];
    return add(place);
  };

  // A complete program. Products are summed one by one as here: @ may round differently.
  const LIBRARIES = {
    NumPy: { load: "import numpy as np", array: (text) => `np.array(${text}, dtype=float)`, sign: "np.sign" },
    PyTorch: { load: "import torch", array: (text) => `torch.tensor(${text}, dtype=torch.float64)`, sign: "torch.sign" },
  };
  const listed = (values) => {
    const words = values.map((value) => JSON.stringify(value).replaceAll(",", ", "));
    const lines = words.flatMap((_, i) => i % 8 ? [] : [`    ${words.slice(i, i + 8).join(", ")},\n`]);
    return `[\n${lines.join("")}]`;
  };
  const program = (language) => {
    const { x, y, order, epochs } = run();
    const { load, array, sign } = LIBRARIES[language];
    return `${load}

x = ${array(listed(x))}
y = ${array(listed(y))}
order = ${listed(order)}
weight = ${array(JSON.stringify(epochs[0].weight))}
bias = ${array(JSON.stringify(epochs[0].bias))}


def shown():
    w1, w2 = weight[0].tolist()
    return f"w = ({w1:.9g}, {w2:.9g}), b = {bias.item():.9g}"


print(f"start: {shown()}")
for epoch in range(1, ${epochs.length}):
    mistakes = 0
    for i in order:
        # weight @ x[i] + bias, summed one by one: @ may round differently.
        delta = (y[i] - ${sign}((weight * x[i]).sum(1) + bias)) / 2
        weight, bias = weight + delta[:, None] * x[i], bias + delta
        mistakes += bool(delta.any())
    print(f"epoch {epoch}: {shown()}, mistakes = {mistakes}")
`;
  };

  // The parts, and how they are put together. Playing makes longer strides the longer it lasts.
  const play = common.playing(() => {
    const { epochs, order, at } = run();
    const stride = Math.ceil(((epochs.length - 1) * order.length + at + 1) / 64);
    for (let i = 0; i < stride && (i === 0 || !verdict()); i += 1) forward();
    show(verdict() || `Epoch ${run().epochs.length} …`);
    return !verdict();
  });
  const axes = svg("g", { class: "axis" });
  const plusSide = svg("polygon", { class: "side plus" });
  const minusSide = svg("polygon", { class: "side minus" });
  const border = svg("path", { class: "border" });
  const dots = svg("g");
  const arrow = svg("g", { class: "above" },
    svg("g", {}, svg("path", { class: "arrow case", d: ARROW }), svg("path", { class: "arrow", d: ARROW })), svg("text", { class: "name", "text-anchor": "middle" }, "w"));
  const drawing = svg("svg", {
    class: "drawing", role: "group", "aria-label": "Points and line", onpointerdown: hold, onpointermove: drag, onclick: tap,
  }, plusSide, minusSide, axes, border, dots, arrow);
  const said = html("p", { class: "said", role: "status" });
  const values = Object.fromEntries(["x", "sum", "sign", "delta", "w", "b", "epochs"].map((name) => [name, html("dd")]));
  const terms = { x: "next x", sum: "W.X", sign: "sign(W.X)", delta: "delta", w: "w", b: "b", epochs: "epochs" };
  const list = html("dl", { class: "values numbers" },
    ...Object.entries(terms).map(([name, term]) => html("div", {}, html("dt", {}, term), values[name])));
  const rows = html("tbody");
  const heads = ["epoch", "w₁", "w₂", "b", "mistakes"].map((head) => html("th", { scope: "col" }, head));
  const table = html("div", { class: "epochs numbers", tabindex: 0, role: "group", "aria-label": "The weights after each epoch" },
    html("table", {}, html("thead", {}, html("tr", {}, ...heads)), rows));
  const key = ([words, y, wrong, current]) => html("li", {},
    svg("svg", { viewBox: "-23 -23 46 46", "aria-hidden": "true" }, mark(svg("g", {}, ...marked()), y, wrong, current)), words);
  const keys = html("ul", { class: "key" }, ...[
    ["class +1", 1], ["class -1", -1], ["wrong", 1, true], ["next sample", -1, false, true],
  ].map(key));
  const hint = html("p", { class: "hint" },
    "Click or tap a point to flip its class, drag it to move it, double-click an empty place to add one. With the keyboard: ",
    "Tab to a point, Enter flips it, the arrow keys move it. The arrow w points to the side of +1.");
  const choosing = common.choice("Points", [...SETS, "own", "changed"], "toy", act((name) => use(name, DATA[name])));
  const choice = choosing.querySelector("select");
  for (const option of [...choice.options].slice(SETS.length)) option.hidden = option.disabled = true;

  const section = document.getElementById("widget-perceptron");
  section.replaceChildren(
    html("div", { class: "controls steps" },
      button("← Epoch", act(() => back(false)), { "aria-label": "← Epoch back" }),
      button("← Sample", act(() => back(true)), { "aria-label": "← Sample back" }),
      button("Sample →", act(sample)), button("Epoch →", act(epoch)), play.toggle, button("To the end", act(toTheEnd))),
    said, html("div", { class: "stage" }, html("div", {}, drawing, keys), html("div", {}, list, table)), hint,
    html("div", { class: "controls" }, choosing, button("Start over", act(startOver)), button("Shuffle the order", act(shuffle)),
      button("Add a point", act(addInTheMiddle))),
    common.pasting(act((data) => use("own", data))),
    common.copying(program),
  );
  section.state = () => {
    const { name, x, y, order, epochs, at } = run();
    const { weight, bias, mistakes } = now();
    return { name, x, y, order, at, weight, bias, mistakes, epoch: epochs.length - 1, epochs, said: said.textContent };
  };
  new ResizeObserver(() => {
    if (view.width === drawing.clientWidth) return;
    layOut();
    show(said.textContent);
  }).observe(drawing);
  layOut();
  show("W = 0: there is no line yet, and every point is wrong.");
})();
