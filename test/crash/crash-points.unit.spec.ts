import { describe, expect, it } from 'vitest';
import { effectKinds, entryOf } from '../../apps/deployer/src/task/domain/effect-table.js';
import { casesOf, modes } from './cases.js';
import { isEndOf, parseCrashPoint } from './crash-points.js';

describe('a crash point', () => {
  it('names an effect, by key or kind, and a moment; SIGKILL unless told', () => {
    expect(parseCrashPoint('start-instance 0:after')).toEqual({
      ...{ effect: 'start-instance 0', moment: 'after', signal: 'SIGKILL' },
    });
    expect(parseCrashPoint('survey:before:SIGSTOP')).toMatchObject({ effect: 'survey', signal: 'SIGSTOP' });
  });

  it.each(['', 'survey', ':after', 'survey:later', 'survey:after:SIGTERM', 'survey:after:SIGKILL:'])(
    '%s is none',
    (text) => expect(() => parseCrashPoint(text)).toThrow(),
  );
});

it.each(effectKinds)('%s comes about in some mode of the crash tests', (kind) => {
  const moments = modes.flatMap(casesOf).flatMap((crash) => (crash.kind === kind ? [crash.moment] : []));
  expect([...new Set(moments)]).toEqual(entryOf(kind).crashes);
});

it('every kind of effect is ended by an event of its own, or its end could not be a crash point', () => {
  const ends = effectKinds.map((kind) => entryOf(kind).endedBy);
  expect(ends.filter((events) => events.length === 0)).toEqual([]);
  expect(new Set(ends.flat()).size).toBe(ends.flat().length);
});

it('an effect ends with its own event, or with its failure', () => {
  const pulled = { type: 'ImagePulled', data: { ordinal: 1, phase: 'pull', ms: 1 } } as const;
  const error = { code: 'TEST', message: 'm', hint: 'h' };
  const failed = { type: 'StepFailed', data: { step: 'pull-image', error } } as const;
  for (const wanted of ['pull-image', 'pull-image 1'])
    expect([pulled, failed].map((event) => isEndOf(wanted, event))).toEqual([true, true]);
  const elsewhere = {
    type: 'PlaceFailed',
    data: { ordinal: 1, node: 'n', step: 'pull-image', error },
  } as const;
  expect(['pull-image', 'pull-image 1', 'pull-image 0'].map((wanted) => isEndOf(wanted, elsewhere))).toEqual([
    ...[true, true, false],
  ]);
  expect(isEndOf('pull-image 0', pulled)).toBe(false);
  expect(isEndOf('survey', failed)).toBe(false);
});
