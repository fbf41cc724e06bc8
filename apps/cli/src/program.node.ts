import { type Command, Option } from 'commander';
import { examples, type ProgramContext, type Run, sub, wholeNumber } from './command-line.js';
import { addNode, listNodes, type NodeAddOptions } from './commands/node.js';

const SSH_PORT = 22;
const HIGHEST_PORT = 65_535;

/** `node add` and `node ls`. */
export function addNodes(program: Command, run: Run, { standardInput }: ProgramContext): void {
  const node = sub(program, 'node', 'the machines that services run on');
  sub(node, 'add <name>', 'enrol a machine, or bring an enrolled one up to date; its host key is pinned')
    .requiredOption('--address <host>', 'the host name or IP address of the machine (required)')
    .option(
      '--ssh-port <port>',
      'the port of its SSH server',
      wholeNumber('--ssh-port', 1, HIGHEST_PORT),
      SSH_PORT,
    )
    .option('--ssh-user <user>', 'the user to log in as; it must have the right to use Docker', 'root')
    .option('--fingerprint <SHA256:...>', 'the fingerprint of its host key (default: the one it shows now)')
    .addOption(
      new Option('--key-file <path>', 'private key to log in with; this or --password-stdin').conflicts(
        'passwordStdin',
      ),
    )
    .option('--password-stdin', 'read the password to log in with from standard input')
    .option(
      '--socket <path>',
      'the socket of its engine, such as /run/user/1000/docker.sock (default: /var/run/docker.sock)',
    )
    .addHelpText(
      'after',
      examples(
        'slipway node add node-1 --address 10.80.0.11 --key-file ~/.ssh/id_ed25519',
        'slipway node add node-2 --address 10.80.0.12 --ssh-user deploy --password-stdin < password.txt',
        'slipway node add node-3 --address 10.80.0.13 --ssh-user ubuntu --key-file ~/.ssh/id_ed25519 --socket /run/user/1000/docker.sock',
      ),
    )
    .action((name: string, options: NodeAddOptions, command: Command) =>
      run(command, (output) => addNode({ name, ...options, standardInput }, output)),
    );
  sub(node, 'ls', 'list the nodes with state and capacity')
    .alias('list')
    .addHelpText('after', examples('slipway node ls', 'slipway node ls --json'))
    .action((_options: unknown, command: Command) => run(command, (output) => listNodes(output)));
}
