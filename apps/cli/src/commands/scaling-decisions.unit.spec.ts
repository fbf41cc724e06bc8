import { beforeEach, describe, expect, it } from 'vitest';
import type { ScalingDecision, ScalingStatus } from '#libs/contracts';
import { apisOfFile } from './apis.testing.js';
import { explainScaling, scalingStatus } from './scaling-decisions.js';

const AT = '2026-11-30T12:00:00.000Z';
const web = { appId: 'shop', service: 'web' };
const refused: ScalingDecision = {
  ...{ ...web, at: AT, until: AT, times: 1, from: 2, to: 4, constraint: 'out-step', raw: 9, by: 'cpu' },
  ...{ text: '2 -> 4; 9 are needed', bounds: { min: 1, max: 10 }, ready: 2, isPanicking: false, fence: 7 },
  targets: [
    { target: 'cpu', value: 91.23456, aim: 70, raw: 9 },
    { target: 'kafkaLag', aim: 1_000, missing: 'no figure' },
  ],
  ...{ token: 'scaling-1', succeeded: false, error: { code: 'NO_NODE', message: 'no room' } },
};
const { token: _, succeeded: __, error: ___, ...plain } = refused;
const stays: ScalingDecision = {
  ...{ ...plain, to: 2, constraint: 'in-cooldown', times: 30, until: '2026-11-30T12:00:30.000Z' },
  text: '2; 1 are enough',
};
const status: ScalingStatus = {
  ...{ ...web, appName: 'The shop', wanted: 2, running: 2, bounds: { min: 1, max: 10 }, isDecided: true },
  ...{ last: stays, changed: refused },
  waits: { for: 'in-cooldown', text: '2; 1 are enough', until: '2026-11-30T12:01:00.000Z' },
};

let answer: readonly [number, unknown];
const asked: string[] = [];
const told = apisOfFile((url) => {
  asked.push(url);
  // Of the node manager, which knows nobody here.
  return url.startsWith('/v1/services') ? [200, []] : answer;
});
beforeEach(() => {
  asked.length = 0;
});

describe('slipway scaling status', () => {
  it('says counts, bounds, the last decision and what it waits for', async () => {
    answer = [200, status];
    const { out, code } = await told((output) => scalingStatus(web, output));
    expect(code).toBe(0);
    expect(asked).toEqual(['/v1/apps/shop/services/web/scaling/status']);
    expect(out.split('\n')).toEqual([
      'shop/web  2 wanted, 2 run, within 1 to 10',
      'last       2026-11-30T12:00:30Z  2; 1 are enough',
      expect.stringContaining('NO_NODE: no room') as string,
      'no figure  kafkaLag: no figure',
      'waits for  in-cooldown: 2; 1 are enough, until 2026-11-30T12:01:00Z',
      '',
    ]);
  });

  it('lists all services that scale, and says where nobody decides', async () => {
    const other = { ...web, service: 'api', appName: 'The shop', running: 0, isDecided: false };
    answer = [200, { items: [status, other] }];
    const { out } = await told((output) => scalingStatus({}, output));
    expect(out).toMatch(/shop\/web +2 +2 +1 to 10 +2026-11-30T12:00:30Z in-cooldown +in-cooldown/);
    expect(out).toMatch(/shop\/api +- +0 +- +- +-/);
    answer = [200, { ...other, bounds: { min: 1, max: 2 } }];
    expect((await told((output) => scalingStatus(web, output))).out).toContain('no load balancer decides');
  });

  it('an unknown application was said in other words than by other commands', async () => {
    answer = [200, { items: [] }];
    const unknown = { code: 'SERVICE_UNKNOWN', exitCode: 1 };
    await expect(told((output) => scalingStatus({ appId: 'nobody' }, output))).rejects.toMatchObject({
      ...unknown,
      message: 'Nothing of nobody was deployed',
    });
    answer = [404, { code: 'SERVICE_UNKNOWN', message: 'There is no service nobody/web.', hint: 'h' }];
    const named = { appId: 'nobody', service: 'web' };
    for (const command of [scalingStatus, explainScaling])
      await expect(told((output) => command(named, output))).rejects.toMatchObject({
        ...{ ...unknown, message: 'Nothing of nobody/web was deployed' },
      });
    answer = [200, { items: [] }];
    expect((await told((output) => scalingStatus({}, output))).out).toContain('No service scales');
  });
});

describe('slipway scaling explain', () => {
  it('says inputs, raw and decided count and the constraint, of refusals and of what changed nothing', async () => {
    answer = [200, { items: [stays, refused] }];
    const { out } = await told((output) => explainScaling({ ...web, outcome: 'failed' }, output));
    expect(asked).toEqual(['/v1/apps/shop/services/web/scaling/decisions?outcome=failed&limit=20']);
    expect(out).toContain('stays 2  in-cooldown, 30 times until 2026-11-30T12:00:30Z');
    expect(out).toMatch(/2 -> 4 {2}out-step .* refused/);
    expect(out).toContain('asked for 9, decided 4; 2 took requests; bounds 1 to 10');
    expect(out).toMatch(/cpu \* +91\.23 +70 +9/);
    expect(out).toMatch(/kafkaLag +- +1000 +- +no figure/);
    expect(out).toContain('NO_NODE: no room');
  });

  it('what changed nothing for one reason was listed again and again, "steady" 192 times', async () => {
    const steady = (minute: number, more: object = {}): ScalingDecision => ({
      ...{ ...stays, constraint: 'steady', at: `2026-11-30T12:${minute}:00.000Z`, times: 10 },
      ...{ until: `2026-11-30T12:${minute}:50.000Z` },
      ...more,
    });
    const changed = { ...refused, at: '2026-11-30T12:13:00.000Z' };
    answer = [
      200,
      { items: [steady(19), steady(18), steady(17), changed, steady(12), steady(11, { from: 3, to: 3 })] },
    ];
    const { out } = await told((output) => explainScaling(web, output));
    expect(out.match(/^2026.*steady.*$/gm)).toEqual([
      '2026-11-30T12:17:00Z  stays 2  steady, 30 times until 2026-11-30T12:19:50Z',
      '2026-11-30T12:12:00Z  stays 2  steady, 10 times until 2026-11-30T12:12:50Z',
      '2026-11-30T12:11:00Z  stays 3  steady, 10 times until 2026-11-30T12:11:50Z',
    ]);
  });

  it('answers programs with the items, and ends with 1 for an unknown service', async () => {
    answer = [200, { items: [refused] }];
    expect(JSON.parse((await told((output) => explainScaling(web, output), true)).out)).toEqual([refused]);
    answer = [404, { code: 'SERVICE_UNKNOWN', message: 'There is no service shop/web.', hint: 'h' }];
    const failed = told((output) => explainScaling(web, output));
    await expect(failed).rejects.toMatchObject({ code: 'SERVICE_UNKNOWN', exitCode: 1 });
  });
});
