import { describe, expect, it } from 'vitest';
import { uncaughtIn } from './uncaught.js';

const GUNICORN = `[8] [ERROR] Exception in worker process
Traceback (most recent call last):
  File "/opt/venv/lib/python3.11/site-packages/gunicorn/arbiter.py", line 752, in spawn_worker
    worker.init_process()
  File "<frozen importlib._bootstrap>", line 1206, in _gcd_import
  File "/app/app.py", line 2
    app=Flask(__name__
             ^
SyntaxError: '(' was never closed
[8] [INFO] Worker exiting (pid: 8)
[7] [ERROR] Reason: Worker failed to boot.
`;
const NODE = `/app/s.js:1
const a = ;
          ^

SyntaxError: Unexpected token ';'
    at wrapSafe (node:internal/modules/cjs/loader:1861:18)

Node.js v24.21.0
`;
const NODE_WITHIN = `node:fs:2482
    return binding.writeFileUtf8(
                   ^

Error: ENOTDIR: not a directory, open 'x/y'
    at Object.writeFileSync (node:fs:2482:20)
    at save (/app/node_modules/store/index.js:3:9)
    at Object.<anonymous> (file:///app/src/main.mjs:12:15)

Node.js v24.21.0
`;

describe('an error that nothing caught was "ended by itself", and is named with its place', () => {
  it.each([
    ['of a worker of gunicorn', GUNICORN, "SyntaxError: '(' was never closed (/app/app.py, line 2)"],
    [
      'of Python',
      'Traceback (most recent call last):\n  File "/app/app.py", line 7, in <module>\n    main()\n  File "/app/app.py", line 2, in main\n    raise ValueError("bad settings: X")\nValueError: bad settings: X\n',
      'ValueError: bad settings: X (/app/app.py, line 2)',
    ],
    [
      'of Python that cannot read the script',
      '  File "/app/app.py", line 1\n    if x\n        ^\nSyntaxError: expected \':\'\n',
      "SyntaxError: expected ':' (/app/app.py, line 1)",
    ],
    ['of Node that cannot read the script', NODE, "SyntaxError: Unexpected token ';' (/app/s.js, line 1)"],
    ['of Node', NODE_WITHIN, "Error: ENOTDIR: not a directory, open 'x/y' (/app/src/main.mjs, line 12)"],
  ])('%s', (_, log, says) => {
    expect(uncaughtIn(log)?.cause).toBe(`An error ended it: ${says}`);
    expect(uncaughtIn(log)?.hint).toMatch(/^Look at \/app\//);
  });

  it('where only packages are in the frames, no place is named', () => {
    const log = '  File "/opt/venv/lib/python3.11/site-packages/a.py", line 1, in b\n    c()\nKeyError: 1\n';
    expect(uncaughtIn(log)).toEqual({
      cause: 'An error ended it: KeyError: 1',
      hint: 'Read the end of its log, correct it, and deploy again.',
    });
  });

  it.each([
    '',
    'listening on 8000\n',
    '  File "a", line 1\n',
    'Error: caught\n    at /app/s.js:1:1\ngoing on\n',
  ])('of %j there is none', (log) => expect(uncaughtIn(log)).toBeUndefined());
});
