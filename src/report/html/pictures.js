/* Outcomes as a bar, accounts as tiles, the run over time. Colours come from the style, so that they follow the theme. */

function outcomeBar() {
  const total = Object.values(run.counts).reduce((sum, n) => sum + n, 0);
  const bar = el('div', { class: 'outcomes', 'aria-hidden': 'true' });
  const legend = el('ul', { class: 'legend' });
  for (const status of STATUSES) {
    const n = run.counts[status];
    const piece = el('div', { class: `piece ${tone(status)} s-${status}` }, n / total > 0.05 ? sign(status) : '');
    piece.style.flexGrow = n;
    bar.append(piece);
    const percent = (100 * n) / total;
    const share = percent > 99 && n < total ? '>99 %' : percent < 1 ? '<1 %' : `${Math.round(percent)} %`;
    legend.append(el('li', {}, el('button', { type: 'button', class: 'pick', click: () => show({ status }) },
      el('span', { class: `key ${tone(status)} s-${status}`, 'aria-hidden': 'true' }, sign(status)),
      el('strong', {}, count(n)), ` ${word(status)} `, el('span', { class: 'soft' }, share))));
  }
  $('outcome-bar').append(bar, legend);
}

/* How far apart tiles are, how large they are, and whether a sign fits into them. */
function tileSize(n) {
  if (n <= 300) return { pitch: 26, size: 22, signs: true };
  if (n <= 2500) return { pitch: 15, size: 12, signs: true };
  return { pitch: 9, size: 7, signs: false };
}

/* Signs are strokes, since letters could not be put into one path. Coordinates are parts of a tile's side. */
const STROKES = {
  failed: [[0.28, 0.28, 0.72, 0.72], [0.72, 0.28, 0.28, 0.72]],
  missing: [[0.3, 0.7, 0.7, 0.3]],
  drifted: [[0.28, 0.4, 0.72, 0.4], [0.28, 0.6, 0.72, 0.6], [0.62, 0.25, 0.38, 0.75]],
  pending: [[0.5, 0.36, 0.5, 0.64]],
  created: [[0.5, 0.28, 0.5, 0.72], [0.28, 0.5, 0.72, 0.5]],
  updated: [[0.5, 0.26, 0.5, 0.74], [0.5, 0.26, 0.3, 0.46], [0.5, 0.26, 0.7, 0.46]],
  removed: [[0.28, 0.5, 0.72, 0.5]],
  unchanged: [[0.3, 0.42, 0.7, 0.42], [0.3, 0.6, 0.7, 0.6]],
  absent: [[0.3, 0.42, 0.7, 0.42], [0.3, 0.6, 0.7, 0.6]],
  skipped: [[0.36, 0.5, 0.64, 0.5]],
  compliant: [[0.28, 0.52, 0.44, 0.68], [0.44, 0.68, 0.74, 0.34]],
};

/* One picture of many accounts: one path for each status, so that 10,000 tiles are a handful of elements. */
function tiles(members, label, { pitch, size, signs }, width) {
  const columns = Math.max(1, Math.floor((width + pitch - size) / pitch));
  const rows = Math.ceil(members.length / columns);
  const used = Math.min(columns, members.length);
  const [w, h] = [used * pitch, rows * pitch];
  const picture = el('svg', { class: 'tiles', width: w, height: h, viewBox: `0 0 ${w} ${h}`, role: 'img', 'aria-label': label });
  const paths = new Map();
  members.forEach((account, place) => {
    const [x, y] = [(place % columns) * pitch, Math.floor(place / columns) * pitch];
    const path = paths.get(account.status) || { square: '', stroke: '' };
    /* Where no sign fits, an account without trouble is smaller than one with trouble. */
    const inset = !signs && !['bad', 'warn'].includes(tone(account.status)) ? 1 : 0;
    const side = size - 2 * inset;
    path.square += `M${x + inset} ${y + inset}h${side}v${side}h${-side}z`;
    for (const [x1, y1, x2, y2] of (signs && STROKES[account.status]) || []) {
      path.stroke += `M${(x + x1 * size).toFixed(1)} ${(y + y1 * size).toFixed(1)}L${(x + x2 * size).toFixed(1)} ${(y + y2 * size).toFixed(1)}`;
    }
    paths.set(account.status, path);
  });
  for (const [status, { square, stroke }] of paths) {
    picture.append(el('path', { d: square, class: `tile ${tone(status)} s-${status}` }));
    if (stroke) picture.append(el('path', { d: stroke, class: `mark ${tone(status)} s-${status}`, 'stroke-width': size / 11 }));
  }
  const under = (event) => {
    const box = picture.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) * w) / box.width / pitch);
    const row = Math.floor(((event.clientY - box.top) * h) / box.height / pitch);
    return column < columns ? members[row * columns + column] : undefined;
  };
  picture.addEventListener('pointermove', (event) => tip(under(event), event));
  picture.addEventListener('pointerleave', () => tip(undefined));
  picture.addEventListener('click', (event) => { const account = under(event); if (account) open(account); });
  return picture;
}

