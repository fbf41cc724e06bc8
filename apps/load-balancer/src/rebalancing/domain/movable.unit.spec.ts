import { describe, expect, it } from 'vitest';
import { heldOn } from './balance.testing.js';
import { restingServices, type ShownInstance, whyItStays } from './movable.js';

const web = { appId: 'shop', service: 'web' };
const shown: ShownInstance = { ...web, state: 'running', release: 'r1', startedAtMs: 0, isCrashing: false };
const service = { ...web, running: 2, wanted: 2, wantedRelease: 'r1' };

describe('a service rests', () => {
  const rests = (of: object, instances: readonly object[] = [{}, {}], underWay: readonly string[] = []) =>
    restingServices({
      services: [{ ...service, ...of }],
      instances: instances.map((one) => ({ ...shown, ...one })),
      underWay,
    }).has('shop/web');

  it('where all that is wanted runs, and nothing is under way', () => {
    expect(rests({})).toBe(true);
    expect(rests({}, [{}, {}], ['shop/other'])).toBe(true);
  });

  it.each<[string, object, readonly object[], readonly string[]]>([
    ['an instance is missing', { running: 1 }, [{}], []],
    ['more run than are wanted', { wanted: 1 }, [{}, {}], []],
    ['another release is wanted', { wantedRelease: 'r2' }, [{}, {}], []],
    ['one still runs another release', {}, [{}, { release: 'r0' }], []],
    ['one is drained', {}, [{}, {}, { state: 'draining' }], []],
    ['one ends again and again', {}, [{}, { isCrashing: true }], []],
    ['nobody has said what is wanted', { wanted: null, wantedRelease: null }, [{}, {}], []],
    ['an instance is being placed or moved', {}, [{}, {}], ['shop/web']],
  ])('not where %s', (_, of, instances, underWay) => {
    expect(rests(of, instances, underWay)).toBe(false);
  });
});

describe('an instance', () => {
  const facts = { nowMs: 100, quietMs: 100, resting: new Set(['shop/web']), paused: new Set<string>() };
  const held = heldOn('a', { name: 'x', service: 'web', cpu: 1 });
  const why = (of: object = {}, instance: ShownInstance | undefined = shown, changes: object = {}) =>
    whyItStays({ ...held, ...of }, instance, { ...facts, ...changes });

  it('may move where nothing speaks against it', () => {
    expect(why()).toBeUndefined();
  });

  it.each<[string, string | undefined]>([
    ['volumes', why({ asked: { ...held.asked, hasVolumes: true } })],
    ['volumes', why({ asked: { ...held.asked, onNode: 'a' } })],
    ['opted-out', why({ asked: { ...held.asked, rebalance: false } })],
    ['unknown-rules', why({ asked: undefined })],
    ['in-change', why({}, shown, { resting: new Set() })],
    ['in-change', whyItStays(held, undefined, facts)],
    ['young', why({}, { ...shown, startedAtMs: 1 })],
    ['paused', why({}, shown, { paused: new Set(['shop/web']) })],
  ])('stays for %s', (expected, reason) => {
    expect(reason).toBe(expected);
  });
});
