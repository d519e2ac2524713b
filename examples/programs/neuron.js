#!/usr/bin/env node
// The arithmetic of the site's moving pictures as a candidate: parity check examples/programs/neuron.js
const neuron = require("../../parity/site/neuron.js");

// JSON has no nan and no inf: they come and go as text.
const special = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const received = (key, value) => value in special ? special[value] : value;
const sent = (key, value) => Number.isNaN(value) ? "nan" : value === Infinity ? "inf" : value === -Infinity ? "-inf" : value;

// The names of a function's parameters, those with a default value marked by ?.
const parameters = (f) => String(f).match(/\((.*?)\)/)[1].split(", ").map((text) => text.replace(/ = .*/, "?"));

const answer = ({ call, arguments: given }) => {
  if (call === "names") return { names: Object.fromEntries(Object.entries(neuron).map(([name, f]) => [name, parameters(f)])) };
  const result = neuron[call](...parameters(neuron[call]).map((name) => given[name.replace("?", "")]));
  const several = /gradients|_step|_epoch|_update/.test(call);
  return several ? { results: result } : { result };
};

require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  let reply;
  try {
    reply = answer(JSON.parse(line, received));
  } catch (error) {
    reply = { error: error.message };
  }
  console.log(JSON.stringify(reply, sent));
});
