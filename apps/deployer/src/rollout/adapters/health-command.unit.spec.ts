import { describe, expect, it } from 'vitest';
import type { Engine } from '#libs/engine';
import { runHealthCommand } from './health-command.js';

type Exec = Engine['exec'];

const running = (exec: Exec, timeoutMs = 5_000) =>
  runHealthCommand(
    { exec } as unknown as Engine,
    'c',
    { command: ['check'], timeoutMs, signal: new AbortController().signal },
    () => Promise.resolve(['hunter2']),
  );

describe('a health command', () => {
  it('is well when it ends with 0', async () => {
    expect((await running(() => Promise.resolve({ exitCode: 0, output: 'fine' }))).healthy).toBe(true);
  });

  it('is told with its code and last line, without the values of secrets', async () => {
    const output = 'first\nno login with hunter2\n';
    const { healthy, seen } = await running(() => Promise.resolve({ exitCode: 2, output }));
    expect(healthy).toBe(false);
    expect(seen).toMatch(/^health.command ended with 2: no login with /);
    expect(seen).not.toContain('hunter2');
  });

  it('that does not end in time is not well', async () => {
    const never: Exec = (_id, _argv, signal) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    expect(await running(never, 20)).toEqual({
      healthy: false,
      seen: 'health.command did not end within 20 ms',
    });
  });

  it('that the image lacks is not well; what is nobody else to tell is thrown', async () => {
    const failing =
      (code: string): Exec =>
      () =>
        Promise.reject(Object.assign(new Error('no such program'), { code }));
    expect((await running(failing('SPEC_INVALID'))).seen).toBe(
      'health.command could not be run: no such program',
    );
    await expect(running(failing('ENGINE_FAILED'))).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });
});
