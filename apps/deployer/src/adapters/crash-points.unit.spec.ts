import { describe, expect, it } from 'vitest';
import { effectKinds } from '../domain/task.effects.js';
import { effectOfEvent, parseCrashPoint } from './crash-points.js';

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

it('every kind of effect is ended by an event, or its end could not be a crash point', () => {
  const ended = new Set(Object.values(effectOfEvent));
  expect(effectKinds.filter((kind) => !ended.has(kind))).toEqual([]);
});
