import { describe, expect, it } from 'vitest';
import { buildNeeds, runNeeds, secretsProblem } from '../../secrets/domain/secrets.js';
import { decide } from '../../task/domain/decide.js';
import { isRecorded } from '../../task/domain/effect-table.js';
import { serviceReply } from '../../requests/domain/reply.js';
import type { TaskEvent, TaskEventOf } from '../../task/domain/task.events.js';
import { accepted, releaseWith, runToEnd, running, type Ran } from '../../task/domain/task.testing.js';

const given = { now: new Date('2026-01-01T00:00:00.000Z'), drainMs: 200 };
const secrets = { DATABASE_PASSWORD: 'db-password', SIGNING_KEY: 'signing-key' };
const fresh = releaseWith('new', 1, { secrets });
const old = [running('a', releaseWith('old', 1))];

/** Runs a task of an application that has these secrets. */
function run(
  task: Partial<TaskEventOf<'TaskAccepted'>['data']>,
  known: readonly string[] | undefined,
  before = old,
  release = fresh,
): Ran {
  const surveyed: TaskEvent = { type: 'InstancesSurveyed', data: { instances: before, secrets: known } };
  return runToEnd(
    accepted(task),
    { release, before },
    (state, effect) => {
      if (isRecorded(effect)) return decide(effect, state, given).events;
      if (effect.kind === 'survey') return [surveyed];
      if (effect.kind !== 'check-secrets' || known === undefined) return undefined;
      const { buildSecrets } = state.config ?? {};
      const error = secretsProblem(state, [...runNeeds({ secrets }), ...buildNeeds({ buildSecrets })], known);
      return error && [{ type: 'StepFailed', data: { step: effect.kind, error } }];
    },
    // As a task does: what is done by its record comes first. A survey takes less time than a source.
    (effects) => effects.find(isRecorded) ?? effects.find(({ kind }) => kind === 'survey') ?? effects[0],
  );
}

describe('a service whose application lacks a secret', () => {
  it('is not begun: no image is built, no node asked for, and what ran serves', () => {
    const { state, done } = run({}, ['db-password']);
    expect(serviceReply(state)).toMatchObject({
      status: 'failed',
      error: {
        code: 'SECRET_NOT_FOUND',
        message: expect.stringContaining('signing-key (as SIGNING_KEY)') as string,
        hint: expect.stringContaining('slipway secret set shop signing-key') as string,
      },
      serving: { release: 'old', instances: [{ container: 'c-a' }] },
    });
    expect(done).not.toContain('build-image');
    expect(done.filter((key) => /^(request-node|start|drain|stop)/.test(key))).toEqual([]);
  });

  it('is told of every secret that is missing at once', () => {
    const { failure } = run({ mode: 'run' }, []).state;
    expect(failure?.message).toContain('db-password (as DATABASE_PASSWORD), signing-key (as SIGNING_KEY)');
    expect(failure?.hint).toContain(
      'slipway secret set shop db-password; slipway secret set shop signing-key',
    );
  });

  it.each(['run', 'build-and-run', 'rollback'] as const)('is told by the plan of %s, too', (mode) => {
    const { state } = run({ mode, dryRun: true }, []);
    expect(serviceReply(state)).toMatchObject({ status: 'failed', error: { code: 'SECRET_NOT_FOUND' } });
  });

  it('is not scaled up', () => {
    const runs = [running('a', fresh)];
    expect(run({ mode: 'scale', scale: { by: 1 } }, [], runs).state.failure?.code).toBe('SECRET_NOT_FOUND');
  });

  it.each<[string, Partial<TaskEventOf<'TaskAccepted'>['data']>]>([
    ['scaled down', { mode: 'scale', scale: { to: 0 } }],
    ['stopped', { mode: 'stop' }],
    ['left as it runs', { mode: 'run' }],
  ])('can be %s: nothing is to be started', (_what, task) => {
    expect(run(task, [], [running('a', fresh)]).state.failure).toBeUndefined();
  });
});

describe('a service whose secrets are all there', () => {
  it('is deployed', () => {
    expect(run({}, Object.values(secrets)).state.outcome).toBe('running');
  });

  it('goes on from a survey of before there were secrets', () => {
    expect(run({}, undefined).state.outcome).toBe('running');
  });
});

describe('a service whose application lacks a secret of its build', () => {
  const toBuild = releaseWith('new', 1, { buildSecrets: { NPM_TOKEN: 'npm-token' } });

  it.each([
    ['build-and-run', false],
    ['build-and-run', true],
    ['build', false],
    ['build', true],
  ] as const)('is not built: %s, dry run %s', (mode, dryRun) => {
    const { state, done } = run({ mode, dryRun }, Object.values(secrets), old, toBuild);
    expect(state.failure).toMatchObject({
      code: 'SECRET_NOT_FOUND',
      message: expect.stringContaining('npm-token (as NPM_TOKEN, for the build)') as string,
      hint: expect.stringContaining('slipway secret set shop npm-token') as string,
    });
    expect(done).not.toContain('build-image');
  });

  it.each(['run', 'rollback'] as const)('can be started again, for nothing is built: %s', (mode) => {
    expect(run({ mode }, Object.values(secrets), old, toBuild).state.failure).toBeUndefined();
  });
});
