import type { BuildPlan } from './build-plan.js';
import type { ByteOrderMark } from './byte-order-mark.js';
import { SourceRefusal } from './refusal.js';
import type { SourceTree } from './source-tree.js';

const SAID: Readonly<Record<ByteOrderMark, string>> = {
  'utf-8': 'begins with a byte order mark',
  'utf-16': 'is written in UTF-16',
};

interface Reader {
  /** Who reads the file besides Slipway. */
  readonly tool: string;
  readonly cannotRead: readonly ByteOrderMark[];
  readonly field: string;
}

/**
 * Refuses a manifest that is read here, and that its tool cannot read when it is built.
 * @throws SourceRefusal which names the file and how to save it
 */
export function refuseMarked(tree: SourceTree, path: string, { tool, cannotRead, field }: Reader): void {
  const mark = tree.mark(path);
  if (mark === undefined || !cannotRead.includes(mark)) return;
  throw new SourceRefusal({
    field,
    why: `${path} ${SAID[mark]}, which ${tool} cannot read`,
    hint: `Save ${path} as UTF-8 without a byte order mark.`,
  });
}

const SHELLS = ['sh', 'bash', '/bin/sh', '/bin/bash'];

/**
 * Refuses a script with the line ends of Windows where a shell or the kernel would read them: the carriage return becomes
 * part of each word.
 * @throws SourceRefusal which names the script
 */
export function refuseCarriageReturns(tree: SourceTree, plan: BuildPlan): void {
  if (plan.kind !== 'steps' || plan.command === undefined) return;
  const [program = '', argument = ''] = plan.command;
  const isShell = SHELLS.includes(program);
  const path = (isShell ? argument : program).replace(/^\.\//, '');
  const text = tree.text(path);
  if (text === undefined || !(isShell ? /\r\n/ : /^#![^\n]*\r\n/).test(text)) return;
  throw new SourceRefusal({
    field: 'command',
    why: `${path} ends its lines as Windows does, and ${isShell ? 'a shell' : 'the kernel'} takes the carriage return for a part of the last word`,
    hint: `Save ${path} with LF line ends; \`*.sh text eol=lf\` in .gitattributes keeps them.`,
  });
}
