import { expect, it } from 'vitest';
import { trafficLines } from './traffic-lines.js';

const paint = { bold: (text: string) => text, bad: (text: string) => `!${text}` } as Parameters<
  typeof trafficLines
>[1];
const instance = (name: string, more: object = {}) => ({
  ...{ name, state: 'ready', weight: 100, inFlight: 2, queued: 0, requestsPerSecond: 30, errorsPerSecond: 0 },
  ...more,
});
const service = (more: object = {}) => ({
  ...{
    appId: 'shop',
    service: 'web',
    profile: 'least',
    requestsPerSecond: 60,
    errorsPerSecond: 0,
    inFlight: 4,
  },
  instances: [instance('web-1', { latencyMs: 12.5 })],
  ...more,
});

it('each service has a table of its instances, and why some get less', () => {
  const instances = [
    instance('web-1', { latencyMs: 12.5 }),
    instance('web-2', { state: 'ejected', weight: 0, why: 'stalled', until: '2026-01-01T00:00:05.000Z' }),
    instance('web-3', { state: 'down', weight: 0, why: 'unreachable', queued: 1 }),
    instance('web-4', { state: 'trial', weight: 10, why: 'another reason' }),
    instance('web-5', { weight: 20, override: { weight: 20, until: '2026-01-01T00:10:00.000Z' } }),
    instance('web-6', { weight: 0, override: { weight: 0 } }),
  ];
  expect(trafficLines([service({ instances }), service({ service: 'api', instances: [] })], paint)).toEqual([
    'shop/web (least): 60 requests/s, 0 errors/s, 4 in flight',
    'INSTANCE  STATE    WEIGHT  IN FLIGHT  REQUESTS/S  ERRORS/S  LATENCY  WHY',
    'web-1     ready    100     2          30          0         12.5 ms',
    '!web-2     ejected  0       2          30          0         -        it held requests and answered none; it is tried again at 2026-01-01T00:00:05.000Z',
    '!web-3     down     0       3          30          0         -        it cannot be connected to',
    '!web-4     trial    10      2          30          0         -        another reason',
    'web-5     ready    20      2          30          0         -        weight 20 was set until 2026-01-01T00:10:00.000Z',
    'web-6     ready    0       2          30          0         -        weight 0 was set',
    '',
    'shop/api (least): 60 requests/s, 0 errors/s, 4 in flight',
    'No instance runs.',
  ]);
});

it('of a canary its share is shown, and which instance runs which release', () => {
  const instances = [
    instance('web-1', { release: 'r1', latencyMs: 12.5 }),
    instance('web-2', { release: 'r2', requestsPerSecond: 3.3, errorsPerSecond: 1 }),
  ];
  expect(trafficLines([service({ instances, canary: { release: 'r2', percent: 10 } })], paint)).toEqual([
    'shop/web (least): 60 requests/s, 0 errors/s, 4 in flight',
    'canary: 10 % of the requests go to release r2: 3.3 requests/s, 1 errors/s',
    'INSTANCE  RELEASE  STATE  WEIGHT  IN FLIGHT  REQUESTS/S  ERRORS/S  LATENCY  WHY',
    'web-1     r1       ready  100     2          30          0         12.5 ms',
    'web-2     r2       ready  100     2          3.3         1         -',
  ]);
});

it('nothing carried is said in words', () => {
  expect(trafficLines([], paint)).toEqual(['The gateway carries no requests for any service.']);
});
