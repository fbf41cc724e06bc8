import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { scalingPolicySchema, type ServiceScaling } from '#libs/contracts';
import { scalingLines } from '../domain/scaling-lines.js';
import { apisOfFile } from './apis.testing.js';
import { setScaling, showScaling, unsetScaling } from './scaling.js';

const AT = '2026-11-30T12:00:00.000Z';
const policy = scalingPolicySchema.parse({
  ...{ min: 1, max: 4, targets: { cpu: 70 } },
  windows: [{ cron: '0 11 * * *', durationMs: 7_200_000, max: 9 }],
});
const scaled: ServiceScaling = {
  ...{ appId: 'shop', service: 'web', policy, setBy: 'api' },
  history: [
    {
      ...{
        revision: 7,
        at: AT,
        change: 'scaling',
        principal: 'ada',
        verified: true,
        reason: 'sale',
        token: 's',
      },
      policy,
    },
    { revision: 3, at: AT, change: 'build-and-run', principal: 'bob', verified: false, token: 't', policy },
  ],
};

let answer: ServiceScaling;
const asked: string[] = [];
const told = apisOfFile((url) => {
  asked.push(url);
  return [200, answer];
});
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-policy-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  answer = scaled;
  asked.length = 0;
});

const web = { appId: 'shop', service: 'web' };

async function fileWith(text: string): Promise<string> {
  const path = join(folder, 'policy.json');
  await writeFile(path, text);
  return path;
}

describe('how a service scales', () => {
  it('is said with the bounds that count now, by what, and by whom it was changed', () => {
    const lines = scalingLines(scaled, Date.parse(AT));
    expect(lines[0]).toBe(
      'shop/web scales within 1 to 4 (now 1 to 9, by a window), as somebody has set; a change of it in config.json counts again',
    );
    expect(lines).toContain('  targets: {"cpu":70}');
    expect(lines).toContain('  prediction: off');
    expect(lines.at(-2)).toMatch(/^7 +scaling +1 to 4 +2026-11-30T12:00:00Z +ada +sale$/);
    expect(lines.at(-1)).toMatch(/^3 +deploy +1 to 4 +2026-11-30T12:00:00Z +bob\? +-$/);
  });

  it('is said where it does not', () => {
    const { policy: _, ...none } = { ...scaled, history: [] };
    expect(scalingLines(none, 0)).toEqual([
      'shop/web does not scale: as many instances are wanted as somebody has asked for.',
    ]);
  });

  it('is shown as JSON', async () => {
    const { out } = await told((output) => showScaling(web, output), true);
    expect(JSON.parse(out)).toMatchObject({ policy: { max: 4 }, setBy: 'api' });
  });
});

describe('a policy that is set', () => {
  it('is that of a file with other bounds, and says why', async () => {
    const file = await fileWith('{ "max": 3, "targets": { "cpu": 50 } } // for the sale');
    await told((output) => setScaling({ ...web, policy: file, max: 8, reason: 'sale' }, output));
    expect(asked).toEqual([
      '/v1/apps/shop/services/web/scaling',
      '/v1/apps/shop/services/web/scaling?reason=sale',
    ]);
  });

  it.each<[string, string]>([
    ['{ "max": 3, "targets": { "cpu": 500 } }', 'The policy is wrong: targets.cpu: expected at most 100'],
    ['{ "max": 3, "target": {} }', 'The policy is wrong: target: unknown field'],
    ['{ "max": ', '--policy: '],
    ['[]', '--policy: expected an object in braces'],
  ])('%s is refused before it is sent', async (text, message) => {
    const file = await fileWith(text);
    const refused = told((output) => setScaling({ ...web, policy: file }, output));
    await expect(refused).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message) as string,
    });
  });

  it('needs something to set, and a policy where only bounds are named', async () => {
    await expect(told((output) => setScaling(web, output))).rejects.toThrow('Nothing to set');
    answer = { ...web, setBy: 'config.json', history: [] };
    await expect(told((output) => setScaling({ ...web, max: 3 }, output))).rejects.toMatchObject({
      next: 'slipway scaling set shop web --policy FILE',
    });
  });

  it('that was never set was taken back without a word', async () => {
    answer = { ...web, setBy: 'config.json', history: [] };
    const { out, err } = await told((output) => unsetScaling(web, output));
    expect(err).toContain('No policy of shop/web was set, so none is taken back: config.json declares none.');
    expect(out).toContain('shop/web does not scale');
    expect(asked).toEqual(['/v1/apps/shop/services/web/scaling']);
  });

  it('is taken back', async () => {
    await told((output) => unsetScaling({ ...web, reason: 'over' }, output));
    expect(asked.at(-1)).toBe('/v1/apps/shop/services/web/scaling?reason=over');
  });
});
