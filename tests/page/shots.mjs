// Pictures of pages, to be looked at: node shots.mjs FOLDER NAME=report.html…

import { resolve } from 'node:path';
import { launch, look } from './browser.mjs';

const [folder, ...pages] = process.argv.slice(2);
const browser = await launch();
for (const page of pages) {
  const [name, file] = page.split('=');
  const shot = async (kind, options, before = async () => {}) => {
    const seen = await look(browser, resolve(file), options);
    await before(seen.page);
    await seen.page.screenshot({ path: resolve(folder, `${name}-${kind}.png`), fullPage: !['top', 'account', 'account-mobile'].includes(kind) });
    if (kind === 'light') await seen.page.pdf({ path: resolve(folder, `${name}.pdf`), format: 'A4' });
    for (const said of seen.complaints) console.log(`${name} ${kind}: ${said}`);
    await seen.close();
  };
  const open = async (seen) => {
    await seen.evaluate(() => { [...document.querySelectorAll('.tiles')][0].scrollIntoView(); });
    await seen.click('[data-sort="changes"]');
    await seen.click('#rows tr:first-child button');
    await seen.waitForSelector('dialog[open]');
  };
  await shot('light', {});
  await shot('top', { viewport: { width: 1180, height: 1130 } });
  await shot('print', {}, (seen) => seen.emulateMedia({ media: 'print' }));
  await shot('dark', { colorScheme: 'dark' });
  await shot('mobile', { viewport: { width: 390, height: 844 } });
  await shot('account', {}, open);
  await shot('account-mobile', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }, open);
}
await browser.close();
