import { expect, it } from 'vitest';
import { causeInLog } from './log-causes.js';

it('a script with line ends of Windows was told as a program that is not in the image', () => {
  const { cause, hint } =
    causeInLog('[FATAL tini (7)] exec ./run.sh failed: No such file or directory') ?? {};
  expect(cause).toBe(
    'The file ./run.sh is not in the image, or not the interpreter that its first line names',
  );
  expect(hint).toContain('CRLF');
});

it.each([
  [
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/app/lib/Util.js' imported from /app/server.js",
    'The file /app/lib/Util.js, which /app/server.js imports, is not in the image',
  ],
  [
    "Error: Cannot find module './lib/Util'\nRequire stack:\n- /app/server.js\n    at Module",
    'The file ./lib/Util, which /app/server.js imports, is not in the image',
  ],
])('a file that another imports was told as one that command names: %s', (log, cause) => {
  const found = causeInLog(log);
  expect(found?.cause).toBe(cause);
  expect(found?.hint).toMatch(/^Correct the path in the import\. On Linux capital letters count/);
});

it('a file that nothing imports is one that command names', () => {
  const found = causeInLog(
    "Error: Cannot find module '/app/dist/main.js'\n  code: 'MODULE_NOT_FOUND',\n  requireStack: []",
  );
  expect(found?.hint).toMatch(/^Correct the path in command/);
});

it('one that may not write into its working folder was told to write there', () => {
  const of = (path: string) => causeInLog(`PermissionError: [Errno 13] Permission denied: '${path}'`)?.hint;
  expect(of('x')).toMatch(/^Its working folder belongs to another user\./);
  expect(of('/var/data')).toContain('Write below its working folder');
});
