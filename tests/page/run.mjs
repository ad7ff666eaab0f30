// report.html in a real browser: node run.mjs BIN
//
// The reports are made with the binary; what they must show is read from their own accounts.csv, so nothing here knows
// how many accounts the sandbox has. One browser, one case after another; what is waited for is a condition, never a time.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { launch, look, PATIENCE } from './browser.mjs';
import { HOSTILE, onServer, workshop } from './reports.mjs';

const [binary] = process.argv.slice(2).map((path) => resolve(path));
if (!binary) {
  console.error('usage: node run.mjs BIN');
  process.exit(2);
}
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

const shop = workshop(binary);
const healthy = shop.run('healthy', ['apply', '--sandbox']);
/* One of its accounts hangs until its time is up. */
const rough = shop.run('rough', ['apply', '--sandbox=rough', '--account-timeout', '10s']);
const verify = shop.run('verify', ['verify', '--sandbox']);
/* Accounts that are there, and thousands that are left out: as large as a page gets, and made in a moment. */
const known = healthy.accounts.slice(0, 30).map((account) => [account.account_id, account.account_name, '']);
const taken = new Set(healthy.accounts.map((account) => account.account_id));
const left = Array.from({ length: 10_000 - known.length }, (_, n) => String(700_000_000_000 + n)).filter((id) => !taken.has(id));
const many = await onServer(shop, binary, 'many', ['plan'],
  [['account_id', 'name', 'state'], ...known, ...left.map((id, n) => [id, `account-${n}`, n % 2 ? 'SUSPENDED' : 'CLOSED'])]);
const hostile = await onServer(shop, binary, 'hostile', ['plan'],
  [['account_id', 'name', 'state'], ...HOSTILE.map((name, n) => [known[n][0], name, '']), ...HOSTILE.map((name, n) => [left[n], name, 'SUSPENDED'])]);

const cases = [];
const test = (name, file, what, options) => cases.push({ name, file, what, options });

const cells = (page, column) => page.$$eval('#rows tr', (rows, column) => rows.map((row) => row.children[column].textContent), column);
const found = (page) => page.textContent('#found');
const amount = (n) => n.toLocaleString('en');
const shows = (page, said) => page.waitForFunction((said) => document.getElementById('found').textContent.startsWith(said), said);
const ofAll = (n, all) => (n === all ? `${amount(all)} account` : `${amount(n)} of ${amount(all)} account`);

for (const [name, of] of Object.entries({ healthy, rough, verify, many, hostile })) {
  test(`${name}: it says what was run and how it ended, and every status has its number`, of, async (page) => {
    assert.match(await page.textContent('#title'), new RegExp(`exit code ${of.run.exit.code}`));
    assert.ok((await page.textContent('#title')).includes(of.run.exit.meaning));
    const facts = await page.textContent('#facts');
    for (const fact of [of.run.run_id, of.run.setup_digest, of.run.caller, of.run.source]) assert.ok(facts.includes(fact), fact);
    const legend = await page.$$eval('.legend li', (items) => items.map((item) => item.textContent));
    for (const [status, n] of Object.entries(of.counts)) {
      assert.ok(legend.some((item) => item.includes(`${amount(n)} ${status.replaceAll('_', ' ')}`)), `${status}: ${legend}`);
    }
    assert.equal(legend.length, Object.keys(of.counts).length);
    assert.ok((await found(page)).startsWith(`${amount(of.accounts.length)} account`));
  });
}

test('filtering by status shows just those', rough, async (page) => {
  for (const [status, n] of Object.entries(rough.counts)) {
    await page.selectOption('#status', status);
    await shows(page, ofAll(n, rough.accounts.length));
    const ids = (await cells(page, 0)).sort();
    assert.deepEqual(ids, rough.accounts.filter((account) => account.status === status).map((account) => account.account_id).sort().slice(0, 100));
  }
  await page.click('#clear');
  await shows(page, `${amount(rough.accounts.length)} account`);
});

test('searching finds by id, by name and by what went wrong', rough, async (page) => {
  const failed = rough.accounts.find((account) => account.status === 'failed');
  await page.fill('#search', failed.account_id);
  await page.waitForFunction((id) => [...document.querySelectorAll('#rows th')].every((cell) => cell.textContent.includes(id)), failed.account_id);
  assert.deepEqual(await cells(page, 0), [failed.account_id]);
  await page.fill('#search', failed.error_code.toLowerCase());
  const same = rough.accounts.filter((account) => JSON.stringify(account).toLowerCase().includes(failed.error_code.toLowerCase())).length;
  await shows(page, ofAll(same, rough.accounts.length));
  await page.fill('#search', 'nothing is called like this');
  await shows(page, '0 of');
  assert.match(await page.textContent('#rows'), /No account is like that/);
});

