import type { TraceStep } from './protobuf.js';

interface BuildPlan {
  readonly from: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly steps: readonly TraceStep[];
}

/** Instructions with their arguments; lines that end with a backslash are joined, comments left out. */
function instructionsOf(dockerfile: string): readonly (readonly [string, string])[] {
  return dockerfile
    .replaceAll(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => [(/^\S+/.exec(line)?.[0] ?? '').toUpperCase(), line.replace(/^\S+\s*/, '')] as const);
}

const unquoted = (text: string): string => text.replace(/^(["'])(.*)\1$/, '$2');

function substituted(text: string, args: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{?([A-Za-z_]\w*)\}?/g, (_, name: string) => args[name] ?? '');
}

/** `echo` and `exit` of a RUN are carried out; every other command succeeds and says nothing. */
function runStep(command: string, args: Readonly<Record<string, string>>): Omit<TraceStep, 'name'> {
  let output = '';
  for (const part of command.split('&&').map((piece) => piece.trim())) {
    const echo = /^echo\s+(.*)$/.exec(part)?.[1];
    if (echo !== undefined) output += `${substituted(unquoted(echo), args)}\n`;
    const code = Number(/^exit\s+(\d+)$/.exec(part)?.[1] ?? 0);
    if (code > 0)
      return {
        output,
        error: `process "/bin/sh -c ${command}" did not complete successfully: exit code: ${code}`,
      };
  }
  return { output };
}

/** What building this file comes to, up to the first step that fails. */
export function planBuild(dockerfile: string, buildArgs: Readonly<Record<string, string>>): BuildPlan {
  const from: string[] = [];
  const labels: Record<string, string> = {};
  const steps: TraceStep[] = [];
  for (const [instruction, argument] of instructionsOf(dockerfile)) {
    const name = `${instruction} ${argument}`;
    if (instruction === 'FROM') from.push(argument.split(/\s+/)[0] ?? '');
    const label = instruction === 'LABEL' ? /^("[^"]*"|[^=\s]+)=(.*)$/.exec(argument) : null;
    if (label !== null) labels[unquoted(label[1] ?? '')] = unquoted(label[2] ?? '');
    const ran = instruction === 'RUN' ? runStep(argument, buildArgs) : { output: '' };
    steps.push({ name, ...ran });
    if (ran.error !== undefined) break;
  }
  return { from, labels, steps };
}
