/* A policy before and after, line by line. Both sides are written in one order, so that only what differs shows. */

const ORDER = ['Version', 'Id', 'Statement', 'Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];

function rank(key) {
  const place = ORDER.indexOf(key);
  return place < 0 ? ORDER.length : place;
}

/* The same value with its members in one order; a policy that stands inside as text is unfolded. */
function ordered(value, key) {
  if (Array.isArray(value)) {
    const inner = value.map((item) => ordered(item));
    const sortable = key !== 'Statement' && inner.every((item) => typeof item === 'string');
    return sortable ? inner.sort() : inner;
  }
  if (value && typeof value === 'object') {
    const keys = Object.keys(value).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0));
    const result = new Map();
    for (const name of keys) if (value[name] !== null) result.set(name, ordered(value[name], name));
    return result;
  }
  if (key === 'trust' && typeof value === 'string') {
    try { return ordered(JSON.parse(value)); } catch { return value; }
  }
  return value;
}

/* The value as lines of JSON. A list of one stands in its line. */
function lines(value, indent, before, after, out) {
  const space = '  '.repeat(indent);
  if (value instanceof Map && value.size) {
    out.push(`${space}${before}{`);
    const entries = [...value];
    entries.forEach(([key, item], i) => lines(item, indent + 1, `${JSON.stringify(key)}: `, i + 1 < entries.length ? ',' : '', out));
    out.push(`${space}}${after}`);
  } else if (Array.isArray(value) && (value.length > 1 || value[0] instanceof Map || Array.isArray(value[0]))) {
    out.push(`${space}${before}[`);
    value.forEach((item, i) => lines(item, indent + 1, '', i + 1 < value.length ? ',' : '', out));
    out.push(`${space}]${after}`);
  } else {
    const plain = value instanceof Map ? '{}' : JSON.stringify(value);
    out.push(`${space}${before}${plain}${after}`);
  }
  return out;
}

function asLines(side) {
  if (side === '') return [];
  if (/^\s*[[{]/.test(side)) {
    try { return lines(ordered(JSON.parse(side)), 0, '', '', []); } catch { /* It is no JSON: it is shown as it is. */ }
  }
  return side.split(/\r?\n/);
}

/* How many lines are compared by the square of their number; beyond that the sides stand one after the other. */
const COMPARED = 800;

/* The longest common run of lines, and around it what went and what came. A comma at the end makes no difference. */
function compared(before, after) {
  const bare = (line) => line.replace(/,$/, '');
  const [m, n] = [before.length, after.length];
  if (!m || !n || m > COMPARED || n > COMPARED) {
    return [...before.map((line) => ['-', line]), ...after.map((line) => ['+', line])];
  }
  const a = before.map(bare);
  const b = after.map(bare);
  const lengths = Array.from({ length: m + 1 }, () => new Uint16Array(n + 1));
  for (let i = m - 1; i >= 0; i -= 1) {
    for (let j = n - 1; j >= 0; j -= 1) {
      lengths[i][j] = a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const out = [];
  let [i, j] = [0, 0];
  while (i < m || j < n) {
    if (i < m && j < n && a[i] === b[j]) { out.push([' ', after[j]]); i += 1; j += 1; }
    else if (i < m && (j === n || lengths[i + 1][j] >= lengths[i][j + 1])) { out.push(['-', before[i]]); i += 1; }
    else { out.push(['+', after[j]]); j += 1; }
  }
  return out;
}

const SIDE = { '-': ['del', 'before: '], '+': ['ins', 'after: '], ' ': ['span', ''] };

function diff(before, after, label) {
  const shown = compared(asLines(before), asLines(after));
  const body = el('code', {});
  for (const [side, line] of shown) {
    const [name, said] = SIDE[side];
    body.append(el(name, { class: 'line' }, el('span', { class: 'side', 'aria-hidden': 'true' }, side), el('span', { class: 'unseen' }, said), line || ' '));
  }
  return el('pre', { class: 'diff', tabindex: '0', role: 'region', 'aria-label': label }, body);
}
