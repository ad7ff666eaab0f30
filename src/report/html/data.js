/* What the page is told, and small tools to put it on the page. Text gets there as text only, never as markup. */

function told(id) {
  return JSON.parse(document.getElementById(`${id}-data`).textContent);
}

const run = told('run');
const timeline = told('timeline');
const texts = told('texts');

/* Characters that nobody sees or that turn the reading direction round are shown as their code. */
function visible(text) {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

/* A text of the table, or one that stands for itself; the account's own id goes back to where it was. */
function text(value, id) {
  if (value === null || value === undefined) return '';
  const common = typeof value === 'number' ? texts[value] : value;
  return common.includes('\u0000') ? common.replaceAll('\u0000', id) : common;
}

const TEXTS = ['unit', 'role_arn', 'code', 'message', 'fix', 'notes', 'assume_role'];

const accounts = told('accounts').map((row, index) => {
  const account = { index };
  run.columns.forEach((column, place) => { account[column] = row[place]; });
  account.cause = account.fix === null ? '' : `${account.step}|${account.code}|${account.fix}`;
  for (const column of TEXTS) account[column] = text(account[column], account.id);
  account.started = account.started_at ? Date.parse(account.started_at) : null;
  return account;
});

/* Most people never look at an account's steps, so they are read when somebody does. */
let details = null;
function detail(account) {
  details ??= told('details');
  return details[account.index] || { steps: [], changes: [] };
}

/* Statuses: a sign and a shape besides the colour, and in which order they are of interest. */
const STATUS = {
  failed: ['✕', 'bad'], missing: ['∅', 'bad'], drifted: ['≠', 'warn'], pending: ['◦', 'warn'], not_reached: ['…', 'none'],
  created: ['+', 'new'], updated: ['↑', 'new'], removed: ['−', 'new'],
  unchanged: ['=', 'good'], compliant: ['✓', 'good'], absent: ['=', 'good'], skipped: ['–', 'none'],
};
const STATUSES = Object.keys(STATUS).filter((status) => run.counts[status] > 0);
const sign = (status) => (STATUS[status] || ['?', 'none'])[0];
const tone = (status) => (STATUS[status] || ['?', 'none'])[1];
const word = (status) => String(status).replaceAll('_', ' ');

/* An element. Of the attributes, functions are listeners; children are elements or text. */
function el(name, attributes, ...children) {
  const svg = ['svg', 'path', 'rect', 'line', 'g', 'text', 'title'].includes(name);
  const element = svg ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (typeof value === 'function') element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === '') continue;
    element.append(child instanceof Node ? child : visible(String(child)));
  }
  return element;
}

const $ = (id) => document.getElementById(id);
const count = (n) => n.toLocaleString('en');
const accountsOf = (n) => `${count(n)} ${n === 1 ? 'account' : 'accounts'}`;

function duration(ms) {
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60000) return `${(ms / 1000).toFixed(ms < 10000 ? 1 : 0)} s`;
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

/* Always UTC, since the reader may sit elsewhere than the machine that ran it. */
function moment(at) {
  return at ? `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC` : '';
}

function badge(status) {
  return el('span', { class: `badge ${tone(status)}` }, el('span', { 'aria-hidden': 'true', class: 'sign' }, sign(status)), ` ${word(status)}`);
}
