/* The table of accounts: searched, filtered, sorted, and shown a page at a time, so that 10,000 accounts are as quick as ten. */

const PAGE = 100;
/* How many rows go to a printer. */
const PRINTED = 1000;
const INTEREST = Object.keys(STATUS);

const COLUMNS = [
  { key: 'id', name: 'Account', by: (a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) },
  { key: 'name', name: 'Name', by: (a, b) => COLLATOR.compare(a.name, b.name) },
  { key: 'status', name: 'Status', by: (a, b) => INTEREST.indexOf(a.status) - INTEREST.indexOf(b.status) },
  { key: 'changes', name: 'Changes', by: (a, b) => a.changes - b.changes, first: -1 },
  { key: 'duration_ms', name: 'Took', by: (a, b) => a.duration_ms - b.duration_ms, first: -1 },
  { key: 'message', name: 'What to know' },
];
const COLLATOR = new Intl.Collator('en', { numeric: true });

const view = { search: '', status: '', unit: null, cause: '', sort: 'status', direction: 1, page: 0 };
let found = [];

function what(account) {
  if (account.fix) return `${account.code}: ${account.fix}`;
  return account.message || account.notes;
}

function matches(account, words) {
  if (view.status && account.status !== view.status) return false;
  if (view.unit !== null && account.unit !== view.unit) return false;
  if (view.cause && account.cause !== view.cause) return false;
  if (!words.length) return true;
  account.haystack ??= [account.id, account.name, account.unit, account.status, account.role_arn, account.step, account.code, account.message,
    account.fix, account.request_id, account.notes].join('\n').toLowerCase();
  return words.every((part) => account.haystack.includes(part));
}

function find() {
  const words = view.search.toLowerCase().split(/\s+/).filter(Boolean);
  found = accounts.filter((account) => matches(account, words));
  const column = COLUMNS.find((one) => one.key === view.sort);
  found.sort((a, b) => view.direction * column.by(a, b) || a.index - b.index);
}

function row(account) {
  return el('tr', {},
    el('th', { scope: 'row' }, el('button', { type: 'button', class: 'link id', click: () => open(account) }, account.id)),
    el('td', { class: 'name' }, account.name || el('span', { class: 'soft' }, '(no name)'), unitsKnown && account.unit ? el('span', { class: 'soft below' }, account.unit) : ''),
    el('td', {}, badge(account.status)),
    el('td', { class: 'number' }, count(account.changes)),
    el('td', { class: 'number' }, account.started ? duration(account.duration_ms) : ''),
    el('td', { class: 'what' }, el('span', {}, what(account))));
}

function head() {
  $('head').replaceChildren(el('tr', {}, COLUMNS.map((column) => {
    const sorted = view.sort === column.key;
    if (!column.by) return el('th', { scope: 'col' }, column.name);
    const arrow = sorted ? (view.direction > 0 ? '▲' : '▼') : '';
    return el('th', { scope: 'col', 'aria-sort': sorted ? (view.direction > 0 ? 'ascending' : 'descending') : 'none' },
      el('button', { type: 'button', class: 'link', 'data-sort': column.key, click: () => sortBy(column) }, column.name, el('span', { 'aria-hidden': 'true', class: 'arrow' }, arrow)));
  })));
}

function sortBy(column) {
  view.direction = view.sort === column.key ? -view.direction : column.first || 1;
  view.sort = column.key;
  view.page = 0;
  find();
  draw();
  document.querySelector(`[data-sort="${column.key}"]`).focus();
}

function pages() {
  const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
  const go = (id, name, page) => el('button', { type: 'button', class: 'quiet', id, disabled: page < 0 || page > last || page === view.page,
    click: () => { view.page = page; draw(); (document.getElementById(id).disabled ? $('accounts') : document.getElementById(id)).focus(); } }, name);
  $('pages').hidden = last === 0;
  $('pages').replaceChildren(go('first', 'First', 0), go('previous', 'Previous', view.page - 1),
    el('span', {}, `Page ${count(view.page + 1)} of ${count(last + 1)}`), go('next', 'Next', view.page + 1), go('last', 'Last', last));
}

function draw() {
  head();
  const from = view.page * PAGE;
  const shown = found.slice(from, from + PAGE);
  $('rows').replaceChildren(...shown.map(row));
  const all = found.length === accounts.length ? accountsOf(accounts.length) : `${count(found.length)} of ${accountsOf(accounts.length)}`;
  const part = found.length > PAGE ? `, ${count(from + 1)} to ${count(from + shown.length)} shown` : '';
  $('found').replaceChildren(`${all}${part}`, view.cause ? ', of one cause' : '');
  if (!found.length) $('rows').append(el('tr', {}, el('td', { colspan: COLUMNS.length, class: 'soft' }, 'No account is like that.')));
  pages();
}

/* Shows some accounts in the table, and goes there. */
function show({ status = '', unit = null, cause = '' }) {
  Object.assign(view, { search: '', status, unit, cause, page: 0 });
  fill();
  find();
  draw();
  $('accounts').scrollIntoView();
  $('accounts').focus({ preventScroll: true });
}

function fill() {
  $('search').value = view.search;
  $('status').value = view.status;
  $('unit').value = view.unit === null ? '' : String(unitNames.indexOf(view.unit));
}

function table() {
  $('status').append(el('option', { value: '' }, 'all'), ...STATUSES.map((status) => el('option', { value: status }, `${word(status)} (${count(run.counts[status])})`)));
  if (unitsKnown) {
    $('unit-label').hidden = false;
    $('unit').append(el('option', { value: '' }, 'all'), ...unitNames.map((name, i) => el('option', { value: i }, unitName(name))));
  }
  const changed = (what) => { Object.assign(view, what, { page: 0 }); find(); draw(); };
  $('search').addEventListener('input', () => changed({ search: $('search').value }));
  $('status').addEventListener('change', () => changed({ status: $('status').value, cause: '' }));
  $('unit').addEventListener('change', () => changed({ unit: $('unit').value === '' ? null : unitNames[Number($('unit').value)] }));
  $('filters').addEventListener('submit', (event) => event.preventDefault());
  $('filters').addEventListener('reset', (event) => { event.preventDefault(); show({}); $('search').focus(); });
  addEventListener('beforeprint', () => { $('rows').replaceChildren(...found.slice(0, PRINTED).map(row)); });
  addEventListener('afterprint', draw);
  find();
  draw();
}
