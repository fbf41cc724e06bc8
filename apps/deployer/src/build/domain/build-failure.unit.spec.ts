import { describe, expect, it } from 'vitest';
import { explainFailure } from './build-failure.js';

const REASON =
  'Building 10.80.0.1:17849/d1/d1:89e511a3f03b93787af91861e0371553: executor failed running [npm ci --omit=dev]: exit code: 1';
const LAST = 'ERROR executor failed running [npm ci --omit=dev]: exit code: 1';

const explain = (lines: readonly string[], reason = REASON) =>
  explainFailure({ reason, lines, builtAs: 'node, by package.json', logs: 'slipway logs d1 d1 --build' });

const help = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `npm error   --option-${index}`);

describe('a failed build', () => {
  it('began with the name of an image in the registry: the cause is first, then the step', () => {
    const { message } = explain(['npm error Missing script: "build"', LAST]);
    expect(message).toBe(
      'package.json has no script build. `npm ci --omit=dev` failed with exit code 1. It was built as: node, by package.json.',
    );
  });

  it('showed the help of npm, and not the lines that say why', () => {
    const why = 'npm error notarget No matching version found for left-pad@99.';
    const { logTail } = explain(['[stage-0 6/8] RUN', 'a', 'b', 'c', why, ...help(70), LAST]);
    const lines = logTail.split('\n');
    expect(lines.slice(0, 4)).toEqual(['a', 'b', 'c', why]);
    expect(lines.slice(-2)).toEqual(['(36 lines are left out)', LAST]);
    expect(lines).toHaveLength(40);
  });

  it('of an unknown cause shows the first error of its last step, and says how to read the whole', () => {
    const early = ['[1/3] RUN', 'error that mattered to nobody', '[2/3] RUN'];
    const { message, logTail, hint } = explain([...early, 'Error: odd', ...help(70), LAST]);
    expect(message).toMatch(/^`npm ci --omit=dev` failed with exit code 1\. It was built as/);
    expect(logTail).toMatch(/^\[1\/3\] RUN\nerror that mattered to nobody\n\[2\/3\] RUN\nError: odd\n/);
    expect(hint).toContain('slipway logs d1 d1 --build');
  });

  it('of which nothing speaks of an error shows its end, and a short one is whole', () => {
    const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);
    expect(explain(lines).logTail.split('\n')).toEqual(lines.slice(10));
    expect(explain(['a', 'b']).logTail).toBe('a\nb');
  });

  it.each([
    [
      'Building r/a/b:1: process "npm run build" did not complete successfully: exit code: 2',
      '`npm run build` failed with exit code 2.',
    ],
    ["Building r/a/b:1: The command 'make' returned a non-zero code: 2", '`make` failed with exit code 2.'],
    [
      'Building r/a/b:1: failed to solve with frontend dockerfile.v0: failed to create LLB definition: dockerfile parse error line 3: unknown instruction: RUNN',
      'The build failed: dockerfile parse error line 3: unknown instruction: RUNN.',
    ],
  ])('is told without the words of the engine: %s', (reason, says) => {
    expect(explain([], reason).message).toContain(says);
  });
});
