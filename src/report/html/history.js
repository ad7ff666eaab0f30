/* The runs of a report folder, series by series. Text gets onto the page as text only, never as markup. */

const past = JSON.parse(document.getElementById('history-data').textContent);
const DAY = 86400000;
/* How many accounts a table shows at first, and how many more each time. */
const PAGE = 50;

/* How an account fared: the number in a run, the word, and the tone that the pages of runs use. */
const WAYS = [['well', 'well', 'good'], ['differs', 'differ', 'warn'], ['missing', 'missing', 'bad'], ['failed', 'failed', 'bad'],
  ['not_reached', 'not reached', 'none'], ['skipped', 'skipped', 'none']];

function visible(text) {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

function el(name, attributes, ...children) {
  const element = ['svg', 'rect', 'title'].includes(name) ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (typeof value === 'function') element.addEventListener(key, value);
    else if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== '') element.append(child instanceof Node ? child : visible(String(child)));
  }
  return element;
}

const count = (n) => n.toLocaleString('en');
const counted = (n, thing) => `${count(n)} ${thing}${n === 1 ? '' : 's'}`;
const day = (at) => new Date(at).toISOString().slice(0, 10);
const minute = (at) => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

/* Numbers as a list that says them, beside the picture of them. */
function ways(run) {
  return WAYS.filter(([way]) => run[way]).map(([way, word]) => `${count(run[way])} ${word}`).join(', ');
}

/* What is not well: a few accounts among thousands would not be seen beside those that are. */
const TROUBLE = WAYS.filter(([way]) => way !== 'well' && way !== 'skipped');
const troubled = (run) => TROUBLE.reduce((sum, [way]) => sum + run[way], 0);

/* One bar for each run, of what was not well in it; the newest at the right. */
function picture(series) {
  const width = 1000;
  const height = 120;
  const most = Math.max(1, ...series.runs.map(troubled));
  const step = width / series.runs.length;
  const bars = series.runs.map((run, i) => {
    let top = height;
    const group = TROUBLE.filter(([way]) => run[way]).map(([way, , tone]) => {
      /* What is there at all is seen. */
      const tall = Math.max(2, (run[way] / most) * height);
      top -= tall;
      return el('rect', { class: `tile ${tone}`, x: i * step + step * 0.1, y: top, width: step * 0.8, height: tall });
    });
    group.push(el('rect', { fill: 'transparent', x: i * step, y: 0, width: step, height }, el('title', {}, `${minute(run.started_at)}: ${ways(run)}`)));
    return group;
  });
  const label = `${counted(series.runs.length, 'run')}; the newest: ${ways(series.runs[series.runs.length - 1])}`;
  if (!series.runs.some(troubled)) return '';
  return el('svg', { viewBox: `0 0 ${width} ${height}`, width: '100%', height: '120', preserveAspectRatio: 'none', role: 'img', 'aria-label': label }, ...bars.flat());
}

function legend(series) {
  const used = TROUBLE.filter(([way]) => series.runs.some((run) => run[way]));
  if (!used.length) return el('p', { class: 'note' }, 'Every account was well in every run.');
  const most = Math.max(...series.runs.map(troubled));
  return el('ul', { class: 'legend' }, ...used.map(([, word, tone]) =>
    el('li', {}, el('span', { class: `key ${tone}`, 'aria-hidden': 'true' }), ` ${word}`)),
  el('li', { class: 'soft' }, `run by run, at most ${counted(most, 'account')}`));
}

function table(caption, head, rows) {
  return el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    el('table', {}, el('caption', { class: 'unseen' }, caption),
      el('thead', {}, el('tr', {}, ...head.map(([word, number]) => el('th', { scope: 'col', class: number ? 'number' : null }, word)))), rows));
}

function runs(series) {
  let digest = null;
  const rows = series.runs.map((run) => {
    const changed = digest !== null && digest !== run.setup_digest;
    digest = run.setup_digest;
    return el('tr', {}, el('th', { scope: 'row' }, minute(run.started_at), changed ? el('span', { class: 'below soft' }, 'the setup was changed') : ''),
      ...WAYS.map(([way]) => el('td', { class: 'number' }, count(run[way]))),
      el('td', { class: 'number' }, run.better ? el('span', { class: 'badge good' }, `↑ ${count(run.better)}`) : '0'),
      el('td', { class: 'number' }, run.worse ? el('span', { class: 'badge bad' }, `↓ ${count(run.worse)}`) : '0'));
  }).reverse();
  const head = [['Began'], ...WAYS.map(([, word]) => [word, true]), ['better', true], ['worse', true]];
  return el('details', { open: series.runs.length <= 12 ? '' : null }, el('summary', {}, `All ${counted(series.runs.length, 'run')}, the newest first`),
    table(`Runs of ${series.command} ${series.setup}`, head, el('tbody', {}, ...rows)));
}

function lived(spell) {
  const days = Math.round((Date.parse(spell.until || spell.last_seen) - Date.parse(spell.since)) / DAY);
  return days ? counted(days, 'day') : 'seen once';
}

/* The last ones, the newest first; the others behind a press. */
function spells(all) {
  const said = (spell) => `${day(spell.since)} to ${spell.until ? day(spell.until) : 'now'} (${lived(spell)})`;
  const told = all.map(said).reverse();
  if (told.length <= 3) return told.join('; ');
  return [told.slice(0, 3).join('; '), el('details', {}, el('summary', {}, `and ${count(told.length - 3)} before`), el('p', {}, told.slice(3).join('; ')))];
}

