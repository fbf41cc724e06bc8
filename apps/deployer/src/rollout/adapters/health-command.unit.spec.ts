import { describe, expect, it } from 'vitest';
import type { Engine, ExecResult } from '#libs/engine';
import { HealthCommands } from './health-command.js';

type Exec = Engine['exec'];

const running = (exec: Exec, timeoutMs = 5_000) =>
  new HealthCommands().run(
    { exec },
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
    const never: Exec = () => new Promise(() => undefined);
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

  it('that hung was started again at each look, until the container was full of them', async () => {
    const started: ((result: ExecResult) => void)[] = [];
    const exec: Exec = () => new Promise((resolve) => started.push(resolve));
    const commands = new HealthCommands();
    const look = (container: string, timeoutMs: number) =>
      commands.run(
        { exec },
        container,
        { command: ['check'], timeoutMs, signal: new AbortController().signal },
        () => Promise.resolve([]),
      );
    expect((await look('c', 5)).seen).toBe('health.command did not end within 5 ms');
    expect((await look('c', 5)).healthy).toBe(false);
    expect(started).toHaveLength(1);
    await look('another', 5);
    expect(started).toHaveLength(2);
    const last = look('c', 5_000);
    started[0]?.({ exitCode: 0, output: '' });
    expect((await last).healthy, 'the end of that run counts').toBe(true);
    await look('c', 5);
    expect(started, 'the next look starts another').toHaveLength(3);
  });
});