test('sorting by a column turns round at the second press', healthy, async (page) => {
  await page.click('[data-sort="id"]');
  const ids = healthy.accounts.map((account) => account.account_id).sort();
  assert.deepEqual(await cells(page, 0), ids.slice(0, 100));
  assert.equal(await page.getAttribute('th:has([data-sort="id"])', 'aria-sort'), 'ascending');
  await page.click('[data-sort="id"]');
  assert.deepEqual(await cells(page, 0), ids.reverse().slice(0, 100));
  assert.equal(await page.getAttribute('th:has([data-sort="id"])', 'aria-sort'), 'descending');
  await page.click('[data-sort="changes"]');
  const changes = (await cells(page, 3)).map(Number);
  assert.deepEqual(changes, [...changes].sort((a, b) => b - a));
});

const account = (page, id) => page.evaluate((id) => { location.hash = `#account-${id}`; }, id).then(() => page.waitForSelector('dialog[open]'));

test('an account shows each of its changes with before, after and request id', healthy, async (page) => {
  const updated = [...new Set(healthy.changes.filter((one) => one.before && one.after).map((one) => one.account_id))];
  const seen = { went: 0, came: 0 };
  for (const id of updated) {
    await account(page, id);
    const told = await page.textContent('dialog');
    for (const change of healthy.changes.filter((one) => one.account_id === id)) {
      for (const fact of [change.action, change.resource, change.request_id]) assert.ok(told.includes(fact), fact);
    }
    // One account may lack something and another may have too much; which is first in changes.csv is left to the run.
    seen.went += (await page.$$('dialog .diff del')).length;
    seen.came += (await page.$$('dialog .diff ins')).length;
    assert.match(told, /assume role/);
    await page.click('#close');
    await page.waitForSelector('dialog', { state: 'hidden' });
  }
  assert.ok(seen.went > 0, 'something went');
  assert.ok(seen.came > 0, 'something came');
  assert.equal(new URL(page.url()).hash, '');
});

test('what differs in an account is shown by verify with both sides', verify, async (page) => {
  const drifted = verify.changes.find((change) => change.before && change.after && change.result === 'changed');
  await account(page, drifted.account_id);
  assert.ok((await page.textContent('dialog')).includes(drifted.resource));
  assert.ok((await page.$$('dialog .diff del, dialog .diff ins')).length > 0);
});

test('failures are grouped, each with its fix line, and lead to their accounts', rough, async (page) => {
  const told = await page.$$eval('.cause', (groups) => groups.map((group) => Number(group.querySelector('.badge').textContent.replaceAll(',', ''))));
  assert.equal(told.reduce((sum, n) => sum + n, 0), rough.counts.failed);
  const failed = rough.accounts.filter((account) => account.status === 'failed');
  const fixes = await page.$$eval('.cause .fix', (lines) => lines.map((line) => line.textContent));
  for (const { account_id: id, fix } of failed) {
    assert.ok(fixes.some((line) => line.includes(fix) || line.includes(fix.replaceAll(id, '<account id>'))), fix);
  }
  await page.click('.cause .members button');
  await page.waitForSelector('dialog[open]');
  const shown = await page.textContent('#account-title .id');
  assert.ok(failed.some((one) => one.account_id === shown), shown);
});

test('a tile is an account', healthy, async (page) => {
  /* By a locator, which finds the picture again if it is drawn anew meanwhile. */
  await page.locator('#tiles svg').first().click({ position: { x: 8, y: 8 } });
  await page.waitForSelector('dialog[open]');
  assert.equal(await page.textContent('#account-title .id'), healthy.accounts[0].account_id);
});

test('a number in the legend leads to its accounts', healthy, async (page) => {
  const [status] = Object.entries(healthy.counts)[0];
  await page.click(`.legend li:has(.s-${status}) button`);
  await shows(page, ofAll(healthy.counts[status], healthy.accounts.length));
  assert.equal(await page.inputValue('#status'), status);
});

