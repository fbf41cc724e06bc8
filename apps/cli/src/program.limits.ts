import { type Command, Option } from 'commander';
import { LIMIT_OUTCOMES, RESCALING_POLICIES, type RescalingPolicy } from '#libs/contracts';
import { examples, type ProgramContext, type Run, sub, wholeNumber } from './command-line.js';
import { explainLimits, guard, limits } from './commands/limits.js';

interface LimitsFlags {
  readonly cpu?: string;
  readonly memory?: string;
  readonly policy?: RescalingPolicy;
  readonly unset?: boolean;
  readonly reason?: string;
}

interface ExplainFlags {
  readonly outcome?: (typeof LIMIT_OUTCOMES)[number];
  readonly limit?: number;
}

const WHO_WINS =
  'config.json declares bounds as scaling.vertical. What is set here counts in place of it, until --unset.\n' +
  'An amount alone, such as --cpu 0.5, is set at once and stays.';
const EXPLAINED =
  'Decisions that changed nothing are one entry for as long as one reason goes on. RESCALER_DECISIONS_DAYS says how\n' +
  'long they are kept.';
const REASON = 'why, for those who read the history later';

/** `limits`, `rescale`, `guard` and `unguard`: limits that follow what instances use. */
export function addLimits(program: Command, run: Run, _context: ProgramContext): void {
  sub(
    program,
    'limits <app> <service>',
    'show the limits of a service, or set within which bounds they follow use',
  )
    .option('--cpu <cores>', 'the least and the most, such as 0.2:1, or one amount')
    .option('--memory <MiB>', 'the least and the most, such as 128:512, or one amount')
    .addOption(new Option('--policy <policy>', 'what decides').choices(RESCALING_POLICIES))
    .option('--unset', 'take back what was set: what config.json declares counts again')
    .option('--reason <text>', REASON)
    .addHelpText(
      'after',
      `${examples(
        'slipway limits shop prices',
        'slipway limits shop prices --cpu 0.2:1 --memory 128:512 --reason "the sale begins"',
      )}\n\n${WHO_WINS}`,
    )
    .action((appId: string, service: string, flags: LimitsFlags, command: Command) =>
      run(command, (output) => limits({ appId, service, ...flags }, output)),
    );
  const rescale = sub(program, 'rescale', 'show why limits are as they are').addHelpText(
    'after',
    examples('slipway rescale explain shop prices'),
  );
  sub(rescale, 'explain <app> <service>', 'show why the instances have the limits that they have')
    .addOption(new Option('--outcome <outcome>', 'only these').choices(LIMIT_OUTCOMES))
    .option('--limit <count>', 'how many decisions', wholeNumber('--limit', 1, 500))
    .addHelpText(
      'after',
      `${examples(
        'slipway rescale explain shop prices',
        'slipway rescale explain shop prices --outcome up --json',
      )}\n\n${EXPLAINED}`,
    )
    .action((appId: string, service: string, flags: ExplainFlags, command: Command) =>
      run(command, (output) => explainLimits({ appId, service, ...flags }, output)),
    );
  addGuards(program, run);
}

function addGuards(program: Command, run: Run): void {
  const guards = [
    ['guard', true, 'have the limits of a service follow use again'],
    ['unguard', false, 'leave the limits of a service as they are until it is guarded again'],
  ] as const;
  for (const [name, guarded, what] of guards)
    sub(program, `${name} <app> <service>`, what)
      .option('--reason <text>', REASON)
      .addHelpText('after', examples(`slipway ${name} shop prices --reason "a test of load"`))
      .action((appId: string, service: string, flags: Pick<LimitsFlags, 'reason'>, command: Command) =>
        run(command, (output) => guard({ appId, service, ...flags }, guarded, output)),
      );
}