function tip(account, event) {
  const box = $('tip');
  box.hidden = !account;
  if (!account) return;
  box.replaceChildren(badge(account.status), ' ', el('strong', {}, account.name || '(no name)'), el('br'), account.id);
  if (account.code) box.append(el('br'), `${word(account.step)}: ${visible(account.code)}`);
  box.style.left = `${Math.max(8, Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8))}px`;
  const below = event.clientY + 18;
  box.style.top = `${below + box.offsetHeight > innerHeight ? event.clientY - box.offsetHeight - 12 : below}px`;
}

function inWords(members) {
  const counts = new Map();
  for (const account of members) counts.set(account.status, (counts.get(account.status) || 0) + 1);
  return STATUSES.filter((status) => counts.has(status)).map((status) => `${count(counts.get(status))} ${word(status)}`).join(', ');
}

const units = new Map();
for (const account of accounts) {
  if (!units.has(account.unit)) units.set(account.unit, []);
  units.get(account.unit).push(account);
}
const unitNames = [...units.keys()].sort((a, b) => (a === '') - (b === '') || a.localeCompare(b, 'en', { numeric: true }));
const unitsKnown = unitNames.some((name) => name !== '');
const unitName = (name) => name || 'Unit unknown';

/* How many units have a picture of their own; the table has all. */
const PICTURES = 200;

function tileMap() {
  const place = $('tiles');
  const width = place.clientWidth || 900;
  place.replaceChildren();
  const look = tileSize(accounts.length);
  $('map-note').textContent = unitsKnown
    ? 'One tile is one account, in its organizational unit. Choose a tile to see what was done there.'
    : 'One tile is one account, in the inventory’s order. Choose a tile to see what was done there.';
  place.classList.toggle('grouped', unitsKnown);
  for (const name of unitNames.slice(0, PICTURES)) {
    const members = units.get(name);
    const label = `${unitsKnown ? `${visible(unitName(name))}: ` : ''}${accountsOf(members.length)}: ${inWords(members)}`;
    if (unitsKnown) {
      const inner = Math.min(width - 26, Math.max(7, Math.ceil(Math.sqrt(members.length * 2.4))) * look.pitch);
      place.append(el('section', { class: 'unit', 'aria-label': visible(unitName(name)) },
        el('h3', {}, el('button', { type: 'button', class: 'link', click: () => show({ unit: name }) }, unitName(name)),
          el('span', { class: 'soft' }, ` ${count(members.length)}`)),
        tiles(members, label, look, inner)));
    } else {
      place.append(tiles(members, label, look, width));
    }
  }
  if (unitNames.length > PICTURES) {
    place.append(el('p', { class: 'note' }, `${count(unitNames.length - PICTURES)} more units are in the table below.`));
  }
}

