import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { generateDeployerKeys } from '#libs/secrets';
import { Output } from './output.js';
import { runProgram } from './program.js';

const { publicKey } = await generateDeployerKeys();
beforeEach(() => {
  vi.stubEnv('KAFKA_BROKERS', '127.0.0.1:1');
  vi.stubEnv('SLIPWAY_DEPLOYER_PUBLIC_KEY', publicKey);
});
afterEach(() => vi.unstubAllEnvs());

async function slipway(words: readonly string[], input = '') {
  const out = new PassThrough();
  const err = new PassThrough();
  const codes: number[] = [];
  const stream = (to: PassThrough) => to as unknown as NodeJS.WriteStream;
  await runProgram(words, {
    outputFor: (json) => new Output({ json, out: stream(out), err: stream(err) }),
    finish: (code) => void codes.push(code),
    interrupted: () => new Promise(() => undefined),
    standardInput: () => Promise.resolve(input),
    askHidden: undefined,
  });
  return { code: codes[0], said: `${String(out.read() ?? '')}${String(err.read() ?? '')}` };
}

describe('slipway secret set', () => {
  it.each([
    ['no value', '\n', 'must not be empty'],
    ['a NUL character', 'hunter2\0', 'NUL'],
    ['what is no UTF-8', Buffer.from([0x68, 0xff]).toString(), 'UTF-8'],
    ['too long a value', 'hunter2'.repeat(5_000), 'at most 32768 bytes'],
  ])('refuses %s before it looks for any broker, and does not repeat it', async (_, value, message) => {
    const { code, said } = await slipway(['secret', 'set', 'shop', 'db'], value);
    expect(code).toBe(2);
    expect(said).toContain(message);
    expect(said).not.toContain('hunter2');
  });

  it('names each name that is wrong', async () => {
    const { code, said } = await slipway(['secret', 'set', 'My Shop', 'DB_PASSWORD'], 'hunter2');
    expect(code).toBe(2);
    expect(said).toContain('<app> is "My Shop"');
    expect(said).toContain('<name> is "DB_PASSWORD": secret name must be 1-63');
  });

  it('takes no value as an argument, and does not repeat one', async () => {
    const { code, said } = await slipway(['secret', 'set', 'shop', 'db', 'hunter2']);
    expect(code).toBe(2);
    expect(said).not.toContain('hunter2');
  });

  it('says which key is missing', async () => {
    vi.stubEnv('SLIPWAY_DEPLOYER_PUBLIC_KEY', undefined);
    const { code, said } = await slipway(['secret', 'set', 'shop', 'db'], 'hunter2');
    expect(code).toBe(2);
    expect(said).toContain('SLIPWAY_DEPLOYER_PUBLIC_KEY is not set');
  });

  it('says which file cannot be read', async () => {
    const { code, said } = await slipway(['secret', 'set', 'shop', 'db', '--from-file', '/no/such']);
    expect(code).toBe(2);
    expect(said).toContain('/no/such cannot be read');
  });
});
