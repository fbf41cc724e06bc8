import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bridgeName, type Slot } from './slot.js';
import { freeSubnet } from './subnet.js';

const run = promisify(execFile);
const ip = async (...args: string[]): Promise<string> => (await run('ip', args)).stdout;

/** The bridge that joins engines and registry. */
export interface Network {
  /** The bridge's own address: where the registry listens. */
  readonly address: string;
  /** `10.x.y`, of the engines themselves. */
  readonly prefix: string;
  /** `10.x.y`, of the containers inside each engine; each has its own, behind its own address. */
  readonly containerPrefix: string;
  /** Makes a network namespace with the address `<prefix>.<host>`; returns that address. */
  join(name: string, host: number): Promise<string>;
}

interface KeptSubnets {
  readonly prefix?: string;
  readonly containerPrefix?: string;
}

interface Route {
  readonly dst?: string;
}

interface Link {
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[];
}

async function takenRanges(): Promise<readonly string[]> {
  const routes = JSON.parse(await ip('-4', '-j', 'route', 'show', 'table', 'all')) as Route[];
  const links = JSON.parse(await ip('-4', '-j', 'address')) as Link[];
  const addresses = links.flatMap((link) => link.addr_info.map((info) => `${info.local}/${info.prefixlen}`));
  return [...addresses, ...routes.flatMap(({ dst }) => (dst && dst !== 'default' ? [dst] : []))];
}

/** A bridge with addresses that nothing else uses, its way to the outside, and namespaces on demand. */
export async function createNetwork(slot: Slot): Promise<Network> {
  const file = join(slot.directory, 'subnets.json');
  const kept = (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as KeptSubnets;
  const taken = await takenRanges();
  const prefix = freeSubnet(taken, kept.prefix);
  const containerPrefix = freeSubnet([...taken, `${prefix}.0/24`], kept.containerPrefix);
  writeFileSync(file, JSON.stringify({ prefix, containerPrefix }));
  const bridge = bridgeName(slot.number);
  slot.ledger.hold({ kind: 'bridge', name: bridge });
  await ip('link', 'add', bridge, 'type', 'bridge');
  await ip('address', 'add', `${prefix}.1/24`, 'dev', bridge);
  await ip('link', 'set', bridge, 'up');
  // Stays on after the set-up: another set-up, or the host's own engine, may have come to need it.
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  await allowTraffic(slot, bridge, prefix);
  return {
    address: `${prefix}.1`,
    prefix,
    containerPrefix,
    join: (name, host) => joinBridge(slot, { bridge, prefix, name, host }),
  };
}

async function allowTraffic(slot: Slot, bridge: string, prefix: string): Promise<void> {
  const comment = ['-m', 'comment', '--comment', `slipway-${slot.number}`];
  const add = async (table: string, chain: string, rule: readonly string[]): Promise<void> => {
    slot.ledger.hold({ kind: 'rule', table, chain, rule });
    await run('iptables', ['-w', '-t', table, '-I', chain, ...rule]);
  };
  await add('nat', 'POSTROUTING', [
    ...['-s', `${prefix}.0/24`, '!', '-o', bridge],
    ...[...comment, '-j', 'MASQUERADE'],
  ]);
  // Where the host has an engine of its own, its chain is asked before FORWARD's other rules.
  const userChain = await run('iptables', ['-w', '-S', 'DOCKER-USER']).then(
    () => ['DOCKER-USER'],
    () => [],
  );
  for (const chain of ['FORWARD', ...userChain]) {
    await add('filter', chain, ['-i', bridge, ...comment, '-j', 'ACCEPT']);
    await add('filter', chain, ['-o', bridge, ...comment, '-j', 'ACCEPT']);
  }
}

interface Member {
  readonly bridge: string;
  readonly prefix: string;
  readonly name: string;
  readonly host: number;
}

async function joinBridge(slot: Slot, { bridge, prefix, name, host }: Member): Promise<string> {
  const address = `${prefix}.${host}`;
  // At most 15 characters: slot and host number tell it from every other.
  const veth = `slv${slot.number}-${host}`;
  const inside = (...args: string[]): Promise<string> => ip('-n', name, ...args);
  slot.ledger.hold({ kind: 'netns', name });
  await ip('netns', 'add', name);
  // It goes with its namespace, but not while a process that was left is in there.
  slot.ledger.hold({ kind: 'link', name: veth });
  await ip('link', 'add', veth, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  await ip('link', 'set', veth, 'master', bridge, 'up');
  await inside('link', 'set', 'lo', 'up');
  await inside('address', 'add', `${address}/24`, 'dev', 'eth0');
  await inside('link', 'set', 'eth0', 'up');
  await inside('route', 'add', 'default', 'via', `${prefix}.1`);
  await run('ip', ['netns', 'exec', name, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  return address;
}