/* One lane of the time line. */
function lane(name, values, most, kind, marks) {
  const [w, h] = [1000, 70];
  const steps = timeline.steps.length;
  const dx = w / steps;
  const top = Math.max(1, most);
  const y = (value) => h - (value / top) * (h - 4);
  let d = '';
  if (kind === 'area') {
    d = `M0 ${h}`;
    values.forEach((value, i) => { d += `L${(i * dx).toFixed(1)} ${y(value).toFixed(1)}L${((i + 1) * dx).toFixed(1)} ${y(value).toFixed(1)}`; });
    d += `L${w} ${h}z`;
  } else {
    values.forEach((value, i) => { if (value) d += `M${(i * dx).toFixed(1)} ${h}V${y(value).toFixed(1)}h${Math.max(1, dx - 1).toFixed(1)}V${h}z`; });
  }
  const total = values.reduce((sum, value) => sum + value, 0);
  const label = kind === 'area' ? `${name}: at most ${count(most)}` : `${name}: ${count(total)} in all, at most ${count(most)} in ${duration(timeline.step_ms)}`;
  return el('div', { class: 'lane' },
    el('p', { class: 'lane-name' }, el('strong', {}, name), ' ', el('span', { class: 'soft' }, kind === 'area' ? `at most ${count(most)}` : count(total))),
    el('svg', { viewBox: `0 0 ${w} ${h}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
      el('line', { x1: 0, x2: w, y1: h - 0.5, y2: h - 0.5, class: 'base' }), el('path', { d, class: marks })));
}

function timeLine() {
  const { steps, step_ms: stepMs } = timeline;
  if (!steps.some((step) => step.done)) return;
  $('time').hidden = false;
  const of = (key) => steps.map((step) => step[key]);
  const most = (key) => Math.max(...of(key));
  const lanes = $('lanes');
  lanes.append(lane('In flight', of('in_flight'), most('in_flight'), 'area', 'area'));
  lanes.append(lane('Done', of('done'), most('done'), 'bars', 'bars'));
  if (most('again')) lanes.append(lane('Done after trying again', of('again'), most('again'), 'bars', 'bars again'));
  if (most('failed')) lanes.append(lane('Failed', of('failed'), most('failed'), 'bars', 'bars failed'));
  const whole = steps.length * stepMs;
  lanes.append(el('p', { class: 'axis', 'aria-hidden': 'true' }, [0, 0.25, 0.5, 0.75, 1].map((part) => el('span', {}, duration(Math.round(part * whole))))));
  if (timeline.stages.length) {
    const names = { preflight: 'preflight', wave: 'wave', read_back: 'read back, wave' };
    const named = (stage) => `${names[stage.stage] || word(stage.stage)}${stage.number ? ` ${stage.number} of ${stage.of}` : ''}, ${accountsOf(stage.accounts)}`;
    lanes.append(el('ol', { class: 'stages', 'aria-label': 'Stages' }, timeline.stages.map((stage) =>
      el('li', {}, el('span', { class: 'soft' }, duration(stage.at)), ` ${named(stage)}`))));
  }
  if (timeline.paces.length) {
    const said = (pace) => (pace.slowed_by ? `slowed by ${pace.slowed_by} throttling: ${accountsOf(pace.concurrency)} at once` : 'as fast as was wished again');
    lanes.append(el('ol', { class: 'stages', 'aria-label': 'Changes of pace' }, timeline.paces.map((pace) =>
      el('li', {}, el('span', { class: 'soft' }, duration(pace.at)), ` ${said(pace)}`))));
  }
  /* The same in words and numbers, in at most 24 rows. */
  const joined = Math.max(1, Math.ceil(steps.length / 24));
  const body = el('tbody');
  for (let i = 0; i < steps.length; i += joined) {
    const some = steps.slice(i, i + joined);
    const sum = (key) => some.reduce((all, step) => all + step[key], 0);
    body.append(el('tr', {}, el('th', { scope: 'row' }, duration(i * stepMs)), el('td', {}, count(Math.max(...some.map((step) => step.in_flight)))),
      el('td', {}, count(sum('done'))), el('td', {}, count(sum('again'))), el('td', {}, count(sum('failed')))));
  }
  const head = ['From', 'In flight', 'Done', 'After trying again', 'Failed'].map((name) => el('th', { scope: 'col' }, name));
  $('time').append(el('details', {}, el('summary', {}, 'The same as a table'),
    el('div', { class: 'scroll' }, el('table', { class: 'numbers' }, el('thead', {}, el('tr', {}, head)), body))));
}
