import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { nodeProblem } from './run-until-signal.js';

/** A process whose main is `runUntilSignal` of this app, written in JavaScript; it says "up" when it has started. */
function main(start: string, options = '{}') {
  const url = new URL('../../../dist/libs/runtime/src/run-until-signal.js', import.meta.url).href;
  const text = `import { setTimeout as delay } from 'node:timers/promises';
    import { runUntilSignal } from ${JSON.stringify(url)};
    const alive = setInterval(() => {}, 1000);
    const never = new Promise(() => {});
    await runUntilSignal(async () => { console.log('up'); ${start} }, ${options});`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', text], { stdio: 'pipe' });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part));
  const code = once(child, 'close').then(([exit]) => exit as number | null);
  return {
    code,
    said: () => said,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    up: () => until('the process to be up', () => said.includes('up')),
  };
}

/** Sorted: of two streams, which is read first says nothing. */
const linesOf = (said: string): readonly string[] => said.trimEnd().split('\n').sort();

describe('a main', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends in order on %s, with code 0', async (signal) => {
    const app = main(
      `return { failed: never, close: async () => { await delay(50); console.log('closed'); } };`,
    );
    await app.up();
    app.kill(signal);
    expect([await app.code, app.said()]).toEqual([0, 'up\nclosed\n']);
  });

  it('a signal while it starts ends it in order as soon as it has', async () => {
    const app = main(`await delay(300); return { failed: never, close: async () => console.log('closed') };`);
    await app.up();
    app.kill('SIGTERM');
    expect([await app.code, app.said()]).toEqual([0, 'up\nclosed\n']);
  });

  it('does not hang for ever where something does not close', async () => {
    const app = main(`return { failed: never, close: () => never };`, '{ endWithinMs: 200 }');
    await app.up();
    app.kill('SIGTERM');
    expect(await app.code).toBe(1);
    expect(app.said()).toContain('did not end within 200 ms');
  });

  it('one Ctrl-C that comes from the terminal and from the parent too still ends it in order', async () => {
    const app = main(
      `return { failed: never, close: async () => { console.log('closing'); await delay(200); console.log('closed'); } };`,
    );
    await app.up();
    app.kill('SIGINT');
    await until('it to be closing', () => app.said().includes('closing'));
    app.kill('SIGINT');
    expect([await app.code, app.said()]).toEqual([0, 'up\nclosing\nclosed\n']);
  });

  it('a second signal ends it at once', async () => {
    const app = main(`return { failed: never, close: () => (console.log('closing'), never) };`);
    await app.up();
    app.kill('SIGINT');
    await until('it to be closing', () => app.said().includes('closing'));
    const again = setInterval(() => app.kill('SIGINT'), 200);
    expect(await app.code).toBe(1);
    clearInterval(again);
    expect(app.said()).not.toContain('did not end within');
  });

  it('closes and ends with code 1 when the app cannot go on, so that its supervisor starts another', async () => {
    const app = main(
      `return { failed: Promise.resolve(new Error('the consumer ended')), close: async () => console.log('closed') };`,
    );
    expect(await app.code).toBe(1);
    expect(linesOf(app.said())).toEqual(['closed', 'the consumer ended', 'up']);
  });

  it('says why it did not start and what to do, also where the error itself says nothing', async () => {
    const hinted = main(`throw Object.assign(new Error('no key'), { hint: 'make one' });`);
    expect([await hinted.code, linesOf(hinted.said())]).toEqual([1, ['make one', 'no key', 'up']]);
    const silent = main(
      `throw new AggregateError([new Error('refused by ::1'), new Error('refused by 127.0.0.1')]);`,
    );
    expect([await silent.code, linesOf(silent.said())]).toEqual([
      1,
      ['refused by ::1; refused by 127.0.0.1', 'up'],
    ]);
  });

  it('is not started by a Node in which requests would fail one by one (20 fetched no source)', () => {
    expect(nodeProblem('20.20.2')).toContain('need Node 22 or newer; this is 20.20.2');
    expect([nodeProblem('22.0.0'), nodeProblem('24.11.0')]).toEqual([undefined, undefined]);
  });
});
