import type { ContainerSpec } from '#libs/engine';
import { BEHAVIOUR_VARIABLE, type BehaviourInput } from './behaviour.js';

interface Program {
  /** What a real engine runs. */
  readonly script: string;
  /** What stands for it in a simulated one. */
  readonly behaviour: BehaviourInput;
}

const WAIT = 'while :; do sleep 0.05; done';
const line = (text: string, stream: 'stdout' | 'stderr' = 'stdout') => ({ text, stream });

/** The same programs for both engines. */
const programs = {
  server: {
    script: 'mkdir /tmp/www && cd /tmp/www && printf ok > index.html && exec python3 -m http.server 8080',
    behaviour: {},
  },
  sleeper: { script: `exec sleep 60`, behaviour: { listens: false } },
  failsWith7: { script: 'exit 7', behaviour: { listens: false, exit: { code: 7 } } },
  endsWell: { script: 'sleep 0.5', behaviour: { listens: false, exit: { code: 0, afterMs: 500 } } },
  failsLater: { script: 'sleep 1; exit 7', behaviour: { listens: false, exit: { code: 7, afterMs: 1_000 } } },
  talks: {
    script: `echo one; echo good day; echo broken >&2; ${WAIT}`,
    behaviour: { listens: false, output: [line('one'), line('good day'), line('broken', 'stderr')] },
  },
  trapsInt: {
    script: `trap "echo got int; exit 3" INT; echo up; ${WAIT}`,
    behaviour: {
      ...{ listens: false, output: [line('up')] },
      onSignal: { SIGINT: { text: 'got int', code: 3 } },
    },
  },
  ignoresTerm: {
    script: `trap "" TERM; echo up; ${WAIT}`,
    behaviour: { listens: false, output: [line('up')], ignoredSignals: ['SIGTERM'] },
  },
} as const satisfies Readonly<Record<string, Program>>;

export type ProgramName = keyof typeof programs;

/** Both forms in one spec: a real engine takes the command, a simulated one the variable. */
export function running(name: ProgramName): Pick<ContainerSpec, 'command' | 'env'> {
  const { script, behaviour } = programs[name];
  return { command: ['sh', '-c', script], env: { [BEHAVIOUR_VARIABLE]: JSON.stringify(behaviour) } };
}
