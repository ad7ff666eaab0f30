// history.html in a real browser: node history.mjs BIN
//
// The runs are made with the binary; what the page must show is read from `history --format json`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { launch, look } from './browser.mjs';
import { HOSTILE, workshop } from './reports.mjs';

const [binary] = process.argv.slice(2).map((path) => resolve(path));
if (!binary) {
  console.error('usage: node history.mjs BIN');
  process.exit(2);
}
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const shop = workshop(binary);
for (let i = 0; i < 2; i += 1) shop.run('runs', ['verify', '--sandbox']);
const first = shop.run('runs', ['plan', '--sandbox']);
/* A later run in which somebody's account has a hostile name and is well; its digest is made to fit. */
const last = shop.run('runs', ['verify', '--sandbox']);
const csv = join(last.folder, 'accounts.csv');
let drifted = 0;
const rows = readFileSync(csv, 'utf8').split('\r\n').map((line) => {
  if (!line.includes(',drifted,')) return line;
  const name = HOSTILE[drifted % HOSTILE.length].replaceAll('"', '""');
  drifted += 1;
  const cells = line.split(',');
  cells[1] = `"${name}"`;
  return cells.join(',');
});
const text = rows.join('\r\n');
writeFileSync(csv, text);
const record = JSON.parse(readFileSync(join(last.folder, 'run.json'), 'utf8'));
record.files['accounts.csv'] = { bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') };
writeFileSync(join(last.folder, 'run.json'), JSON.stringify(record));
/* A copy that somebody changed. */
cpSync(first.folder, join(shop.home, 'runs', 'changed'), { recursive: true });
const changed = JSON.parse(readFileSync(join(shop.home, 'runs', 'changed', 'run.json'), 'utf8'));
changed.run_id = '2020-01-01T00-00-00Z-plan-amazon-ml-redshift';
writeFileSync(join(shop.home, 'runs', 'changed', 'run.json'), JSON.stringify(changed));
writeFileSync(join(shop.home, 'runs', 'changed', 'accounts.csv'), `${readFileSync(join(first.folder, 'accounts.csv'), 'utf8')}\r\n`);

const file = join(shop.home, 'history.html');
const ran = spawnSync(binary, ['history', 'runs', '--html', file, '--format', 'json'], { cwd: shop.home, env: shop.environment, encoding: 'utf8' });
assert.equal(ran.status, 1, ran.stderr);
const told = JSON.parse(ran.stdout);
const verify = told.series.find((series) => series.command === 'verify');
assert.equal(verify.runs.length, 3);
assert.ok(verify.drifters.length > 2);

const cases = [];
const test = (name, what, options) => cases.push({ name, what, options });
const serious = async (page) => {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const bad = violations.filter((one) => ['serious', 'critical'].includes(one.impact));
  assert.deepEqual(bad.map((one) => [one.id, one.nodes.slice(0, 3).map((node) => node.html)]), []);
};
const section = (page) => page.locator('section', { has: page.locator('h2', { hasText: 'verify' }) });

test('every series, run and account is there, and what is not counted is named', async (page) => {
  assert.deepEqual(await page.$$eval('main h2', (all) => all.map((one) => one.textContent)),
    [...told.series.map((series) => `${series.command} ${series.setup}`), ...(told.never_looked_at.length ? ['Never looked at'] : [])]);
  assert.match(await page.textContent('#lead'), /^4 runs in 2 series/);
  assert.match(await page.textContent('#left-out'), /Not counted: changed .*accounts\.csv/);
  const runs = await section(page).locator('details table tbody tr').allTextContents();
  assert.equal(runs.length, 3);
  assert.ok(runs[0].includes(String(verify.runs[2].well)));
  assert.equal(await section(page).locator('svg[role=img]').count(), 1);
  const accounts = await section(page).locator('form ~ .scroll tbody th .id').allTextContents();
  assert.deepEqual(accounts, verify.drifters.map((one) => one.account_id).slice(0, 50));
});

test('searching and choosing find accounts, by the keyboard', async (page) => {
  const one = verify.drifters[1];
  for (let i = 0; i < 40 && !(await page.evaluate(() => document.activeElement.type === 'search')); i += 1) await page.keyboard.press('Tab');
  const of = await page.evaluate(() => document.activeElement.closest('section').querySelector('h2').textContent);
  const series = told.series.find((series) => `${series.command} ${series.setup}` === of);
  await page.keyboard.type(series.drifters[0].account_id);
  const place = page.locator('section', { has: page.locator('h2', { hasText: of }) });
  await place.locator('[role=status]', { hasText: /^1 of / }).waitFor();
  await section(page).locator('select').selectOption('again');
  await section(page).locator('[role=status]', { hasText: new RegExp(`^${verify.drifters.filter((one) => one.spells.length > 1).length} of `) }).waitFor();
  assert.ok(one.spells.length >= 1);
});

test('hostile names are shown and do nothing', async (page) => {
  const names = await section(page).locator('form ~ .scroll tbody th .below').allTextContents();
  assert.ok(names.some((name) => name.includes('<script>') || name.includes('onerror')), names.join());
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.equal(await page.$$eval('script', (all) => all.filter((one) => !one.type).length), 1);
});

test('a script that somebody gets in is not run', async (page, { complaints }) => {
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.hit = 1';
    document.body.append(script);
  });
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.ok(complaints.splice(0).some((said) => said.includes('Content Security Policy')));
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing serious, ${colorScheme}`, async (page) => {
    assert.equal(await page.getAttribute('html', 'data-theme'), colorScheme);
    await page.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
    await serious(page);
  }, { colorScheme });
}

test('a narrow screen needs no scrolling sideways', async (page) => {
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
}, { viewport: { width: 390, height: 800 } });

const browser = await launch();
let failed = 0;
for (const { name, what, options } of cases) {
  let seen;
  try {
    seen = await look(browser, file, options);
    await what(seen.page, seen);
    assert.deepEqual(seen.complaints, [], 'the console is silent');
    assert.deepEqual(seen.requests, [], 'nothing is asked of any network');
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${String(error.stack || error).replace(/^/gm, '        ')}`);
  } finally {
    await seen?.close().catch(() => {});
  }
}
await browser.close();
rmSync(shop.home, { recursive: true, force: true });
console.log(`${cases.length - failed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
