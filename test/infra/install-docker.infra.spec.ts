import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { quoteArgument, SshPool } from '#libs/ssh';
import { type NodeEntry, sshTargetOf, until } from '#libs/testing';
import { slipway } from '../e2e/command.js';
import { bareDebian } from './bare-machine.js';
import { deploysOneService, Installation } from './installation.js';

const COMMAND = join(import.meta.dirname, '../../bin/slipway.mjs');
/** Of apt-get on the machine, too. */
const INSTALLED = { timeoutMs: 600_000 };
const QUESTION = 'Run them if they are needed?';

const ssh = new SshPool();
let installation: Installation;
let machine: NodeEntry;
beforeAll(async () => {
  const nodes = await bareDebian();
  installation = await Installation.start({ name: 'install-docker', engines: { nodes } });
  const [entry] = installation.nodes;
  if (entry === undefined) throw new Error('there is no machine');
  machine = entry;
}, 900_000);
afterAll(async () => {
  await ssh.close();
  await installation?.stop();
});

const onMachine = async (...argv: readonly string[]): Promise<string> => {
  const { stdout } = await ssh.exec(sshTargetOf(machine), argv, { timeoutMs: 30_000 });
  return stdout.trim();
};

/** `node add --install-docker` at a terminal, whose question gets this answer. */
async function addAtTerminal(
  answer: string,
): Promise<{ readonly code: number | null; readonly said: string }> {
  const { name, address, privateKeyFile, hostKeyFingerprint } = machine;
  const words = [
    ...['node', 'add', `root@${address}`, '--name', name, '--key-file', privateKeyFile],
    ...['--fingerprint', hostKeyFingerprint, '--install-docker'],
  ];
  const line = [process.execPath, COMMAND, ...words].map(quoteArgument).join(' ');
  const terminal = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null']);
  let said = '';
  for (const stream of [terminal.stdout, terminal.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  let isOver = false;
  const ended = once(terminal, 'close').finally(() => (isOver = true));
  await until('the question', () => said.includes(QUESTION) || isOver, INSTALLED);
  terminal.stdin.end(`${answer}\n`);
  const [code] = (await ended) as [number | null];
  return { code, said };
}

it('a bare Debian has no engine, and whoever says no leaves it as it is', async () => {
  expect(await onMachine('cat', '/etc/debian_version')).toMatch(/^12\./);
  const { code, said } = await addAtTerminal('n');
  expect([code, said]).toEqual([1, expect.stringContaining('INSTALL_REFUSED')]);
  expect(said).toContain('apt-get install --yes --no-install-recommends docker.io');
  expect(await onMachine('sh', '-c', 'command -v dockerd || echo none')).toBe('none');
  expect((await slipway('node', 'ls')).out).toContain('There is no node yet.');
});

it('whoever says yes gets Docker on it, and a node', async () => {
  const { code, said } = await addAtTerminal('y');
  expect(code, said).toBe(0);
  expect(said).toContain(`${machine.name} at ${machine.address} is ready`);
  expect((await slipway('node', 'ls')).out).toMatch(/ready .* 20\.10/);
  // It is there after the next boot, too.
  expect(await onMachine('systemctl', 'is-enabled', 'docker')).toBe('enabled');
}, 900_000);

it('it runs a service', () => deploysOneService());
