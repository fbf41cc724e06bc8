import { type Command, Option } from 'commander';
import { examples, type ProgramContext, type Run, sub, wholeNumber } from './command-line.js';
import { addNode, listNodes, type NodeAddOptions } from './commands/node.js';

const HIGHEST_PORT = 65_535;

/** `node add` and `node ls`. */
export function addNodes(program: Command, run: Run, { standardInput, askHidden }: ProgramContext): void {
  const node = sub(program, 'node', 'the machines that services run on');
  sub(node, 'add <name>', 'enrol a machine, or bring an enrolled one up to date; its host key is pinned')
    .option('--address <host>', 'host name or IP address (default: as `ssh <name>` finds it)')
    .option(
      '--ssh-port <port>',
      'the port of its SSH server (default: 22, or as ssh has it)',
      wholeNumber('--ssh-port', 1, HIGHEST_PORT),
    )
    .option('--ssh-user <user>', 'the user to log in as (default: root, or as ssh has it)')
    .option('--fingerprint <SHA256:...>', 'the fingerprint of its host key (default: the one it shows now)')
    .addOption(
      new Option('--key-file <path>', 'private key to log in with; this or --password-stdin').conflicts(
        'passwordStdin',
      ),
    )
    .option(
      '--ssh-config [file]',
      'ask ssh for what is left out, also with --address, which is a Host of its configuration then',
    )
    .option('--jump <[user@]host[:port]>', 'a machine that the SSH connection goes through')
    .option('--jump-key-file <path>', 'private key to log in there (default: that of the machine)')
    .option(
      '--jump-fingerprint <SHA256:...>',
      'the fingerprint of its host key (default: the one it shows now)',
    )
    .option('--password-stdin', 'read the password to log in with from standard input')
    .option(
      '--socket <path>',
      'the socket of its engine, such as /run/user/1000/docker.sock (default: /var/run/docker.sock)',
    )
    .option('--allow-unlimited', 'take a machine whose engine cannot enforce limits of memory or CPU')
    .addHelpText(
      'after',
      examples(
        'slipway node add node-1 --address 10.80.0.11 --key-file ~/.ssh/id_ed25519',
        'slipway node add node-2 --address 10.80.0.12 --ssh-user deploy --password-stdin < password.txt',
        'slipway node add mybox',
        'slipway node add node-4 --address 10.0.0.5 --key-file ~/.ssh/id_ed25519 --jump ubuntu@bastion.example.com',
        'slipway node add node-3 --address 10.80.0.13 --ssh-user ubuntu --key-file ~/.ssh/id_ed25519 --socket /run/user/1000/docker.sock',
      ),
    )
    .action((name: string, options: NodeAddOptions, command: Command) =>
      run(command, (output) => addNode({ name, ...options, standardInput, askHidden }, output)),
    );
  sub(node, 'ls', 'list the nodes with state and capacity')
    .alias('list')
    .addHelpText('after', examples('slipway node ls', 'slipway node ls --json'))
    .action((_options: unknown, command: Command) => run(command, (output) => listNodes(output)));
}
