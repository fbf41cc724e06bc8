import { parseArgs } from 'node:util';

/** Aborts at Ctrl-C, when the process is asked to end, and when its terminal closes. */
export function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupted.abort());
  return interrupted.signal;
}

interface Script<O> {
  /** Undefined where the arguments are wrong. */
  readonly options: O | undefined;
  readonly usage: string;
  readonly signal: AbortSignal;
  /** False: it came to its end, and what it found is not as it should be. */
  readonly main: (options: O) => Promise<boolean | void>;
}

/** Runs a script to its exit code: 0 done, 1 failed, 2 wrong arguments, 130 interrupted. Does not return. */
export async function runScript<O>({ options, usage, signal, main }: Script<O>): Promise<never> {
  if (options === undefined) {
    console.error(usage);
    process.exit(2);
  }
  const code = await main(options).then(
    (holds) => (holds === false ? 1 : 0),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      return signal.aborted ? 130 : 1;
    },
  );
  // Agents of HTTP clients keep their connections; nothing waits for them.
  process.exit(code);
}

/** `--name N ...`, each a whole number of at least 0; undefined where an argument is another. */
export function countsOf<N extends string>(
  args: readonly string[],
  defaults: Readonly<Record<N, number>>,
): Readonly<Record<N, number>> | undefined {
  const options = Object.fromEntries(
    Object.entries(defaults).map(
      ([name, count]) => [name, { type: 'string', default: String(count) }] as const,
    ),
  );
  try {
    const { values } = parseArgs({ args: [...args], options });
    const counts = Object.entries(values).map(([name, value]) => [name, Number(value)] as const);
    const areWhole = counts.every(([, count]) => Number.isInteger(count) && count >= 0);
    return areWhole ? (Object.fromEntries(counts) as Record<N, number>) : undefined;
  } catch {
    return undefined;
  }
}
