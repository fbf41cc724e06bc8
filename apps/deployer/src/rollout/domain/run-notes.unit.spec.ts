import { expect, it } from 'vitest';
import { firstSpec } from '../../services/domain/spec.js';
import { makePlan } from './plan.js';
import type { TaskEventOf } from '../../task/domain/task.events.js';
import { foldTask } from '../../task/domain/task.state.js';
import { accepted, releaseWith, running } from '../../task/domain/task.testing.js';

const health = { health: { path: '/' } };
const older = releaseWith('older', 1, health);
const newest = releaseWith('newest', 1, health);

const notesOf = (task: Partial<TaskEventOf<'TaskAccepted'>['data']>, serving = older) =>
  makePlan(
    foldTask([
      accepted(task),
      { type: 'InstancesSurveyed', data: { instances: [running('a', serving)] } },
      { type: 'ReleaseResolved', data: { release: newest } },
    ]),
    '2026-01-01T00:00:00.000Z',
  ).notes;

it('run without a release says before it starts that it replaces what serves, and how not to', () => {
  const [note, ...more] = notesOf({ mode: 'run' });
  expect(more).toEqual([]);
  expect(note).toContain('run takes the release that was built or asked for last, newest');
  expect(note).toContain('older serves now');
  expect(note).toContain('slipway run shop web --release older');
});

it('run of a new build after a stop says what was wanted until now, also where nothing is started', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const by = { arrival: 1, at, by: 'stop', token: 't0' };
  const { replicas: count, resources: limits } = older.config;
  const declares = { count, limits };
  for (const wanted of [1, 0]) {
    const change = { state: 'stopped', release: older.id, count: wanted } as const;
    const spec = firstSpec(change, declares, by);
    const { notes } = makePlan(
      foldTask([
        accepted({ mode: 'run' }),
        { type: 'InstancesSurveyed', data: { instances: [], spec, arrival: 2 } },
        { type: 'ReleaseResolved', data: { release: newest } },
      ]),
      at,
    );
    expect(notes).toEqual([
      ...(wanted === 0 ? [expect.stringContaining('0 wanted'), expect.stringContaining('No instance')] : []),
      expect.any(String),
    ]);
    expect(notes.at(-1)).toContain('older was wanted until now');
    expect(notes.at(-1)).toContain('slipway run shop web --release older');
  }
});

it.each([
  ['the release is named', notesOf({ mode: 'run', wantedRelease: 'newest' })],
  ['the newest serves already', notesOf({ mode: 'run', restart: true }, newest)],
  ['it is a rollback itself', notesOf({ mode: 'rollback' })],
])('says nothing of it where %s', (_, notes) => {
  expect(notes).toEqual([]);
});
