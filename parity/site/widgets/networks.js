"use strict";
// A net of 2 inputs, a few tanh neurons and 1 logit: one sample forward, back and through a step, and training on all.
(() => {
  const { html, svg } = common;
  const NAMES = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"];
  // Starting weights of four hidden neurons; a net of fewer takes the first. All of them learn xor with the first settings.
  const START = [[[-0.2, -0.4], [-0.2, 0.8], [0.3, 0.2], [0.9, -0.6]], [1.1, 0.4, 0.7, 0.5], [[0.2, 1.1, -0.9, 0.7]], [-0.6]];
  const RATES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
  const MOST_LOSS = 20; // guessing costs 0.69
  const LEAST_LOSS = 0.01; // learnt: Play stops
  const GRID = 31; // values of the decision surface in each direction

  // The arithmetic

  const started = (hidden) => [START[0].slice(0, hidden), START[1].slice(0, hidden), START[2].map((row) => row.slice(0, hidden)), START[3]];

  const outputs = ([w1, b1, w2, b2], x) => {
    const z1 = neuron.linear(x, w1, b1);
    const a1 = neuron.tanh(z1);
    return { z1, a1, z2: neuron.linear(a1, w2, b2) };
  };

  // Everything from the inputs to the loss, and back to the gradients of all weights.
  const pass = (weights, x, t) => {
    const { z1, a1, z2 } = outputs(weights, x);
    const loss = neuron.binary_cross_entropy_with_logits(z2, t);
    const grad_z2 = neuron.binary_cross_entropy_with_logits_backward(z2, t);
    const [grad_a1, grad_w2, grad_b2] = neuron.linear_backward(a1, weights[2], grad_z2);
    const grad_z1 = neuron.tanh_backward(z1, grad_a1);
    const [, grad_w1, grad_b1] = neuron.linear_backward(x, weights[0], grad_z1);
    return { weights, x, t, z1, a1, z2, p: neuron.sigmoid(z2), loss, grad_z2, grad_a1, grad_z1, gradients: [grad_w1, grad_b1, grad_w2, grad_b2] };
  };

  const updated = (weights, buffers, gradients, { lr, momentum }) => {
    const pairs = weights.map((w, i) => neuron.sgd_update(w, gradients[i], buffers[i], lr, momentum));
    return { weights: pairs.map(([w]) => w), buffers: pairs.map(([, buffer]) => buffer) };
  };

  const loss_of = (weights, { x, t }) => neuron.binary_cross_entropy_with_logits(outputs(weights, x).z2, t);

  const inRange = (loss) => loss <= MOST_LOSS; // neither is NaN

  // What has been done, for the program to copy: runs of equal steps, on all samples (null) or on one.
  const recorded = (plan, sample, { lr, momentum }) => {
    const last = plan.at(-1);
    const same = last && last.sample === sample && last.lr === lr && last.momentum === momentum;
    return same ? [...plan.slice(0, -1), { ...last, steps: last.steps + 1 }] : [...plan, { sample, lr, momentum, steps: 1 }];
  };

  // Numbers and formulas in words

  const minus = (text) => text.replaceAll("-", "−");
  const num = (value) => minus(common.short(value));
  // At most seven signs, for the graph.
  const brief = (value) => {
    const size = Math.abs(value);
    if (size >= 1e4 || (size < 0.001 && size > 0)) return minus(value.toExponential(0));
    return minus(String(Number(size < 1 ? value.toFixed(4) : value.toPrecision(3))));
  };
  const factor = (value) => value < 0 ? `(${num(value)})` : num(value);
  const vector = (values) => `(${values.map(num).join(", ")})`;
  const sum = (weights, values, bias) => {
    const terms = [...weights.map((w, i) => [w, ` · ${factor(values[i])}`]), [bias, ""]];
    const signed = ([value, rest], i) => (i ? (value < 0 ? " − " : " + ") : (value < 0 ? "−" : "")) + num(Math.abs(value)) + rest;
    return terms.map(signed).join("");
  };
  const neurons = (values, line) => values.map((value, k) => [`neuron ${k + 1}`, line(value, k)]);

  const stepLines = ({ before, after, buffers, gradients, lr, momentum }) => {
    const along = momentum === 0 ? gradients : buffers.map((buffer) => buffer.momentum_buffer);
    const line = (old, by, now) => `${vector(old)} − ${num(lr)} · ${vector(by)} = ${vector(now)}`;
    const of = (w, b, k) => [before, along, after].map((all) => [...all[w][k], all[b][k]]);
    return [...neurons(before[1], (_, k) => line(...of(0, 1, k))), ["output", line(...of(2, 3, 0))]];
  };

  // What each stage of the walk shows: `short` in the list of stages, `says`, the `law`, and its numbers.
  // `nodes` and `edges` are highlighted; `gradients` are the layers whose edges carry gradients.
  const STAGES = [
    { short: "x", phase: "forward", nodes: ["x"], edges: [],
      says: ({ x, t }, { sample, of }) => `Sample ${sample + 1} of ${of}: x = ${vector(x[0])} has class ${t[0][0] ? "1" : "−1"}, so the target is t = ${t[0][0]}.`,
      law: () => "x, t", lines: ({ x, t }) => [["inputs", `x = ${vector(x[0])}`], ["target", `t = ${t[0][0]}`]] },
    { short: "z₁", phase: "forward", nodes: ["x", "hidden"], edges: [0],
      says: () => "Each hidden neuron multiplies the inputs by its weights and adds its bias.",
      law: () => "z₁ = W₁x + b₁",
      lines: ({ weights: [w1, b1], x, z1 }) => neurons(z1[0], (z, k) => `z₁ = ${sum(w1[k], x[0], b1[k])} = ${num(z)}`) },
    { short: "a₁", phase: "forward", nodes: ["hidden"], edges: [],
      says: () => "Tanh bends each sum into a number between −1 and 1.",
      law: () => "a₁ = tanh(z₁)",
      lines: ({ z1, a1 }) => neurons(a1[0], (a, k) => `a₁ = tanh(${num(z1[0][k])}) = ${num(a)}`) },
    { short: "z₂", phase: "forward", nodes: ["hidden", "z"], edges: [1],
      says: () => "The output neuron does the same with what the hidden neurons say: its sum is the logit.",
      law: () => "z₂ = W₂a₁ + b₂",
      lines: ({ weights: [, , w2, b2], a1, z2 }) => [["output", `z₂ = ${sum(w2[0], a1[0], b2[0])} = ${num(z2[0][0])}`]] },
    { short: "p", phase: "forward", nodes: ["z", "p"], edges: [],
      says: ({ p }) => `The sigmoid turns the logit into the probability of class 1: the net says ${num(p[0][0])}.`,
      law: () => "p = σ(z₂) = 1 / (1 + e⁻ᶻ²)",
      lines: ({ z2, p }) => [["output", `p = σ(${num(z2[0][0])}) = ${num(p[0][0])}`]] },
    { short: "L", phase: "forward", nodes: ["p", "loss"], edges: [],
      says: ({ t, loss }) => `The loss is small where the true class, ${t[0][0] ? "1" : "−1"}, has a large probability: here it is ${num(loss)}.`,
      law: ({ t }) => t[0][0] ? "L = −ln p, because t = 1" : "L = −ln(1 − p), because t = 0",
      lines: ({ p, t, loss }) => [["loss", `L = −ln(${t[0][0] ? "" : "1 − "}${num(p[0][0])}) = ${num(loss)}`]] },
    { short: "∂z₂", phase: "backward", nodes: ["z", "loss"], edges: [],
      says: ({ grad_z2 }) => `Now back. If the logit grew a little, the loss would ${grad_z2[0][0] < 0 ? "fall" : "grow"}: the slope is what was said minus what was wanted.`,
      law: () => "∂L/∂z₂ = p − t",
      lines: ({ p, t, grad_z2 }) => [["output", `∂L/∂z₂ = ${num(p[0][0])} − ${t[0][0]} = ${num(grad_z2[0][0])}`]] },
    { short: "∂W₂", phase: "backward", nodes: ["hidden", "z"], edges: [1], gradients: [1],
      says: () => "An output weight counts as much as the value that it multiplies; its bias multiplies 1.",
      law: () => "∂L/∂W₂ = ∂L/∂z₂ · a₁,  ∂L/∂b₂ = ∂L/∂z₂",
      lines: ({ a1, grad_z2, gradients }) => [
        ...neurons(a1[0], (a, k) => `∂L/∂W₂ = ${factor(grad_z2[0][0])} · ${factor(a)} = ${num(gradients[2][0][k])}`),
        ["bias", `∂L/∂b₂ = ${num(gradients[3][0])}`]] },
    { short: "∂a₁", phase: "backward", nodes: ["z", "hidden"], edges: [1],
      says: () => "Each hidden neuron gets its share of the blame through the weight by which it was heard.",
      law: () => "∂L/∂a₁ = ∂L/∂z₂ · W₂",
      lines: ({ weights, grad_z2, grad_a1 }) => neurons(grad_a1[0], (g, k) => `∂L/∂a₁ = ${factor(grad_z2[0][0])} · ${factor(weights[2][0][k])} = ${num(g)}`) },
    { short: "∂z₁", phase: "backward", nodes: ["hidden"], edges: [],
      says: () => "Back through tanh: times its slope, which is small where the neuron is nearly sure.",
      law: () => "∂L/∂z₁ = ∂L/∂a₁ · (1 − a₁²)",
      lines: ({ a1, grad_a1, grad_z1 }) => neurons(grad_z1[0], (g, k) => `∂L/∂z₁ = ${factor(grad_a1[0][k])} · (1 − ${factor(a1[0][k])}²) = ${num(g)}`) },
    { short: "∂W₁", phase: "backward", nodes: ["x", "hidden"], edges: [0], gradients: [0, 1],
      says: () => "A hidden weight counts as much as the input that it multiplies; its bias multiplies 1.",
      law: () => "∂L/∂W₁ = ∂L/∂z₁ · x,  ∂L/∂b₁ = ∂L/∂z₁",
      lines: ({ x, grad_z1, gradients }) => neurons(grad_z1[0], (g, k) => `∂L/∂W₁ = ${factor(g)} · ${vector(x[0])} = ${vector(gradients[0][k])}, ∂L/∂b₁ = ${num(g)}`) },
    { short: "step", phase: "step", nodes: ["hidden", "z"], edges: [0, 1],
      says: (_, { taken }) => taken.momentum === 0
        ? `Every weight and bias takes a step against its gradient, ${num(taken.lr)} times as long. In brackets stand the weights of a neuron, and last its bias.`
        : `Every weight and bias takes a step against v, its gradient plus ${num(taken.momentum)} times the v of the step before. In brackets stand the weights of a neuron, and last its bias.`,
      law: (_, { taken }) => taken.momentum === 0 ? `new = old − ${num(taken.lr)} · gradient` : `v = ${num(taken.momentum)} · v + gradient,  new = old − ${num(taken.lr)} · v`,
      lines: (_, { taken }) => stepLines(taken) },
  ];
  const LAST = STAGES.length - 1;

  // What is shown, and what has happened

  const sets = { xor: DATA.xor, moons: DATA.moons };
  const settings = { lr: 0.5, momentum: 0.9 };
  let hidden = 3;
  let data; // x, and the targets t, 0 or 1
  let run; // weights, buffers, loss, epoch, singles, plan
  let walk; // sample, at, seen, taken
  let past = []; // what Previous goes back to

  const learnt = (sample) => {
    const [x, t] = sample === null ? [data.x, data.t] : [[data.x[sample]], [data.t[sample]]];
    const next = updated(run.weights, run.buffers, pass(run.weights, x, t).gradients, settings);
    return {
      ...next, loss: loss_of(next.weights, data), plan: recorded(run.plan, sample, settings),
      epoch: run.epoch + (sample === null), singles: run.singles + (sample !== null),
    };
  };

  const enter = (sample) => {
    walk = { sample, of: data.x.length, at: 0, seen: pass(run.weights, [data.x[sample]], [data.t[sample]]), taken: null };
  };

  const startOver = () => {
    play.stop();
    const weights = started(hidden);
    run = { weights, buffers: weights.map(() => null), loss: loss_of(weights, data), epoch: 0, singles: 0, plan: [] };
    past = [];
    enter(0);
    show();
  };

  const use = ({ x, y }) => {
    data = { x, t: y.map(([label]) => [label === 1 ? 1 : 0]) };
    plane = planeOf(x);
    sampleChoice.replaceChildren(common.choice("Sample", x.map((_, i) => String(i + 1)), "1", (chosen) => choose(Number(chosen) - 1)));
    startOver();
  };

  const choose = (sample) => {
    past = [];
    enter(sample);
    show();
  };

  const next = () => {
    if (walk.at === LAST - 1 && !inRange(run.loss)) return show();
    past.push({ run, walk });
    if (walk.at === LAST) enter((walk.sample + 1) % data.x.length);
    else if (walk.at < LAST - 1) walk = { ...walk, at: walk.at + 1 };
    else {
      const before = run.weights;
      run = learnt(walk.sample);
      walk = { ...walk, at: LAST, taken: { ...settings, before, after: run.weights, buffers: run.buffers, gradients: walk.seen.gradients } };
    }
    show();
  };

  const previous = () => {
    if (past.length) ({ run, walk } = past.pop());
    show();
  };

  const trainEpoch = () => {
    if (inRange(run.loss)) run = learnt(null);
  };

  const train = (epochs) => {
    for (let i = 0; i < epochs; i++) trainEpoch();
    past = [];
    enter(walk.sample);
    show();
  };

  // The net as a graph

  const SPACING = { 2: 130, 3: 110, 4: 84 };
  const [LEFT, CENTRE, RIGHT, MIDDLE, HALF] = [34, 192, 350, 165, 34];

  const pill = (x, y, name, value, lit) => svg("g", { class: `pill${lit ? " lit" : ""}`, transform: `translate(${x} ${y})` },
    svg("rect", { x: -HALF, y: -20, width: 2 * HALF, height: 40, rx: 12 }),
    svg("text", { class: "name", y: -5 }, name),
    svg("text", { class: "value", y: 13 }, value === null ? "·" : brief(value)));

  const edge = (from, to, share, weight, shown, lit, isGradient) => {
    const ends = { x1: from[0], y1: from[1], x2: to[0], y2: to[1] };
    const width = 1 + 1.2 * Math.min(Math.abs(weight), 5);
    const line = svg("g", { class: lit ? "lit" : "" }, svg("line", { class: "halo", ...ends }),
      svg("line", { class: `edge ${weight < 0 ? "minus" : "plus"}`, "stroke-width": width, ...ends }));
    const [x, y] = from.map((start, i) => start + share * (to[i] - start));
    const label = svg("g", { class: lit ? "lit" : "" },
      svg("text", { class: `value${isGradient ? " gradient" : ""}`, x, y: y + 4 }, brief(shown)));
    return [line, label];
  };

  const down = (y) => svg("path", { class: "arrow", fill: "none", d: `M${RIGHT} ${y + 20}v14m-4 -5l4 5l4 -5` });

  const drawGraph = () => {
    const { at, seen, taken } = walk;
    const stage = STAGES[at];
    const weights = taken ? taken.after : seen.weights;
    const [w1, b1, w2, b2] = weights;
    const shown = weights.map((weight, i) => stage.gradients?.includes(Math.floor(i / 2)) ? seen.gradients[i] : weight);
    const lit = (name) => stage.nodes.includes(name);
    const isGradient = (layer) => stage.gradients?.includes(layer);
    const spacing = SPACING[hidden];
    const height = (k) => MIDDLE + (k - (hidden - 1) / 2) * spacing;
    const inputs = [0, 1].map((i) => MIDDLE + (i - 0.5) * 0.75 * spacing);
    const edges = [
      ...w1.flatMap((row, k) => row.map((w, i) =>
        edge([LEFT + HALF, inputs[i]], [CENTRE - HALF, height(k)], 0.6, w, shown[0][k][i], stage.edges.includes(0), isGradient(0)))),
      ...w2[0].map((w, k) =>
        edge([CENTRE + HALF, height(k)], [RIGHT - HALF, MIDDLE], 0.4, w, shown[2][0][k], stage.edges.includes(1), isGradient(1))),
    ];
    const bias = (x, y, value, layer) => svg("g", { class: stage.edges.includes(layer) ? "lit" : "" },
      svg("text", { class: `value${isGradient(layer) ? " gradient" : ""}`, x, y }, `+ ${brief(value)}`.replace("+ −", "− ")));
    const [hiddenName, values] = at < 2 ? ["z₁", at ? seen.z1 : null] : at < 8 ? ["a₁", seen.a1] : at < 9 ? ["∂L/∂a₁", seen.grad_a1] : ["∂L/∂z₁", seen.grad_z1];
    const known = (from, value) => at < from ? null : value[0][0];
    graph.setAttribute("class", `graph drawing ${stage.phase}`);
    graph.setAttribute("aria-label", `The net at ${stage.short}: 2 inputs, ${hidden} hidden neurons, 1 output. All numbers stand below in a table.`);
    graph.replaceChildren(
      ...edges.map(([line]) => line), ...edges.map(([, label]) => label),
      ...inputs.map((y, i) => pill(LEFT, y, i ? "x₂" : "x₁", seen.x[0][i], lit("x"))),
      ...w1.flatMap((_, k) => [
        svg("text", { class: "name", x: CENTRE, y: height(k) - 26 }, `neuron ${k + 1}`),
        pill(CENTRE, height(k), hiddenName, values && values[0][k], lit("hidden")),
        bias(CENTRE, height(k) + 37, shown[1][k], 0),
      ]),
      svg("text", { class: "name", x: RIGHT, y: MIDDLE - 44 }, "output"),
      bias(RIGHT, MIDDLE - 27, shown[3][0], 1),
      at < 6 ? pill(RIGHT, MIDDLE, "z₂", known(3, seen.z2), lit("z")) : pill(RIGHT, MIDDLE, "∂L/∂z₂", seen.grad_z2[0][0], lit("z")),
      down(MIDDLE), pill(RIGHT, MIDDLE + 76, "p", known(4, seen.p), lit("p")),
      down(MIDDLE + 76), pill(RIGHT, MIDDLE + 152, "L", at < 5 ? null : seen.loss, lit("loss")),
      svg("text", { class: "name", x: RIGHT - HALF - 26, y: MIDDLE + 156 }, `t = ${seen.t[0][0]}`));
  };

  // The plane of the inputs

  const SIDE = 368;
  const SHIFT = 32;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  const planeOf = (x) => {
    const box = [0, 1].map((i) => {
      const values = x.map((row) => row[i]);
      const [low, high] = [Math.min(...values), Math.max(...values)];
      const room = 0.2 * (high - low) || 1;
      return [low - room, high + room];
    });
    const scale = common.scales(box[0], box[1], SIDE, SIDE, 0);
    const across = (k) => k / (GRID - 1) * SIDE;
    const points = Array.from({ length: GRID * GRID }, (_, k) => scale.back(across(k % GRID), across(Math.floor(k / GRID))));
    return { ...scale, box, across, points };
  };

  const ticks = ([low, high]) => {
    const raw = (high - low) / 4;
    const ten = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].find((many) => many * ten >= raw) * ten;
    const first = Math.ceil(low / step + 0.1);
    const last = Math.floor(high / step - 0.1);
    return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  };

  // Looked up once, because a look makes the browser lay out the page.
  const lookUp = () => ["--numpy-edge", "--torch-edge"].map((name) => {
    const code = parseInt(getComputedStyle(document.documentElement).getPropertyValue(name).trim().slice(1), 16);
    return [code >> 16, code >> 8 & 255, code & 255];
  });
  let colours = lookUp();

  const drawHeat = (probabilities) => {
    const context = heat.getContext("2d");
    const image = context.createImageData(GRID, GRID);
    probabilities.forEach(([p], k) => image.data.set([...colours[Number(p > 0.5)], 150 * Math.abs(2 * p - 1)], 4 * k));
    context.putImageData(image, 0, 0);
  };

  // Where the logit is 0: a piece of line through each square of the grid at whose corners its sign differs.
  const border = (logits) => {
    let path = "";
    const corner = (i, j) => [plane.across(i), plane.across(j), logits[j * GRID + i][0]];
    for (let j = 0; j < GRID - 1; j++) {
      for (let i = 0; i < GRID - 1; i++) {
        const corners = [corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1)];
        const crossings = corners.flatMap(([x, y, z], k) => {
          const [right, down_, other] = corners[(k + 1) % 4];
          if (z > 0 === other > 0) return [];
          const share = z / (z - other);
          return [`${(x + share * (right - x)).toFixed(1)} ${(y + share * (down_ - y)).toFixed(1)}`];
        });
        for (let k = 0; k < crossings.length; k += 2) path += `M${crossings[k]}L${crossings[k + 1]}`;
      }
    }
    return path;
  };

  const mark = (positive, x, y) => positive
    ? svg("circle", { class: "point plus", cx: x, cy: y, r: 6.5 })
    : svg("rect", { class: "point minus", x: x - 5.5, y: y - 5.5, width: 11, height: 11 });

  const drawPlane = () => {
    const { z2 } = outputs(run.weights, plane.points);
    drawHeat(neuron.sigmoid(z2));
    const [x, y] = data.x[walk.sample];
    surface.setAttribute("aria-label", `What the net says of the plane: ${right()} of ${data.x.length} samples lie on the side of their class.`);
    surface.replaceChildren(
      ...ticks(plane.box[0]).map((value) => svg("text", { x: SHIFT + plane.x(value), y: SIDE + 14 }, num(value))),
      ...ticks(plane.box[1]).map((value) => svg("text", { x: SHIFT / 2 - 2, y: plane.y(value) }, num(value))),
      svg("text", { x: SHIFT + SIDE - 10, y: SIDE + 14 }, "x₁"), svg("text", { x: SHIFT / 2, y: 10 }, "x₂"),
      svg("g", { transform: `translate(${SHIFT} 0)` },
        svg("path", { class: "border", d: border(z2) }),
        ...data.x.map((row, i) => mark(data.t[i][0], plane.x(row[0]), plane.y(row[1]))),
        svg("circle", { class: "chosen", cx: plane.x(x), cy: plane.y(y), r: 12 })));
  };

  const nearest = (event) => {
    const [px, py] = common.pointer(surface, event);
    const distances = data.x.map(([x, y]) => Math.hypot(SHIFT + plane.x(x) - px, plane.y(y) - py));
    choose(distances.indexOf(Math.min(...distances)));
  };

  const right = () => outputs(run.weights, data.x).z2.filter(([z], i) => z > 0 === (data.t[i][0] === 1)).length;

  // Words beside the pictures

  const drawWalk = () => {
    const stage = STAGES[walk.at];
    stages.replaceChildren(...STAGES.map(({ short, phase }, i) =>
      html("li", { class: `${phase}${i < walk.at ? " past" : ""}`, "aria-current": i === walk.at ? "step" : null }, short)));
    said.className = `said ${stage.phase}`;
    said.replaceChildren(html("b", {}, `${walk.at + 1} of ${LAST + 1}, ${stage.phase}. `), stage.says(walk.seen, walk),
      html("span", { class: "law" }, stage.law(walk.seen, walk)));
    lines.replaceChildren(html("tbody", {}, ...stage.lines(walk.seen, walk).map(([of, line]) =>
      // A fraction stays in one line.
      html("tr", {}, html("th", { scope: "row" }, of), html("td", {}, line.replaceAll("/∂", "/\u2060∂"))))));
    carried.textContent = stage.gradients ? "On the edges in red: gradients. Their colours and widths are those of the weights."
      : "On the edges: weights, blue above 0 and orange below. Beside the neurons: biases.";
    back.setAttribute("aria-disabled", String(!past.length));
    sampleChoice.querySelector("select").value = String(walk.sample + 1);
  };

  const drawReadout = () => {
    const moving = play.toggle.textContent === "Pause";
    const singles = run.singles ? ` and ${run.singles} ${run.singles === 1 ? "step" : "steps"} on one sample` : "";
    const words = inRange(run.loss)
      ? `${right()} of ${data.x.length} samples are on the side of their class.${run.loss < LEAST_LOSS ? " The set is learnt." : ""}`
      : `That is out of range: guessing costs 0.69. The steps are too long; training has stopped. Choose a smaller learning rate or momentum and start over.`;
    readout.setAttribute("aria-live", moving ? "off" : "polite");
    readout.classList.toggle("wrong", !inRange(run.loss));
    readout.replaceChildren(html("b", {}, `Epoch ${run.epoch}${singles}: loss ${num(run.loss)}. `), words);
  };

  const drawTable = () => {
    const rows = NAMES.flatMap((name, i) => run.weights[i].map((row, k) => [row].flat().map((_, d) =>
      [Array.isArray(row) ? `${name}[${k}, ${d}]` : `${name}[${k}]`, ...[run.weights, walk.seen.gradients].map((all) => num([all[i][k]].flat()[d]))])).flat());
    const head = ["", "value", `gradient of sample ${walk.sample + 1}`];
    numbers.replaceChildren(html("table", {},
      html("thead", {}, html("tr", {}, ...head.map((text) => text ? html("th", { scope: "col" }, text) : html("td")))),
      html("tbody", {}, ...rows.map(([name, ...values]) =>
        html("tr", {}, html("th", { scope: "row" }, html("code", {}, name)), ...values.map((value) => html("td", {}, value)))))));
  };

  const show = () => {
    drawWalk();
    drawGraph();
    drawPlane();
    drawReadout();
    drawTable();
  };

  // The same training as a program

  const listed = (rows) => {
    const texts = rows.map((row) => JSON.stringify(row).replaceAll(",", ", "));
    const wrapped = Array.from({ length: Math.ceil(texts.length / 6) }, (_, i) => texts.slice(6 * i, 6 * i + 6).join(", "));
    return wrapped.length > 1 ? `[\n    ${wrapped.join(",\n    ")},\n]` : `[${wrapped[0]}]`;
  };
  const planned = () => {
    const rows = run.plan.map(({ sample, lr, momentum, steps }) => `    (${sample === null ? "slice(None)" : `[${sample}]`}, ${lr}, ${momentum}, ${steps}),\n`);
    return `# In turn: the samples of a step (slice(None) is all), the learning rate, the momentum, how many such steps\nplan = [\n${rows.join("")}]`;
  };
  const weightsListed = () => started(hidden).map((weight, i) => `    "${NAMES[i]}": ${JSON.stringify(weight).replaceAll(",", ", ")},\n`).join("");

  const numpyProgram = () => `"""A net of 2 inputs, ${hidden} tanh neurons and 1 logit, trained by gradient descent."""

import json

import numpy as np

x = np.array(${listed(data.x)})
target = np.array(${listed(data.t)})
weights = {
${weightsListed()}}
${planned()}


def forward(x):
    """The values of the hidden neurons and the logits."""
    a1 = np.tanh(x @ w1.T + b1)
    return a1, a1 @ w2.T + b2


def loss(z, target):
    """The binary cross-entropy of logits."""
    return np.mean(np.maximum(z, 0) - z * target + np.log1p(np.exp(-abs(z))))


def gradients(x, target):
    """The gradients of the loss, layer by layer from the last to the first."""
    a1, z2 = forward(x)
    e = np.exp(-abs(z2))
    p = np.where(z2 >= 0, 1, e) / (1 + e)
    grad_z2 = (p - target) / len(x)
    grad_z1 = grad_z2 @ w2 * (1 - a1**2)
    return [grad_z1.T @ x, grad_z1.sum(axis=0), grad_z2.T @ a1, grad_z2.sum(axis=0)]


w1, b1, w2, b2 = (np.array(weight) for weight in weights.values())
buffers = None
for samples, lr, momentum, steps in plan:
    for _ in range(steps):
        directions = gradients(x[samples], target[samples])
        if momentum:
            if buffers:
                directions = [momentum * v + g for v, g in zip(buffers, directions)]
            buffers = directions
        w1, b1, w2, b2 = (w - lr * d for w, d in zip((w1, b1, w2, b2), directions))

for name, weight in zip(weights, (w1, b1, w2, b2)):
    print(name, json.dumps(weight.tolist()))
print("loss", float(loss(forward(x)[1], target)))
`;

  const torchProgram = () => `"""A net of 2 inputs, ${hidden} tanh neurons and 1 logit, trained by gradient descent."""

import json
from collections import OrderedDict

import torch

torch.set_default_dtype(torch.float64)
x = torch.tensor(${listed(data.x)}, dtype=torch.float64)
target = torch.tensor(${listed(data.t)}, dtype=torch.float64)
weights = {
${weightsListed()}}
${planned()}

layers = {"fc1": torch.nn.Linear(2, ${hidden}), "tanh": torch.nn.Tanh(), "fc2": torch.nn.Linear(${hidden}, 1)}
net = torch.nn.Sequential(OrderedDict(layers))
net.load_state_dict({name: torch.tensor(weight) for name, weight in weights.items()})
loss = torch.nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(net.parameters())
for samples, lr, momentum, steps in plan:
    optimizer.param_groups[0].update(lr=lr, momentum=momentum)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(net(x[samples]), target[samples]).backward()
        optimizer.step()

for name, weight in net.state_dict().items():
    print(name, json.dumps(weight.tolist()))
print("loss", loss(net(x), target).item())
`;

  // The widget

  const rate = (label, range, show_, onchange) => {
    const made = common.slider(label, range, (value) => {
      onchange(value);
      input.setAttribute("aria-valuetext", show_(value));
    }, show_);
    const input = made.querySelector("input");
    input.setAttribute("aria-valuetext", show_(range.value));
    return made;
  };

  const pasted = (points) => {
    if (!sets["your points"]) dataChoice.querySelector("select").append(html("option", { value: "your points" }, "your points"));
    sets["your points"] = points;
    dataChoice.querySelector("select").value = "your points";
    use(points);
  };

  const widget = document.getElementById("widget-networks");
  let plane; // of the current data
  const sampleChoice = html("span");
  const stages = html("ol", { class: "stages", "aria-label": "Stages of one step" });
  const said = html("p", { role: "status" });
  const lines = html("table", {});
  const graph = svg("svg", { viewBox: "-6 0 396 350", role: "img" });
  const carried = html("p", { class: "legend" });
  const heat = html("canvas", { width: GRID, height: GRID, "aria-hidden": "true" });
  const surface = svg("svg", { viewBox: "0 0 400 400", role: "img", onclick: nearest });
  const readout = html("p", { class: "readout", role: "status" });
  const numbers = html("div", { class: "numbers", tabindex: "0", role: "group", "aria-label": "All numbers" });
  const table = html("details", {}, html("summary", {}, "All numbers"), numbers);
  const back = common.button("Previous", previous);
  const play = common.playing(() => {
    train(2);
    return inRange(run.loss) && run.loss >= LEAST_LOSS;
  }, 50);
  play.toggle.addEventListener("click", drawReadout);
  const key = (positive, text) => html("span", {}, svg("svg", { viewBox: "-7 -7 14 14", "aria-hidden": "true" }, mark(positive, 0, 0)), ` ${text}`);
  const dataChoice = common.choice("Data", Object.keys(sets), "xor", (name) => use(sets[name]));

  widget.replaceChildren(
    html("div", { class: "controls settings" },
      dataChoice,
      common.choice("Hidden neurons", ["2", "3", "4"], "3", (value) => {
        hidden = Number(value);
        startOver();
      }),
      rate("Learning rate", { min: 0, max: RATES.length - 1, step: 1, value: RATES.indexOf(settings.lr) }, (index) => String(RATES[index]),
        (index) => { settings.lr = RATES[index]; }),
      rate("Momentum", { min: 0, max: 0.95, step: 0.05, value: settings.momentum }, common.short, (value) => { settings.momentum = value; }),
      common.button("Start over", startOver)),
    html("div", { class: "panes" },
      html("div", { class: "pane" },
        html("h3", {}, "One sample, forward and back"),
        html("div", { class: "controls" }, sampleChoice, back, common.button("Next", next, { class: "main" })),
        stages, said, graph, carried, html("div", { class: "lines" }, lines)),
      html("div", { class: "pane" },
        html("h3", {}, "All samples, epoch by epoch"),
        html("div", { class: "controls" }, common.button("Train one epoch", () => train(1), { class: "main" }), play.toggle),
        readout,
        html("div", { class: "plot" }, html("div", { class: "heat" }, heat), surface),
        html("p", { class: "legend" }, key(true, "class 1"), key(false, "class −1"), html("span", {}, "The line is where p = 1/2. Choose a sample by touching it.")))),
    table, common.pasting(pasted),
    common.copying((language) => language === "NumPy" ? numpyProgram() : torchProgram()));
  dark.addEventListener("change", () => {
    colours = lookUp();
    drawPlane();
  });
  widget.state = () => ({
    weights: Object.fromEntries(NAMES.map((name, i) => [name, run.weights[i]])), loss: run.loss, epoch: run.epoch, walk,
  });
  use(sets.xor);
})();