/* Accounts that differed at some time: searched, and shown part by part. */
function drifters(series, place) {
  if (!series.drifters.length) return el('p', { class: 'note' }, 'No account ever differed.');
  const again = series.drifters.filter((account) => account.spells.length > 1).length;
  const open = series.drifters.filter((account) => !account.spells[account.spells.length - 1].until).length;
  const body = el('tbody', {});
  const found = el('p', { class: 'note', role: 'status' });
  const more = el('button', { type: 'button', class: 'quiet', click: () => { shown += PAGE; draw(); } }, 'Show more');
  const only = el('select', { change: () => { shown = PAGE; draw(); } }, ...[['all', 'all'], ['again', 'again and again'], ['open', 'still differing']]
    .map(([value, word]) => el('option', { value }, word)));
  const search = el('input', { type: 'search', autocomplete: 'off', spellcheck: 'false', placeholder: 'id, name', input: () => { shown = PAGE; draw(); } });
  let shown = PAGE;
  function draw() {
    const wanted = search.value.trim().toLowerCase();
    const hits = series.drifters.filter((account) => {
      const still = !account.spells[account.spells.length - 1].until;
      if (only.value === 'again' && account.spells.length < 2) return false;
      if (only.value === 'open' && !still) return false;
      return !wanted || account.account_id.includes(wanted) || account.account_name.toLowerCase().includes(wanted);
    });
    body.replaceChildren(...hits.slice(0, shown).map((account) => {
      const last = account.spells[account.spells.length - 1];
      return el('tr', {}, el('th', { scope: 'row' }, el('span', { class: 'id' }, account.account_id), el('span', { class: 'below soft' }, account.account_name)),
        el('td', {}, last.until ? el('span', { class: 'badge good' }, '✓ mended') : el('span', { class: 'badge warn' }, '≠ still')),
        el('td', { class: 'number' }, count(account.spells.length)),
        el('td', { class: 'what' }, spells(account.spells)));
    }));
    found.textContent = `${count(hits.length)} of ${counted(series.drifters.length, 'account')}`;
    more.hidden = hits.length <= shown;
  }
  draw();
  const form = el('form', { role: 'search', 'aria-label': `Accounts of ${series.command} ${series.setup}`, class: 'filters', submit: (event) => event.preventDefault() },
    el('label', {}, 'Search ', search), ' ', el('label', {}, 'Show ', only));
  return el('div', { id: `drifters-${place}` }, el('h3', {}, 'Accounts that differed'),
    el('p', { class: 'note' }, `${counted(series.drifters.length, 'account')} differed at some time, ${count(again)} again and again, ${count(open)} still.`),
    form, found, table('Accounts that differed', [['Account'], ['Now'], ['Times', true], ['From, to, and for how long']], body), more);
}

function section(series, place) {
  const shard = series.shard ? `, shard ${series.shard}` : '';
  return el('section', { class: 'history', 'aria-labelledby': `series-${place}` },
    el('h2', { id: `series-${place}` }, `${series.command} ${series.setup}${shard}`),
    picture(series), legend(series), runs(series), drifters(series, place));
}

function coverage() {
  const none = past.never_looked_at;
  if (!none.length) return '';
  const rows = none.slice(0, 1000).map((account) => el('tr', {}, el('th', { scope: 'row' }, el('span', { class: 'id' }, account.account_id), el('span', { class: 'below soft' }, account.account_name)),
    el('td', { class: 'what' }, account.reason ? `${account.status.replaceAll('_', ' ')}: ${account.reason}` : account.status.replaceAll('_', ' '))));
  return el('section', { 'aria-labelledby': 'never' }, el('h2', { id: 'never' }, 'Never looked at'),
    el('p', { class: 'note' }, `${counted(none.length, 'account')} of the newest run were looked at by no run.${none.length > 1000 ? ' The first 1,000 are here.' : ''}`),
    table('Accounts that were never looked at', [['Account'], ['Why']], el('tbody', {}, ...rows)));
}

function leftOut() {
  return past.left_out.map((run) => el('p', { class: 'told' }, el('strong', {}, 'Not counted: '), el('code', {}, run.run), ` ${run.why}`));
}

function theme() {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const button = document.getElementById('theme');
  let chosen = null;
  const apply = () => {
    const dark = chosen === null ? system.matches : chosen;
    root.dataset.theme = dark ? 'dark' : 'light';
    button.textContent = dark ? 'Light' : 'Dark';
    button.setAttribute('aria-label', dark ? 'Light colours' : 'Dark colours');
  };
  system.addEventListener('change', apply);
  button.addEventListener('click', () => { chosen = root.dataset.theme !== 'dark'; apply(); });
  apply();
}

theme();
const all = past.series.reduce((sum, series) => sum + series.runs.length, 0);
document.getElementById('lead').replaceChildren(`${counted(all, 'run')} in ${count(past.series.length)} series.`);
document.getElementById('left-out').replaceChildren(...leftOut());
document.getElementById('series').replaceChildren(...past.series.map(section), coverage());
document.documentElement.dataset.ready = 'true';
