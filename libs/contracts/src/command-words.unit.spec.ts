import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandWords } from './command-words.js';

const END = 'end of the text';

/** What one real shell makes of each of them. */
function byShell(texts: readonly string[]): readonly (readonly string[])[] {
  const script = texts.map((text) => `printf '%s\\0' ${text}\nprintf '%s\\0' '${END}'`).join('\n');
  const words = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0');
  return texts.map(() => words.splice(0, words.indexOf(END) + 1).slice(0, -1));
}

describe('the words of a command', () => {
  it.each<[string, string[]]>([
    ['sh -c "python3 s1.py"', ['sh', '-c', 'python3 s1.py']],
    [`sh -c 'echo "$HOME" && exec node "a b.js"'`, ['sh', '-c', 'echo "$HOME" && exec node "a b.js"']],
    ['  node \t server.js\n', ['node', 'server.js']],
    [String.raw`a\ b "c\"d\$e\n" 'f\'`, ['a b', String.raw`c"d$e\n`, String.raw`f\ `.trim()]],
    [`--x="a b"'c d'e ""`, ['--x=a bc de', '']],
    ['a\\\nb "c\\\nd"', ['ab', 'cd']],
  ])('a quoted text was cut at its spaces: %s', (text, words) => {
    expect(commandWords(text)).toEqual({ words });
  });

  it('are those of a POSIX shell, for any quotes and escapes', () => {
    const pieces = ['a', 'Z9', ' ', '  ', '\t', "'", '"', '\\', '-', '=', '/', '.', ':', ',', 'ü'];
    const text = fc
      .array(fc.constantFrom(...pieces), { maxLength: 14 })
      .map((parts) => `x${parts.join('')}`)
      .filter((one) => 'words' in commandWords(one));
    fc.assert(
      fc.property(fc.array(text, { minLength: 40, maxLength: 40 }), (texts) => {
        expect(texts.map(commandWords)).toEqual(byShell(texts).map((words) => ({ words })));
      }),
      { numRuns: 2 },
    );
  });

  it.each([
    ['gunicorn app:create_app()', 2],
    ['pip install uvicorn[standard]==0.30 -e .[dev,test]', 5],
    ['gunicorn -b [::]:8000 --forwarded-allow-ips=* app:app', 5],
    ['wait-for http://db/?a=1&b=2', 2],
    ['grep ^a$ {x,y} a~b a#b @scope/x %h !', 8],
  ])('a command that ran before is split as it was: %s', (text, count) => {
    expect(commandWords(text)).toEqual({ words: text.split(' ') });
    expect(text.split(' ')).toHaveLength(count);
  });

  it.each([['"'], ["'"], ['['], ['[:'], ['\\a'], ['a['], ['a '], ['$ ']])(
    'does not slow down with the length of a text of %s',
    (piece) => {
      const begunAt = performance.now();
      commandWords(piece.repeat(60_000 / piece.length));
      commandWords(`"${piece.repeat(60_000 / piece.length)}`);
      expect(performance.now() - begunAt).toBeLessThan(2_000);
    },
  );

  it.each([
    ['$VARIABLE', ['node $FILE', 'node "a-$FILE"', 'node ${FILE}', 'echo $(date)', 'echo `date`', 'a$1']],
    ['|, &, ;', ['a && b', 'a||b', 'a | b', 'a; b', 'a ;b', 'a > log', 'a 2>&1', 'a <in', 'a &']],
    ['*, ? or', ['cat *.txt', 'ls file?', 'ls [ab].py', 'ls dir/[0-9].txt', '*']],
    ['begins with ~', ['~/run', 'cat ~', 'npm start # now', '(cd a)']],
    ['a program first', ['NODE_ENV=production node a.js', "''", '"" a']],
    ['every quote closed', ["echo don't", 'echo "a', 'a \\', 'a "b\\"']],
  ])('a text for a shell became arguments: it is refused, with %s', (says, texts) => {
    for (const text of texts)
      expect(commandWords(text), text).toEqual({ refusal: expect.stringContaining(says) as string });
  });
});
