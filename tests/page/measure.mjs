// How large pages are and how long they take to open: node measure.mjs report.html…
// `ROLECALL_PAGES=FOLDER cargo test --lib -- --ignored pages_of_many_accounts` makes some of invented runs.

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { launch, look } from './browser.mjs';

const browser = await launch();
console.log('page | accounts | MB | opened, ms (median of 3) | search, ms | sort, ms | heap, MB');
for (const file of process.argv.slice(2)) {
  const times = [];
  let line;
  for (let i = 0; i < 3; i += 1) {
    const began = performance.now();
    const seen = await look(browser, resolve(file));
    times.push(performance.now() - began);
    line = await seen.page.evaluate(() => {
      const timed = (what) => { const began = performance.now(); what(); document.body.getBoundingClientRect(); return Math.round(performance.now() - began); };
      const search = timed(() => { const input = document.getElementById('search'); input.value = 'account-77'; input.dispatchEvent(new Event('input')); });
      const sort = timed(() => document.querySelector('[data-sort="name"]').click());
      const accounts = Number(/of ([\d,]+) account/.exec(document.getElementById('found').textContent)[1].replaceAll(',', ''));
      return { accounts, search, sort, heap: Math.round(performance.memory.usedJSHeapSize / 1e6) };
    });
    await seen.close();
  }
  const opened = Math.round(times.sort((a, b) => a - b)[1]);
  console.log(`${file} | ${line.accounts} | ${(statSync(file).size / 1e6).toFixed(2)} | ${opened} | ${line.search} | ${line.sort} | ${line.heap}`);
}
await browser.close();
