import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { joining, makeGroup } from './control-group.js';
import { Ledger, startTicksOf } from './ledger.js';

let folder: string;
let path: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-ledger-'));
  path = join(folder, 'ledger.jsonl');
});

afterEach(() => {
  child?.kill('SIGKILL');
  child = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function sleeper(): Promise<{ readonly pid: number; readonly ended: Promise<unknown[]> }> {
  child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  return { pid: child.pid ?? 0, ended };
}

describe('Ledger', () => {
  it('ends a process that it holds', async () => {
    const { pid, ended } = await sleeper();
    new Ledger(path).holdProcess(pid);
    // Another one reads it, as after a killed start.
    expect(await new Ledger(path).undo()).toMatchObject([{ kind: 'process', pid }]);
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect(startTicksOf(pid)).toBeUndefined();
  });

  it('kills at once what takes no SIGTERM', async () => {
    const { pid, ended } = await sleeper();
    const ledger = new Ledger(path);
    ledger.holdProcess(pid, { abrupt: true });
    await ledger.undo();
    expect(await ended).toEqual([null, 'SIGKILL']);
  });

  it('ends a server that outlived who started it, by its pid file; nobody else who has its number by now', async () => {
    const { pid, ended } = await sleeper();
    const file = join(folder, 'server.pid');
    writeFileSync(file, `${pid}\n`);
    const ledger = new Ledger(path);
    ledger.hold({ kind: 'pid-file', path: file, argument: 'of-another' });
    await ledger.undo();
    expect(startTicksOf(pid)).toBeDefined();
    ledger.hold({ kind: 'pid-file', path: join(folder, 'none.pid'), argument: '60' });
    ledger.hold({ kind: 'pid-file', path: file, argument: '60' });
    await ledger.undo();
    expect(await ended).toEqual([null, 'SIGTERM']);
  });

  it('unmounts a file system, also one that is in use', async () => {
    const mount = join(folder, 'mount');
    mkdirSync(mount);
    const ledger = new Ledger(path);
    ledger.hold({ kind: 'mount', path: mount });
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', mount]);
    child = spawn('sleep', ['60'], { stdio: 'ignore', cwd: mount });
    await once(child, 'spawn');
    await ledger.undo();
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(mount);
  });

  it('a link stayed whose namespace a process was still in, and the next start failed: it goes first', async () => {
    const [name, link] = [`slipway-ledger-${process.pid}`, `sll${process.pid}`];
    const ledger = new Ledger(path);
    ledger.hold({ kind: 'netns', name });
    ledger.hold({ kind: 'link', name: link });
    execFileSync('ip', ['netns', 'add', name]);
    execFileSync('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name]);
    child = spawn('ip', ['netns', 'exec', name, 'sleep', '60'], { stdio: 'ignore' });
    const isIn = (): boolean => readFileSync(`/proc/${child?.pid}/comm`, 'utf8').startsWith('sleep');
    await until('the process to be in the namespace', isIn);
    expect(existsSync(`/sys/class/net/${link}`)).toBe(true);
    await ledger.undo();
    expect(existsSync(`/sys/class/net/${link}`)).toBe(false);
    expect(existsSync(`/run/netns/${name}`)).toBe(false);
  });

  it('removes a control group once the last process in it has ended', async () => {
    const name = `slipway-ledger-${process.pid}`;
    const { joins } = makeGroup({ name, size: {}, number: 0 });
    // The second one ends a while after the one that is held.
    const second = 'while kill -0 $$; do sleep 0.02; done; sleep 0.3';
    const inGroup = ['bash', '-c', `(${second}) & exec sleep 60`];
    const [program = '', ...args] = [...joining({ joins }), ...inGroup];
    child = spawn(program, args, { stdio: 'ignore' });
    const procs = (): string => readFileSync(joins[0] ?? '', 'utf8');
    await until('both to be in the group', () => procs().trim().split('\n').length >= 2);
    const ledger = new Ledger(path);
    ledger.hold({ kind: 'cgroup', name });
    ledger.holdProcess(child.pid, { abrupt: true });
    await ledger.undo();
    expect(joins.filter((file) => existsSync(file))).toEqual([]);
  });

  it('leaves a process alone that got the pid later', async () => {
    const { pid } = await sleeper();
    const startTicks = startTicksOf(pid);
    const ledger = new Ledger(path);
    ledger.hold({ kind: 'process', pid, startTicks: String(Number(startTicks) - 1) });
    await ledger.undo();
    expect(startTicksOf(pid)).toBe(startTicks);
  });

  it('leaves out a last line that was cut off', async () => {
    const ledger = new Ledger(path);
    ledger.hold({ kind: 'directory', path: join(folder, 'a') });
    appendFileSync(path, `{"kind":"directory","path":"${folder}`);
    expect(ledger.entries()).toEqual([{ kind: 'directory', path: join(folder, 'a') }]);
  });

  it('removes directories with all in them, the last held first, and is empty then', async () => {
    const ledger = new Ledger(path);
    const held = [join(folder, 'a'), join(folder, 'never made')];
    for (const directory of held) ledger.hold({ kind: 'directory', path: directory });
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    writeFileSync(join(folder, 'a', 'b', 'file'), '');
    expect(await ledger.undo()).toEqual(held.reverse().map((entry) => ({ kind: 'directory', path: entry })));
    expect(existsSync(join(folder, 'a'))).toBe(false);
    expect(ledger.entries()).toEqual([]);
  });
});
