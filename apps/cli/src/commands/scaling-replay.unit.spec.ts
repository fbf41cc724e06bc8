import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ScalingReplay } from '#libs/contracts';
import { apisOfFile } from './apis.testing.js';
import { replayScaling } from './scaling-replay.js';

const web = { appId: 'shop', service: 'web' };
const outcome = {
  ...{ instanceHours: 48.25, overSeconds: 30, overPresentSeconds: 45, changes: 12, flaps: 1 },
  ...{ least: 1, most: 4, last: 2 },
};
const panic = {
  ...{ what: 'panic.windowMs', why: '6000 ms are shorter than the 60 s that a figure is the mean of' },
  ...{ from: '2026-11-29T12:00:00.000Z', to: '2026-11-30T12:00:00.000Z' },
};
const replay: ScalingReplay = {
  ...{ ...web, from: '2026-11-29T12:00:00.000Z', to: '2026-11-30T12:00:00.000Z', seconds: 84_600 },
  proposed: { ...outcome, unresolved: [panic], unresolvedMore: 0 },
  present: { ...outcome, instanceHours: 60, overSeconds: 0, unresolved: [panic], unresolvedMore: 0 },
  ran: { ...outcome, instanceHours: 61, least: 2, most: 2 },
};

let answer: ScalingReplay;
const asked: string[] = [];
const told = apisOfFile((url) => {
  asked.push(url);
  return [200, answer];
});
let folder: string;
let policy: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-replay-'));
  policy = join(folder, 'new.json');
  await writeFile(policy, '{ "max": 4, "targets": { "concurrency": 20 } }');
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  [answer, asked.length] = [replay, 0];
});

it('a replay shows the proposed policy beside the present one and what ran, and what is not known', async () => {
  const { out } = await told((output) => replayScaling({ ...web, policy, last: '24h' }, output));
  expect(asked).toEqual(['/v1/apps/shop/services/web/scaling/replays']);
  expect(out).toContain('2026-11-29T12:00:00Z to 2026-11-30T12:00:00Z, with figures of 23.5 h of 24 h');
  expect(out).toMatch(/instance-hours +48.25 +60 +61/);
  expect(out).toMatch(/s over own targets +30 +0 +30/);
  expect(out).toMatch(/s over present targets +45 +45 +45/);
  expect(out).toMatch(/instances +1 to 4 +1 to 4 +2\n/);
  expect(out).toMatch(/panic.windowMs +2026-11-29T12:00:00Z +2026-11-30T12:00:00Z +6000 ms are shorter/);
});

it('of a service without a policy only the proposed one is shown', async () => {
  const { present: _, ...rest } = replay;
  answer = { ...rest, proposed: { ...outcome, unresolved: [], unresolvedMore: 0 } };
  const { out } = await told((output) => replayScaling({ ...web, policy }, output));
  expect(out).toMatch(/s over own targets +30 +- +-/);
  expect(out).not.toContain('present targets');
  expect(out).toContain('The figures that are kept say all of it.');
});

it('what is not listed is counted, and programs get all', async () => {
  const many = { unresolved: Array.from({ length: 25 }, () => panic), unresolvedMore: 7 };
  answer = { ...replay, proposed: { ...outcome, ...many } };
  expect((await told((output) => replayScaling({ ...web, policy }, output))).out).toContain('and 12 more');
  const { out } = await told((output) => replayScaling({ ...web, policy }, output), true);
  expect(JSON.parse(out)).toMatchObject({ proposed: { unresolvedMore: 7 } });
});

it('a policy or a time that is wrong is refused before it is sent', async () => {
  const wrong = join(folder, 'wrong.json');
  await writeFile(wrong, '{ "max": 0 }');
  const refused = { code: 'USAGE' };
  await expect(told((output) => replayScaling({ ...web, policy: wrong }, output))).rejects.toMatchObject(
    refused,
  );
  await expect(
    told((output) => replayScaling({ ...web, policy, last: 'yesterday' }, output)),
  ).rejects.toMatchObject(refused);
  expect(asked).toEqual([]);
});