test('the keyboard alone gets to an account and back', rough, async (page) => {
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'search');
  const one = rough.accounts[2];
  await page.keyboard.type(one.account_id);
  await page.waitForFunction(() => document.querySelectorAll('#rows tr').length === 1);
  for (let i = 0; i < 30 && !(await page.evaluate(() => document.activeElement.matches('#rows button'))); i += 1) await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), one.account_id);
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog[open]');
  assert.ok(await page.evaluate(() => document.querySelector('dialog').contains(document.activeElement)), 'the focus is in the dialog');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'hidden' });
  assert.equal(await page.evaluate(() => document.activeElement.textContent), one.account_id, 'the focus is back');
});

test('hostile names are shown and do nothing', hostile, async (page) => {
  const names = await cells(page, 1);
  for (const name of HOSTILE.filter((name) => /^[\x21-\x7e][\x20-\x7e]*$/.test(name))) assert.ok(names.includes(name), name);
  assert.ok(names.some((name) => name.includes('\\u{202e}moc')), 'what turns the reading direction round is shown as its code');
  for (const { account_id: id } of hostile.accounts.slice(0, HOSTILE.length)) {
    await account(page, id);
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'hidden' });
  }
  await page.hover('#tiles svg', { position: { x: 8, y: 8 } });
  await page.waitForSelector('#tip', { state: 'visible' });
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.equal(await page.$$eval('script', (all) => all.filter((one) => !one.type).length), 1);
  assert.deepEqual(await page.$$eval('img, iframe, object', (all) => all.length), 0);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'a long name breaks');
});

test('a script that somebody gets in is not run', healthy, async (page, { complaints }) => {
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.hit = 1';
    document.body.append(script);
  });
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.ok(complaints.splice(0).some((said) => said.includes('Content Security Policy')));
});

test('10,000 accounts are found, turned over and sorted', many, async (page) => {
  assert.equal(many.accounts.length, 10_000);
  assert.equal((await page.$$('#rows tr')).length, 100);
  await page.click('#last');
  await page.waitForFunction(() => document.getElementById('pages').textContent.includes('Page 100 of 100'));
  const one = many.accounts[7_654];
  await page.fill('#search', one.account_id);
  await shows(page, '1 of');
  assert.deepEqual(await cells(page, 0), [one.account_id]);
  await page.fill('#search', '');
  await page.click('[data-sort="id"]');
  assert.equal((await cells(page, 0))[0], many.accounts.map((account) => account.account_id).sort()[0]);
});

for (const colorScheme of ['light', 'dark']) {
  for (const [name, of] of Object.entries({ rough, verify })) {
    test(`axe finds nothing serious in ${name}, ${colorScheme}`, of, async (page) => {
      assert.equal(await page.getAttribute('html', 'data-theme'), colorScheme);
      await page.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
      const serious = async (where) => {
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
        const bad = violations.filter((one) => ['serious', 'critical'].includes(one.impact));
        assert.deepEqual(bad.map((one) => [one.id, one.nodes.slice(0, 3).map((node) => `${node.html} ${node.failureSummary}`)]), [], where);
      };
      await page.evaluate(await axeText());
      await serious('the page');
      await account(page, (of.changes.find((change) => change.before && change.after) || of.changes[0]).account_id);
      await serious('an account');
    }, { colorScheme });
  }
}

test('the theme can be turned over', healthy, async (page) => {
  await page.click('#theme');
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  await page.click('#theme');
  assert.equal(await page.getAttribute('html', 'data-theme'), 'light');
});

test('a narrow screen needs no scrolling sideways', rough, async (page) => {
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
}, { viewport: { width: 390, height: 800 } });

let text;
async function axeText() {
  text ??= (await import('node:fs')).readFileSync(axe, 'utf8');
  return text;
}

const browser = await launch();
let failed = 0;
try {
  for (const { name, file, what, options } of cases) {
    let patience;
    let seen;
    const late = new Promise((_, reject) => { patience = setTimeout(() => reject(new Error(`not done after ${PATIENCE} ms`)), PATIENCE); });
    try {
      const work = async () => {
        seen = await look(browser, file.page, options);
        await what(seen.page, seen);
        assert.deepEqual(seen.complaints, [], 'the console is silent');
        assert.deepEqual(seen.requests, [], 'nothing is asked of any network');
      };
      await Promise.race([work(), late]);
      console.log(`ok      ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}\n${String(error.stack || error).replace(/^/gm, '        ')}`);
    } finally {
      clearTimeout(patience);
      await seen?.close().catch(() => {});
    }
  }
} finally {
  await browser.close();
}
rmSync(shop.home, { recursive: true, force: true });
console.log(`${cases.length - failed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
