/* One account: how it came out, what was changed there, step by step, in a dialog that has an address of its own. */

const RESULT = { applied: 'new', pending: 'warn', failed: 'bad', missing: 'bad', changed: 'warn', extra: 'warn', denied: 'bad' };
const PARTS = ['role', 'trust', 'permissions', 'grant'];

function fact(list, name, ...value) {
  const shown = value.flat().filter((one) => one !== '' && one !== null && one !== undefined);
  if (shown.length) list.append(el('div', {}, el('dt', {}, name), el('dd', {}, shown)));
}

function change(account, item, place) {
  const resource = text(item.resource, account.id);
  const [before, after] = [text(item.before, account.id), text(item.after, account.id)];
  const title = item.action ? [el('strong', {}, item.action), ' ', resource] : el('strong', {}, resource);
  const facts = [item.at === undefined ? '' : `${duration(item.at)} into the run`, item.request_id ? ['request id ', el('code', {}, item.request_id)] : '', item.code || ''];
  const [was, is] = item.action ? ['before', 'after'] : ['found', 'the setup says'];
  const sides = before && after ? `− ${was}, + ${is}` : before ? `− ${was}; taken away` : `+ ${is}; there was nothing before`;
  const alone = !item.action && (before ? `− ${was}; the setup has nothing of it` : `+ ${is}; nothing was found`);
  return el('section', { class: 'change', 'aria-label': `Change ${place + 1}` },
    el('h4', {}, el('span', { class: `badge ${RESULT[item.result] || 'none'}` }, item.result), ' ', title),
    el('p', { class: 'soft facts' }, facts.filter((one) => one !== '').flatMap((one, i) => (i ? [' · ', one] : [one])).flat()),
    item.detail !== undefined && text(item.detail, account.id) ? el('p', {}, text(item.detail, account.id)) : '',
    before || after ? [el('p', { class: 'soft sides' }, before && after ? sides : alone || sides), diff(before, after, `${visible(resource)}: what differs`)] : '');
}

function steps(account, list) {
  const first = list[0][1];
  const end = first + Math.max(account.duration_ms, list[list.length - 1][1] - first);
  const body = el('tbody');
  list.forEach(([step, at], i) => {
    const next = i + 1 < list.length ? list[i + 1][1] : end;
    body.append(el('tr', {}, el('th', { scope: 'row' }, word(step)), el('td', {}, duration(at)), el('td', {}, duration(Math.max(0, next - at))),
      el('td', {}, account.step === step && i + 1 === list.length && account.status === 'failed' ? badge('failed') : '')));
  });
  const head = ['Step', 'Into the run', 'Took', ''].map((name) => (name ? el('th', { scope: 'col' }, name) : el('td')));
  return el('div', { class: 'scroll' }, el('table', { class: 'numbers' }, el('thead', {}, el('tr', {}, head)), body));
}

function open(account) {
  const { steps: taken, changes } = detail(account);
  const facts = el('dl', { class: 'facts' });
  fact(facts, 'Unit', account.unit);
  fact(facts, 'Role', account.role_arn);
  fact(facts, 'Reached through', account.assume_role);
  if (account.status !== 'skipped' && account.status !== 'not_reached') {
    fact(facts, 'Parts', account.parts.flatMap((part, i) => [i ? ' · ' : '', `${PARTS[i]} `, el('b', {}, word(part))]));
  }
  fact(facts, 'Started', moment(account.started));
  fact(facts, 'Took', account.started ? duration(account.duration_ms) : '');
  fact(facts, 'Tries', account.attempts > 1 ? `a call was sent ${account.attempts} times` : '');
  fact(facts, 'Notes', account.notes);
  const trouble = account.fix || account.message
    ? el('div', { class: `trouble ${account.status === 'failed' ? 'bad' : 'none'}` },
      account.code ? el('p', {}, el('strong', {}, account.code), account.step ? ` at ${word(account.step)}` : '') : '',
      account.message ? el('p', {}, account.message) : '',
      account.fix ? el('p', { class: 'fix' }, el('strong', {}, 'Fix: '), account.fix) : '',
      account.request_id ? el('p', { class: 'soft' }, 'request id ', el('code', {}, account.request_id)) : '')
    : '';
  const verify = changes.some((item) => !item.action);
  const unseen = !taken.length && !changes.length && (account.changes || account.started) && run.left_out.details;
  const dialog = $('account');
  dialog.replaceChildren(
    el('header', { class: 'bar' },
      el('h2', { id: 'account-title', tabindex: '-1' }, account.name || '(no name)', ' ', el('span', { class: 'soft id' }, account.id)),
      el('button', { type: 'button', class: 'quiet', id: 'close', click: () => dialog.close() }, 'Close')),
    el('div', { class: 'inside' },
      el('p', {}, badge(account.status)), trouble, facts,
      el('h3', {}, verify ? 'What differs' : 'Changes', el('span', { class: 'soft' }, ` ${count(changes.length)}`)),
      changes.length ? changes.map((item, place) => change(account, item, place)) : el('p', { class: 'soft' }, unseen ? 'Not in this page, for its size; see changes.csv.' : 'None.'),
      taken.length ? [el('h3', {}, 'Steps'), steps(account, taken)] : ''));
  if (!dialog.open) dialog.showModal();
  dialog.querySelector('.inside').scrollTop = 0;
  $('account-title').focus();
  history.replaceState(null, '', `#account-${account.id}`);
}

function openNamed() {
  const id = /^#account-(\d{12})$/.exec(location.hash);
  const account = id && accounts.find((one) => one.id === id[1]);
  if (account) open(account);
}
