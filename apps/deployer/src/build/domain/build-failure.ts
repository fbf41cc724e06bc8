import { causeInBuild } from '../../task/domain/build-causes.js';

interface FailedBuild {
  /** What the engine says of it. */
  readonly reason: string;
  /** Its last lines, more than are shown. */
  readonly lines: readonly string[];
  /** As what it was built. */
  readonly builtAs: string;
  /** What prints all of its lines. */
  readonly logs: string;
}

interface ExplainedFailure {
  readonly message: string;
  readonly hint: string;
  readonly logTail: string;
}

/** Cause first, then what was seen, and as what it was built: which lock file was used, and which was not. */
export function explainFailure({ reason, lines, builtAs, logs }: FailedBuild): ExplainedFailure {
  // An engine may tell the reason alone, and no line of it.
  const output = [...lines, reason].join('\n');
  const why = causeInBuild(output);
  const sentences = [
    ...(why === undefined ? [] : [why.cause]),
    stepOf(reason),
    `It was built as: ${builtAs}`,
  ];
  const first = why === undefined ? firstErrorOf(lines) : lineAt(output, why.at);
  return {
    message: sentences.map((sentence) => `${sentence}.`).join(' '),
    hint: why?.hint ?? `Read the lines of the build; ${logs} prints all of them.`,
    logTail: tailFrom(lines, first),
  };
}

const lineAt = (output: string, at: number): number => output.slice(0, at).split('\n').length - 1;

const OF_ENGINES: readonly RegExp[] = [
  /executor failed running \[(?<step>[\s\S]+)\]: exit code: (?<code>\d+)/,
  /process "(?<step>[\s\S]+)" did not complete successfully: exit code: (?<code>\d+)/,
  /The command '(?<step>[\s\S]+)' returned a non-zero code: (?<code>\d+)/,
];

/** What an engine says of a step that failed, as a sentence without its full stop. The name of our image says nothing. */
function stepOf(reason: string): string {
  for (const pattern of OF_ENGINES) {
    const { step, code } = pattern.exec(reason)?.groups ?? {};
    if (step !== undefined) return `\`${step}\` failed with exit code ${code}`;
  }
  return `The build failed: ${plainReason(reason)}`;
}

/** Without what engines put before every reason. */
export const plainReason = (reason: string): string =>
  reason
    .replace(/^(?:Building|Asking the registry for) \S+: /, '')
    .replace(/^\(HTTP code \d+\) [^-]*- /, '')
    .replace(/^failed to solve(?: with frontend [\w.]+)?: /, '')
    .replace(/^failed to create LLB definition: /, '')
    .replace(/\.$/, '');

const SHOWN_LINES = 40;
/** Enough to see what it belongs to. */
const BEFORE = 3;
const STEP_BEGINS = /^(?:\[[^\]]*\d+\/\d+\]|Step \d+\/\d+ :) /;
const SAYS_ERROR = /\b(?:error|fatal|failed|exception|traceback|panic)\b/i;

/** The first line of the last step that speaks of an error. */
function firstErrorOf(lines: readonly string[]): number {
  const begin = lines.findLastIndex((line) => STEP_BEGINS.test(line));
  const found = lines.findIndex((line, index) => index > begin && SAYS_ERROR.test(line));
  return found === -1 ? lines.length : found;
}

/** The last lines; of a long end that buries its reason, those around the reason, and the last of all. */
function tailFrom(lines: readonly string[], first: number): string {
  const end = lines.length - SHOWN_LINES;
  const begin = Math.max(0, Math.min(first - BEFORE, end));
  const shown = lines.slice(begin, begin + SHOWN_LINES - (begin < end ? 2 : 0));
  const after = lines.length - begin - shown.length;
  if (after <= 0) return shown.join('\n');
  return [...shown, `(${after - 1} lines are left out)`, ...lines.slice(-1)].join('\n');
}
