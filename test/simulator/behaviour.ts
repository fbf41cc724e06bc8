import { z } from 'zod';

const line = z.strictObject({ stream: z.enum(['stdout', 'stderr']).default('stdout'), text: z.string() });

/** What stands for the program in a simulated container; without any it is a web server that answers 200. */
const behaviourSchema = z.strictObject({
  /** Written at its start. */
  output: z.array(line).default([]),
  /** It ends by itself with this code. */
  exit: z.strictObject({ code: z.int(), afterMs: z.int().min(0).default(0) }).optional(),
  listens: z.boolean().default(true),
  /** From its start until it listens. */
  listensAfterMs: z.int().min(0).default(0),
  /** From its start it answers 503 for so long. */
  unavailableMs: z.int().min(0).default(0),
  body: z.string().default('ok'),
  ignoredSignals: z.array(z.string()).default([]),
  /** By signal; any other ends it with 128 and the signal's number. */
  onSignal: z
    .record(
      z.string(),
      z.strictObject({ text: z.string().default(''), code: z.int(), afterMs: z.int().default(0) }),
    )
    .default({}),
});

export type Behaviour = z.output<typeof behaviourSchema>;
export type BehaviourInput = z.input<typeof behaviourSchema>;

/** The variable and the label that hold a behaviour as JSON. */
export const BEHAVIOUR_VARIABLE = 'SIMULATED';
const BEHAVIOUR_LABEL = 'simulated';

/** The container's variable before the label, which it may have from its image. Throws where it is not a behaviour. */
export function behaviourOf(env: readonly string[], labels: Readonly<Record<string, string>>): Behaviour {
  const prefix = `${BEHAVIOUR_VARIABLE}=`;
  const text =
    env.find((pair) => pair.startsWith(prefix))?.slice(prefix.length) ?? labels[BEHAVIOUR_LABEL] ?? '{}';
  return behaviourSchema.parse(JSON.parse(text));
}
