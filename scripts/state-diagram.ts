import { decide } from '../apps/deployer/src/task/domain/decide.js';
import { isRecorded } from '../apps/deployer/src/task/domain/effect-table.js';
import { firstSpec } from '../apps/deployer/src/services/domain/spec.js';
import { keyOf, nextEffects, type EffectKind } from '../apps/deployer/src/task/domain/task.effects.js';
import { foldTask } from '../apps/deployer/src/task/domain/task.state.js';
import {
  accepted,
  type Ran,
  releaseWith,
  runToEnd,
  running,
} from '../apps/deployer/src/task/domain/task.testing.js';

const MODES = ['build-and-run', 'run', 'build', 'stop', 'rollback', 'scale'] as const;
type Sample = Parameters<typeof accepted>[0];

/** One of every mode, and what else a scaling may be: a restore. */
const SAMPLES: readonly Sample[] = MODES.map((mode) => ({
  ...{ mode, dependsOn: ['other'], scale: mode === 'scale' ? { by: 1 } : undefined },
}));
const RESTORE: Sample = { mode: 'scale', scale: { restore: true } };

const plain = releaseWith('new', 2);
/** Effects that are due only where config.json asks for them must have a run, too. */
const whole = releaseWith('new', 2, {
  health: { path: '/' },
  secrets: { PASSWORD: 'password' },
  routes: [{ host: 'example.com' }],
  release: ['a'],
  runtime: 'node',
});
const declared = { count: 3, limits: plain.config.resources };
const spec = firstSpec({}, declared, { arrival: 1, at: new Date(0).toISOString(), by: 'run', token: 't0' });

const given = { now: new Date(0), drainMs: 0 };

/**
 * Tasks of every mode, of a plain service and of one that uses all that config.json offers, with nothing and with two
 * instances there before: undisturbed, with images that nodes lack, and with each effect failing, also for a reason of its node.
 */
function runs(): readonly Ran[] {
  const before = [running('a', releaseWith('old', 2)), running('b', releaseWith('old', 2))];
  const worlds = [plain, whole].flatMap((release) =>
    [[], before].map((instances) => ({ release, before: instances })),
  );
  return [...SAMPLES, RESTORE].flatMap((sample) =>
    worlds.flatMap((known) => {
      const world = { ...known, ...(sample === RESTORE ? { spec } : {}) };
      const first = accepted(sample);
      const run = (failing: readonly string[], imagesMissing = false, failingPlaces = {}): Ran =>
        runToEnd(first, { ...world, failing, imagesMissing, failingPlaces }, (state, effect) =>
          isRecorded(effect) ? decide(effect, state, given).events : undefined,
        );
      const undisturbed = run([]);
      return [
        ...[undisturbed, run([], true)],
        ...undisturbed.done.flatMap((key) => [run([key]), run([], false, { [key]: 1 })]),
      ];
    }),
  );
}

/** `effect --event--> effect`: what may be done next and could not before. */
function edgesOf({ events, done }: Ran): readonly string[] {
  return done.flatMap((key, n) => {
    const [state, next] = [foldTask(events.slice(0, n + 1)), foldTask(events.slice(0, n + 2))];
    const known = new Set(nextEffects(state).map(keyOf));
    const opened = nextEffects(next).filter((effect) => !known.has(keyOf(effect)));
    const from = kindOf(key);
    const event = events[n + 1]?.type ?? '';
    return nextEffects(next).length > 0
      ? opened.map(({ kind }) => edge(from, event, kind))
      : [edge(from, event, '[*]')];
  });
}

const kindOf = (key: string): EffectKind => key.split(' ')[0] as EffectKind;

const edge = (from: string, event: string, to: string): string =>
  `    ${name(from)} --> ${to === '[*]' ? to : name(to)}: ${event}`;

/** Mermaid takes no hyphen in a state's name. */
const name = (kind: string): string => kind.replaceAll('-', '_');

/** The deployer's tasks as a Mermaid state diagram, found by running them. */
export function stateDiagram(): string {
  const all = runs();
  const starts = all.flatMap(({ events }) =>
    nextEffects(foldTask(events.slice(0, 1))).map(({ kind }) => `    [*] --> ${name(kind)}: TaskAccepted`),
  );
  const afterDependencies = MODES.flatMap((mode) =>
    nextEffects(foldTask([accepted({ mode })])).map(({ kind }) => `    [*] --> ${name(kind)}: TaskAccepted`),
  );
  const edges = [...new Set([...afterDependencies, ...starts, ...all.flatMap(edgesOf)])];
  // A failure may come at every effect: one line stands for all.
  const toCleanUp = edges.filter((line) => line.endsWith(': StepFailed'));
  const shown = edges.filter((line) => !toCleanUp.includes(line));
  return [
    '```mermaid',
    'stateDiagram-v2',
    ...shown,
    '    any_effect --> remove_leftovers: StepFailed',
    '```',
  ].join('\n');
}
