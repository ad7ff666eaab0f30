// One browser for everything in this folder, and the pages that it looks at.

import { chromium } from 'playwright-core';
import { pathToFileURL } from 'node:url';

/** How long anything may take: long, since what is waited for is a condition and machines are slow at times. */
export const PATIENCE = 60_000;

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: FLAGS, timeout: PATIENCE });
}

/** Opens a report, and keeps what it complains about and what it asks for. */
export async function look(browser, file, { hash = '', ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const complaints = [];
  const requests = [];
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => { complaints.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  const url = pathToFileURL(file).href;
  page.on('request', (request) => { if (request.url().split('#')[0] !== url && request.url() !== 'data:,') requests.push(request.url()); });
  await page.goto(url + hash, { waitUntil: 'load' });
  await page.waitForSelector('html[data-ready="true"]');
  return { page, complaints, requests, close: () => context.close() };
}
