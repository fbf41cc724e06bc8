import type { Command } from 'commander';
import { collected, examples, type ProgramContext, type Run, sub, wholeNumber } from './command-line.js';
import { open } from './commands/open.js';
import { addRoute, listRoutes, removeRoute, resetRoutes } from './commands/routes.js';

const LONGEST_ANSWER_MS = 3_600_000;

const WHO_WINS =
  'config.json declares routes, too. What is added or removed here stays until config.json declares others, or until\n' +
  'slipway routes reset. A host belongs to one application; its services share it by their paths.';

interface AddFlags {
  readonly strip?: boolean;
  readonly header?: readonly string[];
  readonly timeout?: number;
}

/** `routes` and `open`: where services are reached. */
export function addRoutes(program: Command, run: Run, _context: ProgramContext): void {
  const routes = sub(program, 'routes [app] [service]', 'show where services are reached, or change that')
    .addHelpText(
      'after',
      `${examples(
        'slipway routes',
        'slipway routes shop',
        'slipway routes add shop prices shop.example.com/prices --strip',
      )}\n\n${WHO_WINS}`,
    )
    .action((appId: string | undefined, service: string | undefined, _options: unknown, command: Command) =>
      run(command, (output) => listRoutes({ appId, service }, output)),
    );
  sub(routes, 'add <app> <service> <host[/path]>', 'add a route, or change the one of this host and path')
    .option('--strip', 'the service sees requests without the path')
    .option('--header <name=value>', 'a request header that the service gets; may be given again', collected)
    .option(
      '--timeout <ms>',
      'how long the service may take to answer',
      wholeNumber('--timeout', 1, LONGEST_ANSWER_MS),
    )
    .addHelpText(
      'after',
      examples(
        'slipway routes add shop web shop.example.com',
        'slipway routes add shop prices shop.example.com/prices --strip --timeout 5000',
        'slipway routes add shop web "*.shop.example.com" --header X-Tenant=shop',
      ),
    )
    .action((appId: string, service: string, place: string, flags: AddFlags, command: Command) =>
      run(command, (output) => addRoute({ appId, service, place, ...flags }, output)),
    );
  sub(routes, 'remove <app> <service> <host[/path]>', 'remove a route')
    .alias('rm')
    .addHelpText('after', examples('slipway routes remove shop prices shop.example.com/prices'))
    .action((appId: string, service: string, place: string, _options: unknown, command: Command) =>
      run(command, (output) => removeRoute({ appId, service, place }, output)),
    );
  sub(routes, 'reset <app> <service>', 'take back what was added and removed: config.json counts again')
    .addHelpText('after', examples('slipway routes reset shop prices'))
    .action((appId: string, service: string, _options: unknown, command: Command) =>
      run(command, (output) => resetRoutes({ appId, service }, output)),
    );
  sub(program, 'open <app> [service]', 'open the address of a service in the browser')
    .option('--print', 'only print it')
    .addHelpText('after', examples('slipway open shop', 'slipway open shop prices --print'))
    .action((appId: string, service: string | undefined, options: { print?: boolean }, command: Command) =>
      run(command, (output) => open({ appId, service, print: options.print === true }, output)),
    );
}
