import { describe, expect, it } from 'vitest';
import { countsOf } from './run-script.js';

describe('the counts of a command line', () => {
  const defaults = { rounds: 5, 'swarm-rounds': 3 };

  it('are those that are given, and the defaults of the others', () => {
    expect(countsOf(['--rounds', '2'], defaults)).toEqual({ rounds: 2, 'swarm-rounds': 3 });
    expect(countsOf(['--swarm-rounds=0'], defaults)).toEqual({ rounds: 5, 'swarm-rounds': 0 });
  });

  it.each([['--rounds', '-1'], ['--rounds', '1.5'], ['--rounds', 'many'], ['--round', '1'], ['1']])(
    'are none where an argument is wrong: %s %s',
    (...args) => {
      expect(countsOf(args.filter(Boolean), defaults)).toBeUndefined();
    },
  );
});
