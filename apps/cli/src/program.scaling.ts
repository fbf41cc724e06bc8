import { type Command, Option } from 'commander';
import { MOST_INSTANCES, SCALING_OUTCOMES } from '#libs/contracts';
import { examples, type ProgramContext, type Run, sub, wholeNumber } from './command-line.js';
import { explainScaling, scalingStatus } from './commands/scaling-decisions.js';
import { replayScaling } from './commands/scaling-replay.js';
import { setScaling, showScaling, unsetScaling } from './commands/scaling.js';

const WHO_WINS =
  'config.json declares a policy, too. What is set here stays until config.json declares another one, or until\n' +
  'slipway scaling unset. With a policy, no deploy resets the count.';

interface SetFlags {
  readonly policy?: string;
  readonly min?: number;
  readonly max?: number;
  readonly reason?: string;
}

interface ReplayFlags {
  readonly policy: string;
  readonly last?: string;
  readonly start?: string;
}

interface ExplainFlags {
  readonly outcome?: (typeof SCALING_OUTCOMES)[number];
  readonly limit?: number;
}

const EXPLAINED =
  'The target with * asked for the most. Decisions that changed nothing are one entry for as long as one reason\n' +
  'goes on. LOAD_BALANCER_SCALING_DECISIONS_DAYS says how long they are kept.';

const REASON = 'why, for those who read the history later';

/** `scaling`: within which bounds a service scales, and by what. */
export function addScaling(program: Command, run: Run, _context: ProgramContext): void {
  const scaling = sub(program, 'scaling', 'show or set how a service scales by its load').addHelpText(
    'after',
    `${examples(
      'slipway scaling show shop prices',
      'slipway scaling set shop prices --policy policy.json --reason "the sale begins"',
    )}\n\n${WHO_WINS}`,
  );
  sub(scaling, 'show <app> <service>', 'show the policy, and who changed it')
    .addHelpText(
      'after',
      examples('slipway scaling show shop prices', 'slipway scaling show shop prices --json'),
    )
    .action((appId: string, service: string, _options: unknown, command: Command) =>
      run(command, (output) => showScaling({ appId, service }, output)),
    );
  sub(scaling, 'set <app> <service>', 'set a policy, or other bounds of the present one')
    .option('--policy <file>', 'a file with an object like `scaling` of config.json')
    .option('--min <count>', 'the fewest instances', wholeNumber('--min', 0, MOST_INSTANCES))
    .option('--max <count>', 'the most instances', wholeNumber('--max', 1, MOST_INSTANCES))
    .option('--reason <text>', REASON)
    .addHelpText(
      'after',
      examples(
        'slipway scaling set shop prices --policy policy.json',
        'slipway scaling set shop prices --min 3 --max 20 --reason "the sale begins"',
      ),
    )
    .action((appId: string, service: string, flags: SetFlags, command: Command) =>
      run(command, (output) => setScaling({ appId, service, ...flags }, output)),
    );
  sub(scaling, 'unset <app> <service>', 'take back what was set: what config.json declares counts again')
    .option('--reason <text>', REASON)
    .addHelpText('after', examples('slipway scaling unset shop prices'))
    .action((appId: string, service: string, flags: Pick<SetFlags, 'reason'>, command: Command) =>
      run(command, (output) => unsetScaling({ appId, service, ...flags }, output)),
    );
  addDecisions(scaling, run);
}

/** What was decided, and why. */
function addDecisions(scaling: Command, run: Run): void {
  sub(scaling, 'status [app] [service]', 'show counts, bounds, the last decision, and what it waits for')
    .addHelpText('after', examples('slipway scaling status', 'slipway scaling status shop prices --json'))
    .action((appId: string | undefined, service: string | undefined, _options: unknown, command: Command) =>
      run(command, (output) => scalingStatus({ appId, service }, output)),
    );
  sub(scaling, 'explain <app> <service>', 'show why there are as many instances as there are')
    .addOption(new Option('--outcome <outcome>', 'only these').choices(SCALING_OUTCOMES))
    .option('--limit <count>', 'how many decisions', wholeNumber('--limit', 1, 500))
    .addHelpText(
      'after',
      `${examples(
        'slipway scaling explain shop prices',
        'slipway scaling explain shop prices --outcome failed --json',
      )}\n\n${EXPLAINED}`,
    )
    .action((appId: string, service: string, flags: ExplainFlags, command: Command) =>
      run(command, (output) => explainScaling({ appId, service, ...flags }, output)),
    );
  addReplay(scaling, run);
}

const REPLAYED =
  'The real decision runs over the figures that are kept: 10 s for 7 days, minutes for LOAD_BALANCER_SCALING_FIGURES_DAYS.\n' +
  'Loads are taken as they were. What the figures cannot say of the policy is listed with its times.';

function addReplay(scaling: Command, run: Run): void {
  sub(scaling, 'replay <app> <service>', 'show what a policy would have done; changes nothing')
    .requiredOption(
      '--policy <file>',
      'the proposed policy: a file with an object like `scaling` of config.json',
    )
    .option('--last <time>', 'such as 7d, up to now; 24h if left out, 30d at most')
    .option('--start <time>', 'from a decision to the first request of its instances; 5s if left out')
    .addHelpText(
      'after',
      `${examples(
        'slipway scaling replay shop prices --policy new.json',
        'slipway scaling replay shop prices --policy new.json --last 7d --start 30s --json',
      )}\n\n${REPLAYED}`,
    )
    .action((appId: string, service: string, flags: ReplayFlags, command: Command) =>
      run(command, (output) => replayScaling({ appId, service, ...flags }, output)),
    );
}
