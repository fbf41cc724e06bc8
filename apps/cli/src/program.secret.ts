import type { Command } from 'commander';
import { examples, type ProgramContext, type Run, sub } from './command-line.js';
import { listSecrets, removeSecret, setSecret } from './commands/secret.js';

interface SecretSetOptions {
  readonly fromFile?: string;
  readonly token?: string;
}

const HOW_THEY_ARE_USED =
  'config.json names a secret by environment variable: "secrets": {"DATABASE_PASSWORD": "orders-db-password"}.\n' +
  'The value never is an argument: it is asked for, or read from standard input or a file; a line break that ends\n' +
  'it is dropped. Instances get it at their next start: slipway run <app> <service> --restart.';

/** `secret set`, `secret list` and `secret remove`. */
export function addSecrets(program: Command, run: Run, context: ProgramContext): void {
  const { standardInput, askHidden, interrupted } = context;
  const secret = sub(
    program,
    'secret',
    'values that services of an application are given, such as passwords',
  );
  const token = ['--token <token>', 'your idempotency key (default: a new one)'] as const;
  sub(secret, 'set <app> <name>', 'store a value, sealed to the deployer before it leaves this command')
    .option('--from-file <path>', 'read the value from a file (default: a prompt, or standard input)')
    .option(...token)
    .addHelpText(
      'after',
      `${examples(
        'slipway secret set shop orders-db-password',
        'slipway secret set shop orders-db-password < password.txt',
        'slipway secret set shop signing-key --from-file key.pem',
      )}\n\n${HOW_THEY_ARE_USED}`,
    )
    .action((appId: string, name: string, options: SecretSetOptions, command: Command) =>
      run(command, (output) =>
        setSecret({ appId, name, ...options, standardInput, askHidden, interrupted }, output),
      ),
    );
  sub(secret, 'list <app>', 'names, versions and times; values are never shown')
    .alias('ls')
    .addHelpText('after', examples('slipway secret list shop', 'slipway secret list shop --json'))
    .action((appId: string, _options: unknown, command: Command) =>
      run(command, (output) => listSecrets(appId, output)),
    );
  sub(secret, 'remove <app> <name>', 'remove a value; what runs keeps it until it is replaced')
    .alias('rm')
    .option(...token)
    .addHelpText('after', examples('slipway secret remove shop orders-db-password'))
    .action((appId: string, name: string, options: { token?: string }, command: Command) =>
      run(command, (output) => removeSecret({ appId, name, ...options, interrupted }, output)),
    );
}
