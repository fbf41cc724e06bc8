import { type Command, Option } from 'commander';
import { collected, examples, type ProgramContext, type Run, sub, wholeNumber } from './command-line.js';
import {
  type BecauseOptions,
  changeLogin,
  checkNode,
  cordonNode,
  labelNode,
  listNodes,
  removeNode,
  showNode,
  uncordonNode,
} from './commands/node.js';
import { addNode, type NodeAddOptions } from './commands/node-add.js';
import { drainNode } from './commands/node-drain.js';
import { usageError } from './errors.js';

const HIGHEST_PORT = 65_535;
const MOST_EVENTS = 500;

/** `node`: the machines. */
export function addNodes(program: Command, run: Run, context: ProgramContext): void {
  const node = sub(program, 'node', 'the machines that services run on');
  addAdd(node, run, context);
  addViews(node, run);
  addLabel(node, run);
  addLogin(node, run, context);
  addCordons(node, run);
  addLeaving(node, run, context);
}

const keyFileOption = (): Option =>
  new Option('--key-file <path>', 'private key to log in with; this or --password-stdin').conflicts(
    'passwordStdin',
  );

function addWay(command: Command): Command {
  return command
    .option('--address <host>', 'host name or IP address (default: as `ssh <name>` finds it)')
    .option(
      '--ssh-port <port>',
      'the port of its SSH server (default: 22, or as ssh has it)',
      wholeNumber('--ssh-port', 1, HIGHEST_PORT),
    )
    .option('--ssh-user <user>', 'the user to log in as (default: root, or as ssh has it)')
    .option(
      '--fingerprint <SHA256:...>',
      'the fingerprint of its host key (default: the one it shows now; a terminal is asked)',
    )
    .addOption(keyFileOption())
    .option(
      '--ssh-config [file]',
      'ask ssh for what is left out, also with --address, which is a Host of its configuration then',
    )
    .option('--jump <[user@]host[:port]>', 'a machine that the SSH connection goes through')
    .option('--jump-key-file <path>', 'private key to log in there (default: that of the machine)')
    .option(
      '--jump-fingerprint <SHA256:...>',
      'the fingerprint of its host key (default: the one it shows now; a terminal is asked)',
    )
    .option('--password-stdin', 'read the password to log in with from standard input')
    .option(
      '--socket <path>',
      'the socket of its engine, such as /run/user/1000/docker.sock (default: /var/run/docker.sock)',
    )
    .option('--allow-unlimited', 'take a machine whose engine cannot enforce limits of memory or CPU')
    .addOption(
      new Option(
        '--make-key [path]',
        'make a key pair for Slipway, show the line for authorized_keys, and wait until it works (default: ~/.ssh/slipway_ed25519)',
      ).conflicts(['keyFile', 'passwordStdin']),
    )
    .option(
      '--key-wait <time>',
      'how long --make-key waits, such as 10m (default: until Ctrl-C; 10m without a terminal)',
    )
    .option(
      '--install-docker',
      'put Docker on a Debian or Ubuntu that has no engine; what is run is shown before',
    )
    .option(
      '-y, --yes',
      'ask nothing: accept the host keys that are shown now, and what --install-docker runs',
    );
}

function addSizes(command: Command): Command {
  return command
    .option('--capacity <sizes>', 'its size, instead of the one that its engine reports: cpus=4,memory=8GiB')
    .option('--reserve <sizes>', 'what instances may not have of that: cpus=0.5,memory=512MiB');
}

function addAdd(node: Command, run: Run, context: ProgramContext): void {
  const { standardInput, askHidden, confirm, interrupted } = context;
  const command = sub(
    node,
    'add <name-or-place>',
    'enrol a machine, [user@]host[:port] or a name with --address, or bring an enrolled one up to date',
  );
  addSizes(addWay(command))
    .option(
      '--name <name>',
      'of the node, with [user@]host[:port] (default: the first part of the host name)',
    )
    .option('--label <key=value>', 'a label; several times for several', collected)
    .option('--zone <zone>', 'where it is, such as eu-west-1a')
    .addHelpText(
      'after',
      examples(
        'slipway node add ubuntu@web-1.example.com',
        'slipway node add root@203.0.113.7 --name web-2 --make-key --install-docker',
        'slipway node add root@10.80.0.11:2222 --name node-1 --key-file ~/.ssh/id_ed25519 --zone rack-1 --label disk=ssd',
        'slipway node add node-1 --address 10.80.0.11 --key-file ~/.ssh/id_ed25519 --reserve cpus=0.5,memory=512MiB',
        'slipway node add node-2 --address 10.80.0.12 --ssh-user deploy --password-stdin < password.txt',
        'slipway node add mybox',
        'slipway node add node-4 --address 10.0.0.5 --key-file ~/.ssh/id_ed25519 --jump ubuntu@bastion.example.com',
        'slipway node add node-3 --address 10.80.0.13 --ssh-user ubuntu --key-file ~/.ssh/id_ed25519 --socket /run/user/1000/docker.sock',
      ),
    )
    .action((target: string, options: NodeAddOptions, own: Command) =>
      run(own, (output) =>
        addNode({ target, ...options, standardInput, askHidden, confirm, interrupted }, output),
      ),
    );
}

