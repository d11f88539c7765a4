// Evaluates JSONata with the reference implementation, as Step Functions sets it up.
// Reads one JSON object a line, {"expr": text, "bindings": {name: value}}, and answers each with one line:
// {"value": …}, {"undefined": true}, {"unsupported": true} or {"error": text, "code": "T2001"}.
'use strict';
const crypto = require('node:crypto');
const readline = require('node:readline');
const jsonata = require('jsonata');

const algorithms = { 'MD5': 'md5', 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };

// sequence makes an array that collapses as JSONata's own results do: none is undefined, one is the item.
function sequence(items) {
  if (items.length === 0) return undefined;
  return items.length === 1 ? items[0] : items;
}

const functions = {
  partition(array, size) {
    if (array === undefined || size === undefined) return undefined;
    if (!Array.isArray(array)) array = [array];
    const chunks = [];
    for (let i = 0; i < array.length; i += size) chunks.push(array.slice(i, i + size));
    return chunks;
  },
  range(first, last, step) {
    if (first === undefined || last === undefined || step === undefined) return undefined;
    if (step === 0) throw new Error('step is 0');
    const items = [];
    for (let n = first; step > 0 ? n <= last : n >= last; n += step) items.push(n);
    return sequence(items);
  },
  hash(text, algorithm) {
    if (text === undefined) return undefined;
    if (!algorithms[algorithm]) throw new Error('unknown algorithm ' + algorithm);
    return crypto.createHash(algorithms[algorithm]).update(text, 'utf8').digest('hex');
  },
  parse(text) {
    if (text === undefined) return undefined;
    if (typeof text !== 'string') throw new Error('not a string');
    return JSON.parse(text);
  },
  eval() {
    throw new Error('$eval is not available');
  },
};

// plain reports whether JSON can hold a result: no function in it, no number that is not finite.
function plain(value) {
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || typeof value !== 'object') return typeof value !== 'function';
  if (value._jsonata_function || value._jsonata_lambda) return false;
  return Object.values(value).every(plain);
}

async function answer(line) {
  try {
    const { expr, bindings } = JSON.parse(line);
    const expression = jsonata(expr);
    for (const [name, body] of Object.entries(functions)) expression.registerFunction(name, body);
    const value = await expression.evaluate(undefined, bindings);
    if (value === undefined) return { undefined: true };
    return plain(value) ? { value } : { unsupported: true };
  } catch (error) {
    return { error: String(error.message || error), code: error.code };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(line)) + '\n');
  }
})();
