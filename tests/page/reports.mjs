// Makes the reports that are looked at, with the real binary, and reads their accounts.csv.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const HOSTILE = [
  '</script><script>window.hit = 1</script>', '<img src=x onerror="window.hit = 1">', '"><svg onload=window.hit=1>', "'; window.hit = 1; //",
  '<!--<script>', '{{constructor.constructor("window.hit=1")()}}', '‮moc.elpmaxe', 'javascript:window.hit=1', '&lt;b&gt;bold&lt;/b&gt;', '__proto__',
  'x'.repeat(300), '  ', '計算アカウント 🙂 Zoë',
];

/** A place of its own for the runs, without anything of AWS in their environment. */
export function workshop(binary) {
  const home = mkdtempSync(join(tmpdir(), 'rolecall-page-'));
  const environment = { PATH: process.env.PATH, HOME: home, AWS_EC2_METADATA_DISABLED: 'true' };
  const run = (name, args, more = {}) => {
    const ran = spawnSync(binary, [...args, '--pass-role-to', 'user/analyst', '--report-dir', join(home, name), '--quiet'],
      { cwd: home, env: { ...environment, ...more }, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
    if (ran.error || ![0, 1, 3].includes(ran.status)) throw new Error(`${args.join(' ')}: ${ran.error || ran.status}\n${ran.stderr}`);
    return report(realpathSync(join(home, name, 'latest')));
  };
  return { home, environment, run };
}

export function report(folder) {
  const [header, ...rows] = csv(readFileSync(join(folder, 'accounts.csv'), 'utf8'));
  const accounts = rows.map((row) => Object.fromEntries(header.map((column, i) => [column, row[i]])));
  const counts = {};
  for (const { status } of accounts) counts[status] = (counts[status] || 0) + 1;
  const [changes, ...changed] = csv(readFileSync(join(folder, 'changes.csv'), 'utf8'));
  return {
    folder, page: join(folder, 'report.html'), accounts, counts,
    changes: changed.map((row) => Object.fromEntries(changes.map((column, i) => [column, row[i]]))),
    run: JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')),
  };
}

function csv(text) {
  const rows = [[]];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i];
    if (quoted && c === '"' && text[i + 1] === '"') { cell += '"'; i += 1; }
    else if (c === '"') quoted = !quoted;
    else if (!quoted && (c === ',' || c === '\n')) {
      rows[rows.length - 1].push(cell.replace(/\r$/, ''));
      cell = '';
      if (c === '\n') rows.push([]);
    } else cell += c;
  }
  return rows.filter((row) => row.length > 0);
}

/** A run over an inventory file, against the sandbox's own server, so that it can hold whatever a file can. */
export async function onServer({ home, environment, run }, binary, name, args, inventory) {
  const file = join(home, `${name}.csv`);
  const quoted = (cell) => `"${cell.replaceAll('"', '""')}"`;
  writeFileSync(file, inventory.map((row) => row.map(quoted).join(',')).join('\r\n'));
  const server = spawn(binary, ['sandbox', 'healthy'], { cwd: home, env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const exported = {};
    await new Promise((resolve, reject) => {
      server.once('error', reject);
      server.once('exit', () => reject(new Error('the sandbox ended')));
      createInterface({ input: server.stdout }).on('line', (line) => {
        const [, key, value] = /^export (\w+)=(.*)$/.exec(line) || [];
        if (key) exported[key] = value;
        if (key === 'AWS_ENDPOINT_URL') resolve();
      });
    });
    return run(name, [...args, '--accounts', file], exported);
  } finally {
    server.kill();
  }
}
