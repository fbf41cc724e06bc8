import type { Command } from 'commander';
import { examples, type Run, sub, wholeNumber } from './command-line.js';
import { init } from './commands/init.js';

interface InitFlags {
  readonly json?: boolean;
  readonly runtime?: string;
  readonly port?: number;
  readonly command?: string;
  readonly build?: string;
  readonly output?: string;
  readonly image?: string;
  readonly dockerfile?: string;
  readonly force?: boolean;
}

const NOTES = `
It asks nothing. What it cannot tell from the files, it says, with the flag that settles it; then it writes nothing.
Where nothing at the root of the folder shows what it is, each folder in it that is a source gets a config.json.
The file has comments, which say by what each field was found.`;

/** `init`: a config.json for a folder that has none. */
export function addInit(program: Command, run: Run): void {
  sub(program, 'init [dir]', 'write the config.json of a folder from what its files show')
    .option(
      '--runtime <name>',
      'python, node, static, dockerfile, or another that the platform has a base image for',
    )
    .option('--port <number>', 'the port that the service listens on', wholeNumber('--port', 1, 65_535))
    .option('--command <words>', 'what starts the service')
    .option('--build <words>', 'what builds the service or the site')
    .option('--output <folder>', 'the folder of a site that its build makes')
    .option('--image <name>', 'the image of the runtime image')
    .option('--dockerfile <path>', 'the Dockerfile, where it does not lie at the root')
    .option('--force', 'write over a config.json that is there')
    .addHelpText(
      'after',
      `${examples(
        'slipway init',
        'slipway init ../my-site --runtime static',
        'slipway init api --command "gunicorn -b 0.0.0.0:8000 api:app"',
        'slipway init cache --image redis:8 --port 6379',
      )}\n${NOTES}`,
    )
    .action((directory: string | undefined, { json: _, ...fields }: InitFlags, command: Command) =>
      run(command, (output) => init({ directory: directory ?? '.', ...fields }, output)),
    );
}
