"use strict";
// Gradient descent on the error surface of one neuron with one input: two runs from the same start, each with its settings.
(() => {
  const { html, svg, short } = common;
  const section = document.getElementById("widget-gradients");
  const POINTS = {
    x: [[0.3], [0.7], [1.1], [1.4], [1.9], [2.2], [2.7], [3.1]],
    y: [[2.3], [1.2], [1.0], [0.6], [-0.7], [-0.7], [-1.9], [-2.3]],
  };
  const MOST = 500; // steps
  const WIDTH = 480;
  const HEIGHT = 400;
  const MARGIN = 40;
  const FINENESS = 24; // places of the learning rate in a decade

  let points = POINTS;
  let bowl = null;
  let start = { w: 0, b: 0 };
  let steps = 0;
  let playing = false;
  let runs = [];

  // The surface
  const loss = (w, b) => neuron.squared_error(neuron.linear(points.x, [[w]], [b]), points.y);
  const gradient = (w, b, { x, y }) => {
    const [[[grad_weight]], [grad_bias]] = neuron.neuron_gradients([[w]], [b], x, y);
    return [grad_weight, grad_bias];
  };

  // The Hessian maps a direction to its gradient where all targets are 0. From it and the gradient at the origin follow the
  // minimum, the eigenvalues and the steep direction of the bowl.
  const bowlOf = ({ x, y }) => {
    const still = { x, y: y.map(() => [0]) };
    const [ww, wb] = gradient(1, 0, still);
    const [, bb] = gradient(0, 1, still);
    const [gw, gb] = gradient(0, 0, { x, y });
    const area = ww * bb - wb * wb;
    if (!(area > 1e-9 * ww * bb)) throw new Error("the inputs are nearly all the same, expected at least two that differ");
    const steep = (ww + bb) / 2 + Math.hypot((ww - bb) / 2, wb);
    return {
      minimum: [(wb * gb - bb * gw) / area, (wb * gw - ww * gb) / area],
      steep, flat: area / steep, angle: Math.atan2(2 * wb, ww - bb) / 2,
      spread: [Math.sqrt(bb / area), Math.sqrt(ww / area)],
    };
  };

  // What is in view: the contour through the origin, with some space around it.
  const viewed = () => {
    const [w, b] = bowl.minimum;
    const height = loss(0, 0);
    const rise = Math.max(height - loss(w, b), height / 100) || 1;
    const [across, up] = bowl.spread.map((spread) => 1.2 * spread * Math.sqrt(2 * rise));
    Object.assign(bowl, { rise, across: [w - across, w + across], up: [b - up, b + up] });
    bowl.highest = Math.max(...bowl.across.flatMap((w) => bowl.up.map((b) => loss(w, b))));
    bowl.scale = common.scales(bowl.across, bowl.up, WIDTH, HEIGHT, MARGIN);
  };

  // The contour where the loss is `height` above its minimum.
  const contour = (height) => {
    const [cos, sin] = [Math.cos(bowl.angle), Math.sin(bowl.angle)];
    const [short, long] = [bowl.steep, bowl.flat].map((value) => Math.sqrt(2 * height / value));
    const corners = Array.from({ length: 120 }, (_, i) => {
      const [along, beside] = [short * Math.cos(i * Math.PI / 60), long * Math.sin(i * Math.PI / 60)];
      return place(bowl.minimum[0] + along * cos - beside * sin, bowl.minimum[1] + along * sin + beside * cos);
    });
    return svg("polygon", { class: "contour", points: corners.join(" ") });
  };
  const contours = () => {
    const heights = [];
    for (let height = bowl.rise / 64; height < bowl.highest && heights.length < 60; height *= 2) heights.unshift(height);
    return heights.map(contour);
  };
  const place = (w, b) => `${bowl.scale.x(w).toFixed(1)},${bowl.scale.y(b).toFixed(1)}`;

  // The border of the learning rate, beyond which the steepest direction grows in batch.
  const border = ({ momentum, nesterov }) =>
    2 * (1 + momentum) / bowl.steep / (nesterov && momentum ? 1 + 2 * momentum : 1);
  const formula = ({ momentum, nesterov }) => {
    if (!momentum) return "2 / λ";
    return nesterov ? "2 (1 + μ) / (λ (1 + 2μ))" : "2 (1 + μ) / λ";
  };

  // A run: its history from the start to the present step or to where the loss is out of range.
  const sample = (settings, step) => {
    if (settings.batch) return points;
    const i = step % points.x.length;
    return { x: [points.x[i]], y: [points.y[i]] };
  };
  const entry = (settings, step, weight, bias, states) => {
    const [[w]] = weight;
    const [b] = bias;
    const height = loss(w, b);
    return {
      step, weight, bias, states, loss: height, grads: gradient(w, b, sample(settings, step)),
      out: !(height <= 1e6 * bowl.highest),
    };
  };
  const next = ({ lr, momentum, nesterov, ...settings }, { step, weight, bias, states, grads }) => {
    const [newWeight, weightState] = neuron.sgd_update(weight, [[grads[0]]], states[0], lr, momentum, nesterov);
    const [newBias, biasState] = neuron.sgd_update(bias, [grads[1]], states[1], lr, momentum, nesterov);
    return entry(settings, step + 1, newWeight, newBias, [weightState, biasState]);
  };
  const reach = (run) => {
    while (run.history.length <= steps && !run.history.at(-1).out) run.history.push(next(run.settings, run.history.at(-1)));
  };
  const restart = (run) => {
    run.history = [entry(run.settings, 0, [[start.w]], [start.b], [null, null])];
    reach(run);
  };
  const present = (run) => run.history[Math.min(steps, run.history.length - 1)];
  const reachable = () => runs.every((run) => run.history.at(-1).out)
    ? Math.max(...runs.map((run) => run.history.length - 1)) : MOST;

  const move = (by) => {
    steps = Math.min(Math.max(Math.min(steps, reachable()) + by, 0), MOST);
    runs.forEach(reach);
    draw();
    return steps < reachable();
  };
  const change = (run, settings) => {
    Object.assign(run.settings, settings);
    restart(run);
    draw();
  };

  // The start, on a grid that has short numbers.
  const grid = (low, high) => 10 ** Math.floor(Math.log10((high - low) / 20));
  const snapped = (value, [low, high]) => {
    const fine = grid(low, high);
    return Number((Math.round(Math.min(Math.max(value, low), high) / fine) * fine).toPrecision(8));
  };
  const startAt = (w, b) => {
    start = { w: snapped(w, bowl.across), b: snapped(b, bowl.up) };
    runs.forEach(restart);
    draw();
  };
  const startUnder = (event) => startAt(...bowl.scale.back(...common.pointer(surface, event)));
  const startByKey = (event) => {
    const [dw, db] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [];
    if (dw === undefined) return;
    event.preventDefault();
    startAt(start.w + dw * grid(...bowl.across), start.b + db * grid(...bowl.up));
  };

  // Drawings
  const ticks = ([low, high]) => {
    const rough = (high - low) / 4;
    const power = 10 ** Math.floor(Math.log10(rough));
    const by = power * [1, 2, 5, 10].find((each) => each * power >= rough);
    const first = Math.ceil(low / by);
    return Array.from({ length: Math.floor(high / by) - first + 1 }, (_, i) => (first + i) * by);
  };
  const axes = (scale, across, up, names) => [
    svg("rect", { class: "frame", x: MARGIN, y: MARGIN, width: WIDTH - 2 * MARGIN, height: HEIGHT - 2 * MARGIN }),
    ...ticks(across).map((value) => svg("text", { class: "tick across", x: scale.x(value), y: HEIGHT - MARGIN + 18 }, short(value))),
    ...ticks(up).map((value) => svg("text", { class: "tick up", x: MARGIN - 6, y: scale.y(value) }, short(value))),
    svg("text", { class: "letter across", x: WIDTH - MARGIN / 2, y: HEIGHT - MARGIN + 5 }, names[0]),
    svg("text", { class: "letter across", x: MARGIN, y: MARGIN - 12 }, names[1]),
  ];
  const clip = (id) => svg("clipPath", { id },
    svg("rect", { x: MARGIN, y: MARGIN, width: WIDTH - 2 * MARGIN, height: HEIGHT - 2 * MARGIN }));
  const marker = (run) => svg("marker", { id: `gradients-${run.kind}`, class: run.kind, viewBox: "-4 -4 8 8", markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse" },
    shape(run, 0, 0, 3, "dot"));
  const shape = (run, x, y, size, kind) => run.kind === "a"
    ? svg("circle", { class: `${kind} a`, cx: x, cy: y, r: size })
    : svg("rect", { class: `${kind} b`, x: x - size, y: y - size, width: 2 * size, height: 2 * size });
  const drawing = (kind, label, id, ...content) =>
    svg("svg", { class: `drawing ${kind}`, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": label }, clip(id), ...content);

  const surfaceLayer = svg("g", { "clip-path": "url(#gradients-bowl)" });
  const surfaceAxes = svg("g");
  const pathLayer = svg("g", { "clip-path": "url(#gradients-bowl)" });
  const ring = svg("g", { class: "start", tabindex: 0, role: "application",
    onkeydown: startByKey,
    onpointerdown: (event) => ring.setPointerCapture(event.pointerId),
    onpointermove: (event) => { if (ring.hasPointerCapture(event.pointerId)) startUnder(event); },
  }, svg("circle", { class: "reach", r: 26 }), svg("circle", { class: "ring", r: 9 }));
  const surface = drawing("surface", "The error surface over weight and bias", "gradients-bowl",
    surfaceLayer, surfaceAxes, ring, pathLayer);
  surface.addEventListener("click", startUnder);
  const lineAxes = svg("g");
  const lineLayer = svg("g", { "clip-path": "url(#gradients-lines)" });
  const lines = drawing("lines", "The points and the line of each run", "gradients-lines", lineAxes, lineLayer);

  const cross = (x, y) => svg("path", { class: "lowest", d: `M${x - 6} ${y}h12M${x} ${y - 6}v12` });
  const drawSurface = () => {
    const { scale, minimum, across, up } = bowl;
    surfaceLayer.replaceChildren(...contours(), cross(scale.x(minimum[0]), scale.y(minimum[1])));
    surfaceAxes.replaceChildren(...axes(scale, across, up, ["w", "b"]));
  };
  // Of a run that has left the picture for good, the path is drawn as far as it leaves.
  const drawn = (run) => {
    const far = ({ loss: height }) => height > 10 * bowl.highest;
    return run.history.slice(0, (far(present(run)) ? run.history.findIndex(far) : steps) + 1);
  };
  const trail = (run) => {
    const walked = drawn(run).map(({ weight, bias }) => place(weight[0][0], bias[0]));
    const [x, y] = walked.at(-1).split(",").map(Number);
    const end = `url(#gradients-${run.kind})`;
    return [
      svg("polyline", { class: `path ${run.kind}`, points: walked.join(" "), "marker-start": end, "marker-mid": end }),
      shape(run, x, y, 6, "here"),
      svg("text", { class: `name ${run.kind}`, x: x + (run.kind === "a" ? -14 : 14), y: y + (run.kind === "a" ? -10 : 20) }, run.name),
    ];
  };
  const extent = (values) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const space = (high - low || Math.abs(high) || 1) / 8;
    return [low - space, high + space];
  };
  const drawLines = (scale) => {
    lineLayer.replaceChildren(
      ...points.x.map(([x], i) => svg("circle", { class: "point", cx: scale.x(x), cy: scale.y(points.y[i][0]), r: 5 })),
      ...runs.flatMap((run) => [fit(run, scale), ...ringed(run, scale)]));
  };
  const fit = (run, scale) => {
    const { weight, bias } = present(run);
    const [y1, y2] = neuron.linear(bowl.inputs.map((x) => [x]), weight, bias);
    return svg("line", { class: `fit ${run.kind}`, x1: MARGIN, y1: scale.y(y1[0]), x2: WIDTH - MARGIN, y2: scale.y(y2[0]) });
  };
  const ringed = (run, scale) => {
    if (run.settings.batch) return [];
    const { x: [[x]], y: [[y]] } = sample(run.settings, present(run).step);
    return [svg("circle", { class: `next ${run.kind}`, cx: scale.x(x), cy: scale.y(y), r: run.kind === "a" ? 9 : 12 })];
  };

  // Words and numbers
  const number = (value) => String(Number(Number(value.toFixed(9)).toPrecision(6)));
  const ended = (run) => {
    const { lr, batch } = run.settings;
    const limit = border(run.settings);
    const ofBatch = batch ? "" : " of the batch";
    const why = lr > limit ? `is beyond the border ${short(limit)}${ofBatch}` : "is too large sample by sample, although it is within the border of the batch";
    return `${run.name}: the loss has grown out of range after step ${present(run).step}: the learning rate ${lr} ${why}.`;
  };
  const summary = () => {
    const out = runs.filter((run) => present(run).out).map(ended);
    if (playing || out.length === runs.length) return [...out, playing ? "Playing." : ""].join(" ");
    const last = steps === MOST ? ", the last one here" : "";
    const heights = runs.filter((run) => !present(run).out).map((run) => `${run.name} has a loss of ${short(present(run).loss)}`);
    return [`Step ${steps}${last}: ${heights.join(", ")}.`, ...out].join(" ");
  };
  const ROWS = [
    ["step", (now) => String(now.step)],
    ["w", (now) => number(now.weight[0][0])],
    ["b", (now) => number(now.bias[0])],
    ["∂L/∂w", (now) => number(now.grads[0])],
    ["∂L/∂b", (now) => number(now.grads[1])],
    ["loss L", (now) => number(now.loss)],
  ];
  const status = html("p", { class: "said", role: "status" });
  const say = (text) => { if (status.textContent !== text) status.textContent = text; };

  const draw = () => {
    pathLayer.replaceChildren(...runs.flatMap(trail));
    ring.setAttribute("transform", `translate(${place(start.w, start.b)})`);
    ring.setAttribute("aria-label", `Start of both runs: w ${short(start.w)}, b ${short(start.b)}. Arrow keys move it.`);
    drawLines(bowl.lineScale);
    runs.forEach((run) => run.show());
    say(summary());
  };

  // Controls
  const rateAt = (place) => Number((10 ** (place / FINENESS)).toPrecision(2));
  const placeOf = (rate) => Math.log10(rate) * FINENESS;
  const decades = () => [Math.floor(Math.log10(bowl.steep ** -1)) - 1, Math.ceil(Math.log10(4 / bowl.steep))];
  const share = (rate) => {
    const [low, high] = decades();
    return (Math.log10(rate) - low) / (high - low);
  };
  const mark = (kind, rate, text) => html("span", { class: kind, style: `--at: ${share(rate)}` }, text);
  const scaleOf = (mine) => {
    const [low, high] = decades();
    const powers = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
    return html("div", { class: "scale", "aria-hidden": "true" }, mine,
      ...powers.map((power) => mark("decade", power, short(power))));
  };
  const swatch = (run) => svg("svg", { viewBox: "0 0 56 16", "aria-hidden": "true" },
    svg("line", { class: `path ${run.kind}`, x1: 2, y1: 8, x2: 54, y2: 8 }), shape(run, 28, 8, 5, "here"));
  const heldBy = (settings) => settings.batch ? "for the batch." : "for the batch; sample by sample it is only a rule of thumb.";

  const panel = (run) => {
    const { settings } = run;
    const [low, high] = decades();
    const rate = common.slider("Learning rate", { min: low * FINENESS, max: high * FINENESS, step: 1, value: Math.round(placeOf(settings.lr)) },
      (at) => change(run, { lr: rateAt(at) }), (at) => short(rateAt(at)));
    const momentum = common.slider("Momentum μ", { min: 0, max: 0.99, step: 0.01, value: settings.momentum },
      (value) => change(run, { momentum: value, nesterov: check.checked && value > 0 }));
    const check = html("input", { type: "checkbox", checked: settings.nesterov,
      onchange: () => change(run, { nesterov: check.checked }) });
    const batch = common.choice("Each step from", ["batch", "sample by sample"], settings.batch ? "batch" : "sample by sample",
      (value) => change(run, { batch: value === "batch" }));
    const mine = mark("border", border(settings), "border");
    const about = html("p", { class: "about" });
    const beyond = html("strong");
    const cells = ROWS.map(() => html("td"));
    run.show = () => {
      const limit = border(settings);
      check.disabled = settings.momentum === 0;
      mine.style.setProperty("--at", share(limit));
      beyond.textContent = settings.lr > limit ? " The learning rate is beyond it." : "";
      about.replaceChildren(`Border ${formula(settings)} = ${short(limit)} ${heldBy(settings)}`, beyond);
      ROWS.forEach(([, value], i) => { cells[i].textContent = value(present(run)); });
    };
    return html("fieldset", { class: run.kind }, html("legend", {}, swatch(run), `Run ${run.name}`),
      rate, scaleOf(mine), about, momentum,
      html("div", { class: "pressed" }, html("label", {}, check, html("span", {}, "Nesterov")), batch),
      html("div", { class: "numbers" }, html("table", {}, html("tbody", {},
        ...ROWS.map(([name], i) => html("tr", {}, html("th", { scope: "row" }, name), cells[i]))))));
  };

  const halt = () => {
    play.stop();
    playing = false;
  };
  const play = common.playing(() => {
    if (!move(1)) halt();
    return playing;
  });
  play.toggle.addEventListener("click", () => {
    playing = !playing;
    draw();
  });
  const byHand = (action) => () => {
    halt();
    action();
  };
  const controls = html("div", { class: "controls" },
    common.button("Step back", byHand(() => move(-1))), common.button("Step", byHand(() => move(1))),
    play.toggle, common.button("Start over", byHand(() => move(-steps))));

  // Programs that print the same numbers.
  const python = (value) => value === true ? "True" : value === false ? "False" : String(value);
  const calls = () => runs.map((run) => {
    const { lr, momentum, nesterov, batch } = run.settings;
    const values = { steps: present(run).step, lr, momentum, nesterov, batch };
    return `run("${run.name}", ${Object.entries(values).map(([key, value]) => `${key}=${python(value)}`).join(", ")})`;
  }).join("\n");
  const column = (values) => `[${values.map(([value]) => `[${value}]`).join(", ")}]`;
  const programs = {
    NumPy: () => `import numpy as np

x = np.array(${column(points.x)})
y = np.array(${column(points.y)})


def run(name, steps, lr, momentum, nesterov, batch):
    weight, bias = np.array([[${start.w}]]), np.array([${start.b}])
    buffers = None
    print(f"{name}: step, w, b, dL/dw, dL/db, loss")
    for step in range(steps + 1):
        i = step % len(x)
        inputs, targets = (x, y) if batch else (x[i : i + 1], y[i : i + 1])
        delta = inputs @ weight.T + bias - targets
        grads = delta.T @ inputs, delta.sum(axis=0)
        loss = ((y - (x @ weight.T + bias)) ** 2).sum() / 2
        values = [value.item() for value in (weight, bias, *grads, loss)]
        print(step, *(f"{round(value, 9) + 0.0:.6g}" for value in values))
        buffers = grads if buffers is None else [momentum * b + g for b, g in zip(buffers, grads)]
        updates = [g + momentum * b for g, b in zip(grads, buffers)] if nesterov else buffers
        weight, bias = weight - lr * updates[0], bias - lr * updates[1]


${calls()}
`,
    PyTorch: () => `import torch

x = torch.tensor(${column(points.x)}, dtype=torch.float64)
y = torch.tensor(${column(points.y)}, dtype=torch.float64)


def squared_error(pred, target):
    return ((target - pred) ** 2).sum() / 2


def run(name, steps, lr, momentum, nesterov, batch):
    neuron = torch.nn.Linear(1, 1, dtype=torch.float64)
    weight, bias = neuron.weight, neuron.bias
    with torch.no_grad():
        weight.fill_(${start.w})
        bias.fill_(${start.b})
    optimizer = torch.optim.SGD(neuron.parameters(), lr=lr, momentum=momentum, nesterov=nesterov)
    print(f"{name}: step, w, b, dL/dw, dL/db, loss")
    for step in range(steps + 1):
        i = step % len(x)
        inputs, targets = (x, y) if batch else (x[i : i + 1], y[i : i + 1])
        optimizer.zero_grad()
        squared_error(neuron(inputs), targets).backward()
        loss = squared_error(neuron(x), y)
        values = [value.item() for value in (weight, bias, weight.grad, bias.grad, loss)]
        print(step, *(f"{round(value, 9) + 0.0:.6g}" for value in values))
        optimizer.step()


${calls()}
`,
  };

  // New points: a new bowl, and settings that suit it.
  const panels = html("div", { class: "runs" });
  const curvature = html("p", { class: "curvature" });
  const use = (given) => {
    bowl = bowlOf(given);
    points = given;
    viewed();
    const x = points.x.flat();
    bowl.inputs = extent(x);
    bowl.lineScale = common.scales(bowl.inputs, extent(points.y.flat()), WIDTH, HEIGHT, MARGIN);
    const lr = rateAt(Math.floor(placeOf(border({ momentum: 0 }))) - 1);
    start = { w: 0, b: 0 };
    steps = 0;
    runs = [
      { name: "A", kind: "a", settings: { lr, momentum: 0, nesterov: false, batch: true } },
      { name: "B", kind: "b", settings: { lr: rateAt(placeOf(lr) - FINENESS), momentum: 0.9, nesterov: false, batch: true } },
    ];
    runs.forEach(restart);
    panels.replaceChildren(...runs.map(panel));
    curvature.textContent = `λ = ${short(bowl.steep)}, the largest eigenvalue of the Hessian, is the curvature of the bowl where it is steepest.`;
    drawSurface();
    lineAxes.replaceChildren(...axes(bowl.lineScale, bowl.inputs, extent(points.y.flat()), ["x", "y"]));
    draw();
  };

  surface.prepend(svg("defs", {}, marker({ kind: "a" }), marker({ kind: "b" })));
  use(POINTS);
  section.replaceChildren(
    html("div", {},
      html("div", { class: "pictures" },
        html("div", {}, html("p", {}, "The loss over w and b, + its minimum. Click, or drag the ring, to choose the start."), surface),
        html("div", {}, html("p", {}, "The points, and the line w x + b of each run."), lines)),
      controls, status, curvature, panels),
    common.copying((language) => programs[language]()),
    common.pasting((given) => { halt(); use(given); }, { features: 1, labels: null, most: 100, line: "x, target", placeholder: "0.5, 2.1\n1.5, 0.9" }));
  section.state = () => ({
    runs: runs.map(present).map(({ weight, bias, loss: height, step }) => ({ weight: weight[0][0], bias: bias[0], loss: height, step })),
  });
})();
