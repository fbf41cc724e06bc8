import { COMPILER_SIGNS } from './build-causes.compiler.js';
import { LOCK_SIGNS } from './build-causes.lock.js';
import { VERSION_SIGNS } from './build-causes.version.js';
import { type Cause, causeInLog, firstSign, type SeenCause, short, type Sign } from './log-causes.js';

const [OUT_OF_MEMORY, NO_SPACE, NO_NETWORK] = [
  {
    cause: 'The build ran out of memory',
    hint: 'Let it use less, such as with "NODE_OPTIONS": "--max-old-space-size=1024" in env of config.json, which builds see. Or give the machine that builds more memory.',
  },
  {
    cause: 'The disk of the machine that builds is full',
    hint: 'Free space on it; start with unused images. Then deploy again.',
  },
  {
    cause: 'The build did not reach a server that it loads from',
    hint: 'Check the network and the DNS of the machine that builds. If it uses a proxy or a mirror, name that in env of config.json, which builds see.',
  },
] as const satisfies readonly Cause[];

/** What ends any build. Retries that went well in the end are no reason, so only last words count. */
const MACHINE_SIGNS: readonly Sign[] = [
  {
    pattern:
      /JavaScript heap out of memory|Perhaps out of memory\?|\bMemoryError\b|java\.lang\.OutOfMemoryError|Killed signal terminated program|exit code: 137\b|non-zero code: 137\b/,
    cause: () => OUT_OF_MEMORY,
  },
  { pattern: /No space left on device|\bENOSPC\b|disk quota exceeded/i, cause: () => NO_SPACE },
  {
    pattern:
      /npm (?:error|ERR!) code (?:EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ERR_SOCKET_TIMEOUT)\b|An unexpected error occurred: "[^"\n]*(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT)|ERR_PNPM_META_FETCH_FAIL|(?:Failed to fetch|Failed to download)[^\n]*(?:\n[^\n]*){0,6}(?:dns error|Could not connect|tcp connect error)|Temporary failure resolving '|curl: \((?:6|7|28)\) |dial tcp: lookup /,
    cause: () => NO_NETWORK,
  },
  {
    // pip goes on after its last try, and then finds no version.
    pattern:
      /(?:NewConnectionError|NameResolutionError|ConnectTimeoutError|ProxyError|SSLError)[\s\S]*\(from versions: none\)/,
    cause: () => NO_NETWORK,
  },
];

const TYPE_HINT =
  'Correct it. The same command shows it on your machine, once it has installed what the lock file says.';

const SOURCE_SIGNS: readonly Sign[] = [
  {
    pattern: /^\s*(\S.*?\.(?:[cm]?tsx?|vue|svelte))(?:\((\d+),(\d+)\):|:(\d+):(\d+) -) error (TS\d+): (.+)$/m,
    cause: ([, file = '', line, column, otherLine, otherColumn, code = '', says = '']) => ({
      cause: `${short(file)}(${line ?? otherLine},${column ?? otherColumn}): ${withoutStop(says)} (${code})`,
      hint: TYPE_HINT,
    }),
  },
  {
    pattern: /^error (TS\d+): (.+)$/m,
    cause: ([, code = '', says = '']) => ({ cause: `${withoutStop(says)} (${code})`, hint: TYPE_HINT }),
  },
  {
    pattern: /failed to resolve import "([^"]+)" from "([^"]+)"/,
    cause: ([, what = '', by = '']) => notResolved(what, by),
  },
  {
    pattern: /(?:^|\n)\.?\/?(\S+?)(?::\d+:\d+)?\nModule not found: (?:Error: )?Can't resolve '([^']+)'/,
    cause: ([, by = '', what = '']) => notResolved(what, by),
  },
  {
    pattern: /npm (?:error|ERR!) Missing script: "?([^"\n]+)"?/,
    cause: ([, script = '']) => ({
      cause: `package.json has no script ${short(script)}`,
      hint: 'Add the script to package.json, or name another command in build or install of config.json.',
    }),
  },
  {
    pattern:
      /Could not open requirements file: \[Errno 2\] No such file or directory: '([^']+)'|error: File not found: `([^`]+)`/,
    cause: ([, file, other = '']) => missingFile(file ?? other, 'which the installation names'),
  },
  {
    pattern:
      /failed to (?:compute cache key|calculate checksum of ref)[^\n]*?"\/([^"\n]+)":? not found|COPY failed: [^\n]*?(?:stat |context: )([^\s:]+)[^\n]*(?:no such file|does not exist)/,
    cause: ([, file, other = '']) => missingFile(file ?? other, 'which the Dockerfile copies'),
  },
  {
    pattern: /npm (?:error|ERR!) (?:enoent|path)[^\n]*?\/(package\.json)\b/i,
    cause: ([, file = '']) => missingFile(file, 'which npm reads'),
  },
];

const withoutStop = (text: string): string => short(text.trim(), 300).replace(/\.$/, '');

const missingFile = (file: string, why: string): Cause => ({
  cause: `The file ${short(file)}, ${why}, is not in the source`,
  hint: 'Add it, or correct its path. `slipway push` and `slipway deploy` say what they left out, and by which file.',
});

const notResolved = (what: string, by: string): Cause => ({
  cause: `${short(by)} imports ${short(what)}, which is not there`,
  hint: /^[./@~]*\//.test(what)
    ? 'Correct the path. Capital letters count in it.'
    : 'Add the package to package.json, and renew the lock file.',
});

const SIGNS = [...MACHINE_SIGNS, ...LOCK_SIGNS, ...VERSION_SIGNS, ...COMPILER_SIGNS, ...SOURCE_SIGNS];

/** Why a build failed, as far as the words of its tools are known. */
export function causeInBuild(output: string): SeenCause | undefined {
  const seen = firstSign(SIGNS, output) ?? causeInLog(output);
  return seen?.hintInBuild === undefined ? seen : { ...seen, hint: seen.hintInBuild };
}
