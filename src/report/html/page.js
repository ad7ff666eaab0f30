/* The page from top to bottom. */

const VERDICT = { 0: 'good', 1: 'bad', 3: 'warn', 130: 'warn' };
const TOLD = { plan: 'Plan', apply: 'Apply', verify: 'Verify', remove: 'Remove', rollback: 'Rollback' };

function title() {
  const { run: info, ended } = run;
  const what = TOLD[info.command] || info.command;
  document.title = visible(`${what} ${info.setup}: ${ended ? ended.meaning : 'cut off'} · rolecall`);
  const end = ended ? ended.meaning : 'cut off before its end';
  const tones = ended ? VERDICT[ended.exit] || 'bad' : 'bad';
  const made = run.changes.applied + run.changes.pending;
  $('title').replaceChildren(
    el('h1', {}, what, ' ', el('span', { class: 'setup' }, info.setup)),
    el('p', { class: `verdict ${tones}` }, el('span', { 'aria-hidden': 'true' }, { good: '✓', warn: '!', bad: '✕' }[tones]), ' ', el('strong', {}, end),
      ended ? el('span', { class: 'soft' }, ` exit code ${ended.exit}`) : ''),
    el('p', { class: 'lead' }, `${accountsOf(info.selected)} worked on, of ${count(info.accounts)} in `, el('b', {}, info.source),
      made ? `; ${count(made)} ${made === 1 ? 'change' : 'changes'} ${run.changes.applied ? 'made' : 'to make'}` : '',
      run.changes.failed ? `, ${count(run.changes.failed)} refused` : '', '. ',
      `Started ${moment(info.started_at)}${ended ? `, took ${duration(ended.elapsed_ms)}` : ''}, by `, el('code', {}, info.caller), '.'));
  if (ended && ended.detail) $('title').append(el('p', { class: 'told' }, ended.detail));
  const { accounts: none, details: less } = run.left_out;
  if (none || less) {
    $('title').append(el('p', { class: 'told' }, 'This page is kept to a size that a browser opens at once. ',
      none ? `${accountsOf(none)} are not in it: see accounts.csv. ` : '', less ? `Of ${accountsOf(less)} it has the outcome, but not the steps and changes: see changes.csv.` : ''));
  }
}

function facts() {
  const { run: info, ended } = run;
  const list = $('facts');
  fact(list, 'Run', info.run_id);
  fact(list, 'Command', info.command);
  fact(list, 'Setup', info.setup);
  fact(list, 'Setup digest', el('code', {}, info.setup_digest));
  fact(list, 'By', el('code', {}, info.caller));
  fact(list, 'Accounts from', info.source);
  fact(list, 'Organization', info.organization);
  fact(list, 'Listed', info.listing ? 'not every account: there are more than this page has' : '');
  fact(list, 'Shard', info.shard);
  fact(list, 'Merged from', (info.merged || []).join(', '));
  fact(list, 'Partition', info.partition);
  fact(list, 'Started', moment(info.started_at));
  fact(list, 'Ended', ended ? moment(ended.at) : 'cut off');
  fact(list, 'At once', accountsOf(info.concurrency));
  fact(list, 'Preflight', info.preflight ? 'yes' : '');
  fact(list, 'Waves', info.waves);
  fact(list, 'Order by seed', info.seed);
  fact(list, 'May fail', info.max_failures);
  fact(list, 'Session policy', info.session_policy);
  fact(list, 'Changes', `${count(run.changes.applied)} applied, ${count(run.changes.pending)} pending, ${count(run.changes.failed)} failed`);
  $('files').replaceChildren('Beside this page: ', ...run.files.flatMap((name, i) => [i ? ', ' : '', el('a', { href: name }, name)]));
  $('made').replaceChildren(`rolecall ${visible(info.version)}. This page holds all it shows, and asks no network for anything.`);
}

/* How many groups of failures are told one by one. */
const GROUPS = 40;
const NAMED = 6;

function causes() {
  const groups = new Map();
  for (const account of accounts) {
    if (account.status !== 'failed') continue;
    if (!groups.has(account.cause)) groups.set(account.cause, []);
    groups.get(account.cause).push(account);
  }
  if (!groups.size) return;
  $('causes').hidden = false;
  const largest = [...groups].sort((a, b) => b[1].length - a[1].length);
  for (const [cause, members] of largest.slice(0, GROUPS)) {
    const [first] = members;
    /* What they have in common names no account of theirs. */
    const common = (said) => (members.length > 1 ? said.replaceAll(first.id, '<account id>') : said);
    $('cause-list').append(el('article', { class: 'cause' },
      el('h3', {}, el('span', { class: 'badge bad' }, count(members.length)), ' ', first.code, el('span', { class: 'soft' }, ` at ${word(first.step)}`)),
      el('p', { class: 'fix' }, el('strong', {}, 'Fix: '), common(first.fix)),
      el('details', {}, el('summary', {}, members.length > 1 ? 'What AWS said, of the first' : 'What AWS said'), el('p', { class: 'said' }, first.message)),
      el('p', { class: 'members' }, members.slice(0, NAMED).map((account) => [el('button', { type: 'button', class: 'link', click: () => open(account) }, account.name || account.id), ' ']).flat(),
        members.length > NAMED ? el('button', { type: 'button', class: 'link', click: () => show({ cause }) }, `and ${count(members.length - NAMED)} more`) : '')));
  }
  if (largest.length > GROUPS) {
    $('cause-list').append(el('p', { class: 'note' }, `${count(largest.length - GROUPS)} more causes: filter the table by “failed”.`));
  }
}

function theme() {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const button = $('theme');
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
title();
outcomeBar();
causes();
tileMap();
timeLine();
table();
facts();
$('account').addEventListener('close', () => {
  history.replaceState(null, '', location.pathname + location.search);
});
$('account').addEventListener('click', (event) => { if (event.target === $('account')) $('account').close(); });
let drawnFor = $('tiles').clientWidth;
new ResizeObserver(() => {
  if (Math.abs($('tiles').clientWidth - drawnFor) < 4) return;
  drawnFor = $('tiles').clientWidth;
  tileMap();
}).observe($('tiles'));
addEventListener('hashchange', openNamed);
openNamed();
document.documentElement.dataset.ready = 'true';
