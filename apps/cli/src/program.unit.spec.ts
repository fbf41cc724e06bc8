import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Command } from 'commander';
import { Output } from './output.js';
import { buildProgram } from './program.js';

beforeEach(() => {
  for (const name of ['KAFKA_BROKERS', 'SLIPWAY_API_URL', 'SLIPWAY_API_TOKEN']) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

async function slipway(...words: string[]) {
  const out = new PassThrough();
  const err = new PassThrough();
  const codes: number[] = [];
  const program = buildProgram({
    outputFor: (json) =>
      new Output({
        json,
        out: out as unknown as NodeJS.WriteStream,
        err: err as unknown as NodeJS.WriteStream,
      }),
    finish: (code) => void codes.push(code),
    interrupted: () => Promise.resolve(),
    standardInput: () => Promise.resolve(''),
  });
  await program.parseAsync(words, { from: 'user' });
  return { code: codes[0], out: String(out.read() ?? ''), err: String(err.read() ?? '') };
}

describe('the slipway command', () => {
  it('says which variable is missing and where it comes from, and ends with 2', async () => {
    const { code, err } = await slipway('status', 'shop');
    expect(code).toBe(2);
    expect(err).toContain('SLIPWAY_API_URL');
    expect(err).toContain('next: source .slipway/env');
  });

  it('prints an error as JSON alone on standard output', async () => {
    const { code, out, err } = await slipway('run', 'shop', 'prices', '--json');
    expect({ code, err }).toEqual({ code: 2, err: '' });
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'CONFIGURATION', next: 'source .slipway/env' } });
  });

  it('refuses a folder without services before it looks for any broker', async () => {
    const { code, err } = await slipway('deploy', import.meta.dirname, '--app', 'shop');
    expect(code).toBe(2);
    expect(err).toContain('NO_SERVICE');
  });

  it('refuses an application name that cannot be one', async () => {
    expect((await slipway('push', '.', '--app', 'My Shop', '--service', 'prices')).code).toBe(2);
  });

  it('shows examples in the help of every command', () => {
    const program = buildProgram({
      outputFor: vi.fn(),
      finish: vi.fn(),
      interrupted: vi.fn(),
      standardInput: vi.fn(),
    });
    for (const command of leaves(program)) expect(fullHelp(command), command.name()).toContain(`$ slipway`);
  });
});

const leaves = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);

function fullHelp(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => void (text += part) });
  command.outputHelp();
  return text;
}
