import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniqueName, until } from '#libs/testing';
import type { EffectKind } from '../../apps/deployer/src/task/domain/task.effects.js';
import { containersOf } from '../e2e/world.js';
import { leaveOut } from '../short-form.js';
import { casesOf, type CrashCase, type Mode, modes } from './cases.js';
import { Lane, LEASE_MS, NotDead } from './lane.js';
import { deploy, type Reply, Requests, shapeOf } from './requests.js';
import { Steering } from './steering.js';
import { type CaseResult, writeTable } from './table.js';
import { isTrue } from './world.js';

const steering = new Steering();
const requests = new Requests();
const lanes = Object.fromEntries(modes.map((mode) => [mode, new Lane(mode, requests, steering)]));
const results: CaseResult[] = [];

/** `whole` when asked for by name; `every` is every moment of every effect of every mode, three times as long. */
const extent = process.env['SLIPWAY_CRASH_CASES'];
const isWhole = extent === 'whole' || extent === 'every';

/** One of each mode in turn, so that those which run side by side are of different applications. */
function interleaved(lists: readonly (readonly CrashCase[])[]): readonly CrashCase[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, n) => lists.flatMap((list) => list[n] ?? [])).flat();
}

const all = modes.map(casesOf);
const every = all.flat();
/** The moment that costs most: what was done is not known to whoever comes after. */
const hardest = (of: readonly CrashCase[]): CrashCase | undefined =>
  of.find(({ moment }) => moment === 'after') ?? of[0];
/**
 * In the short form: effects that change the world, one that others end, and one that is done by its record, in few modes.
 * All that is recorded is recorded by the same transaction, and what is read can be read again.
 */
const shortModes: Partial<Record<EffectKind, Mode>> = {
  'build-image': 'build-and-run, first launch',
  'push-image': 'build-and-run, replacement',
  'await-node': 'build-and-run, first launch',
  'pull-image': 'build-and-run, replacement',
  'start-instance': 'build-and-run, first launch',
  'stop-instance': 'build-and-run, replacement',
  'remove-leftovers': 'build-and-run that fails',
  succeed: 'build-and-run, first launch',
};
const short = Object.entries(shortModes).flatMap(
  ([kind, mode]) => hardest(every.filter((one) => one.kind === kind && one.mode === mode)) ?? [],
);
/** Every moment in the first mode that has such an effect; in each other mode the hardest. */
const isInWhole = (crash: CrashCase): boolean =>
  every.find(({ kind }) => kind === crash.kind)?.mode === crash.mode ||
  hardest(every.filter(({ mode, effect }) => mode === crash.mode && effect === crash.effect)) === crash;
const whole = interleaved(extent === 'every' ? all : all.map((cases) => cases.filter(isInWhole)));
const stalls = every.filter(
  ({ mode, kind, moment }) =>
    mode === 'build-and-run, replacement' &&
    moment !== 'stored' &&
    ['build-image', 'start-instance', 'stop-instance'].includes(kind),
);

beforeAll(async () => {
  await steering.install();
  await requests.connect();
});
afterAll(async () => {
  await requests.close();
  await steering.remove();
  if (isWhole && results.length > 0) writeTable(results, LEASE_MS);
});

const named = (cases: readonly CrashCase[]) =>
  cases.map((crash) => [`${crash.mode}: ${crash.effect}, ${crash.moment}`, crash] as const);

async function endsAsUndisturbed(crash: CrashCase, signal: 'SIGKILL' | 'SIGSTOP'): Promise<void> {
  const stalled = signal === 'SIGSTOP';
  let takeOverMs: number | undefined;
  const note = (result: CaseResult['result']): number =>
    results.push({ ...crash, result, takeOverMs, stalled });
  try {
    const [{ end, left, folders, replies, writers, replica, ...disturbed }, undisturbed] = await lanes[
      crash.mode
    ]!.run(crash, { signal });
    takeOverMs = disturbed.takeOverMs;
    expect(end).toEqual(undisturbed);
    expect(isTrue(left), JSON.stringify(left)).toBe(true);
    expect(folders).toEqual([]);
    expect([...replies]).toHaveLength(1);
    if (takeOverMs !== undefined) expect(takeOverMs).toBeLessThan(LEASE_MS + 3_000);
    // Whoever lost the lease writes nothing after the other began.
    expect(writers.lastIndexOf(replica)).toBe(writers.indexOf(replica));
    note('as undisturbed');
  } catch (error) {
    note('failed');
    throw error;
  }
}

describe('a replica that is killed leaves its request to another, which ends it as if nothing had been', () => {
  it.concurrent.each(named(isWhole ? whole : short))('%s', (_, crash) =>
    // On a busy machine it may not come so far in time: then nothing was killed yet, and it is tried once more.
    endsAsUndisturbed(crash, 'SIGKILL').catch((error: unknown) => {
      if (!(error instanceof NotDead)) throw error;
      return endsAsUndisturbed(crash, 'SIGKILL');
    }),
  );
});

describe('a replica that stood still while another took over does no harm when it wakes up', () => {
  it.concurrent.each(named(isWhole ? stalls : stalls.slice(0, 1)))('%s', (_, crash) =>
    endsAsUndisturbed(crash, 'SIGSTOP'),
  );

  it.concurrent.each(isWhole ? (['before', 'after'] as const) : (['after'] as const))(
    'it starts no container of a service that was stopped meanwhile: start-instance, %s',
    async (moment) => {
      const mode = 'build-and-run, first launch';
      const lane = new Lane(mode, requests, steering);
      const crash = { mode, kind: 'start-instance', effect: 'start-instance 0', moment } as const;
      const [{ left }] = await lane.run(crash, { signal: 'SIGSTOP', meanwhile: deploy('stop') });
      expect(left).toMatchObject({ running: [], notRunning: [], registry: [], known: [], reservations: [] });
    },
  );

  // The short form has where it harms its own service; this takes two stand-stills and a second application.
  // A replica that stood still for long finds its connection cut, starts nothing, and harms nobody: then it is woken again.
  (isWhole ? it.concurrent : leaveOut)(
    'a neighbour that was given its port meanwhile runs at another place, and says so',
    { retry: 2 },
    async () => {
      const lane = new Lane('build-and-run, first launch', requests, steering);
      const mode = 'build-and-run, first launch';
      const crash = { mode, kind: 'start-instance', effect: 'start-instance 0', moment: 'before' } as const;
      const neighbour = uniqueName('crash');
      const mark = uniqueName('crash-neighbour');
      await requests.push(neighbour, 'a neighbour');
      let reply: Reply | undefined;
      const meanwhile = async (taskId: string, appId: string): Promise<void> => {
        const started = async () => (await containersOf(appId)).some(({ state }) => state === 'running');
        await until('the replica to have started its container', started, { timeoutMs: 20_000 });
        await steering.placeFirst(mark, await steering.placeOf(taskId));
        await requests.publish(deploy('build-and-run'), neighbour, mark);
        [reply] = await requests.answersTo(mark);
      };
      const [{ left }] = await lane.run(crash, {
        ...{ signal: 'SIGSTOP', meanwhile: deploy('stop') },
        again: { at: 'start-instance 0:after:SIGSTOP', meanwhile },
      });
      expect(shapeOf(reply as Reply)).toMatchObject({
        status: true,
        services: [{ instances: 1, notes: [expect.stringContaining('something else listens at port')] }],
      });
      // What was begun at its port is withdrawn.
      expect(left).toMatchObject({ running: [], notRunning: [], known: [], reservations: [] });
      await requests.ask(deploy('stop'), neighbour);
    },
  );
});