function addViews(node: Command, run: Run): void {
  sub(node, 'ls', 'list the nodes with state, and with what instances may have of them')
    .alias('list')
    .option('--removed', 'also those that were removed')
    .addHelpText('after', examples('slipway node ls', 'slipway node ls --json'))
    .action((options: { removed?: boolean }, command: Command) =>
      run(command, (output) => listNodes(options, output)),
    );
  sub(
    node,
    'show <node>',
    'show one node: state and reason, what runs there, what holds a drain up, its history',
  )
    .option(
      '--events <number>',
      'how much of its history (default: 20)',
      wholeNumber('--events', 0, MOST_EVENTS),
    )
    .addHelpText(
      'after',
      examples('slipway node show node-1', 'slipway node show node-1 --events 500 --json'),
    )
    .action((name: string, options: { events?: number }, command: Command) =>
      run(command, (output) => showNode({ name, ...options }, output)),
    );
  sub(
    node,
    'check <node>',
    'check a node as an enrolment does, and say everything that is wrong with it at once',
  )
    .addHelpText('after', examples('slipway node check node-1', 'slipway node check node-1 --json'))
    .action((name: string, _options: unknown, command: Command) =>
      run(command, (output) => checkNode(name, output)),
    );
}

interface LabelFlags {
  readonly zone?: string | false;
  readonly capacity?: string;
  readonly reserve?: string;
  readonly clearCapacity?: boolean;
  readonly clearReserve?: boolean;
}

function addLabel(node: Command, run: Run): void {
  const command = sub(node, 'label <node> [labels...]', 'change labels, zone, capacity or reserve of a node');
  command.on('option:no-zone', () => refuseZoneTwice(command.opts<LabelFlags>().zone));
  command
    .option('--zone <zone>', 'where it is', (text, before: unknown) => {
      refuseZoneTwice(before);
      return text;
    })
    .option('--no-zone', 'it has no zone any more');
  addSizes(command)
    .addOption(new Option('--clear-capacity', 'use the size that its engine reports').conflicts('capacity'))
    .addOption(new Option('--clear-reserve', 'instances may have all of it').conflicts('reserve'))
    .addHelpText(
      'after',
      examples(
        'slipway node label node-1 disk=ssd rack-',
        'slipway node label node-1 --zone eu-west-1a --reserve memory=1GiB',
      ),
    )
    .action((name: string, labels: string[], flags: LabelFlags, own: Command) =>
      run(own, (output) => labelNode({ name, labels, ...flags }, output)),
    );
}

/** The last of the two would win without a word. */
function refuseZoneTwice(before: unknown): void {
  if (before === undefined || before === true) return;
  throw usageError('USAGE', '--zone and --no-zone are given, or --zone twice', {
    hint: 'Give one of them.',
    next: 'slipway node label --help',
  });
}

interface LoginFlags {
  readonly keyFile?: string;
  readonly passwordStdin?: boolean;
  readonly jumpKeyFile?: string;
}

function addLogin(node: Command, run: Run, { standardInput, askHidden }: ProgramContext): void {
  sub(node, 'login <node>', 'change the login of a node; the new one is tried before it replaces the old one')
    .addOption(keyFileOption())
    .option('--password-stdin', 'read the password to log in with from standard input')
    .option('--jump-key-file <path>', 'private key to log in to its jump host with (default: it stays)')
    .addHelpText(
      'after',
      examples(
        'slipway node login node-1 --key-file ~/.ssh/new_ed25519',
        'slipway node login node-2 --password-stdin < password.txt',
      ),
    )
    .action((name: string, options: LoginFlags, command: Command) =>
      run(command, (output) => changeLogin({ name, ...options, standardInput, askHidden }, output)),
    );
}

const REASON = 'why; the history of the node keeps it';
type Because = Omit<BecauseOptions, 'name'>;

function addCordons(node: Command, run: Run): void {
  sub(node, 'cordon <node>', 'place no new instances on a node; what runs there stays')
    .option('--reason <text>', REASON)
    .addHelpText('after', examples('slipway node cordon node-1 --reason "new disk on Monday"'))
    .action((name: string, options: Because, command: Command) =>
      run(command, (output) => cordonNode({ name, ...options }, output)),
    );
  sub(node, 'uncordon <node>', 'end a cordon or a drain: the node takes instances again')
    .option('--reason <text>', REASON)
    .addHelpText('after', examples('slipway node uncordon node-1'))
    .action((name: string, options: Because, command: Command) =>
      run(command, (output) => uncordonNode({ name, ...options }, output)),
    );
}

const DRAIN_NOTES = `
Replacements are started elsewhere and are healthy before what they replace is taken out of traffic and stopped.
A service with volumes is bound to its node and holds the drain up, as does one for which no other node has room.
Nothing is killed when the deadline passes: the drain goes on, and says that it is late.`;

function addLeaving(node: Command, run: Run, { interrupted, confirm }: ProgramContext): void {
  sub(
    node,
    'drain <node>',
    'move away what runs on a node, replacements healthy first, and place nothing new there',
  )
    .option('--deadline <time>', 'when it should be done, such as 10m')
    .option('--wait', 'wait until nothing runs there, and say what holds it up')
    .option('--reason <text>', REASON)
    .addHelpText(
      'after',
      `${examples('slipway node drain node-1', 'slipway node drain node-1 --wait --deadline 10m')}\n${DRAIN_NOTES}`,
    )
    .action((name: string, options: Because & { deadline?: string; wait?: boolean }, command: Command) =>
      run(command, (output) => drainNode({ name, ...options, interrupted }, output)),
    );
  sub(node, 'remove <node>', 'remove a node on which nothing runs; its name can be used again')
    .option('--force', 'also one that is lost for ever: what ran there is started elsewhere')
    .option('--reason <text>', REASON)
    .option('-y, --yes', 'with --force: do not ask whether it is lost for ever')
    .addHelpText('after', examples('slipway node remove node-1', 'slipway node remove node-2 --force --yes'))
    .action((name: string, options: Because & { force?: boolean; yes?: boolean }, command: Command) =>
      run(command, (output) => removeNode({ name, ...options, confirm }, output)),
    );
}
