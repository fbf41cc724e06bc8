import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const OURS = /slipway/;

/**
 * What set-ups have on this host: processes, links, network namespaces, mounts, cgroups, firewall rules. What is on
 * it besides, and a set-up that runs the tests, is in every picture alike.
 */
export async function tracesOnHost(): Promise<ReadonlySet<string>> {
  const [links, namespaces, rules] = await Promise.all([
    run('ip', ['-o', 'link', 'show', 'type', 'bridge']),
    run('ip', ['netns', 'list']),
    run('iptables-save', []),
  ]);
  const found = [
    ...links.stdout.split('\n').map((line) => `link ${line.split(':')[1] ?? ''}`),
    ...namespaces.stdout.split('\n').map((line) => `namespace ${line.split(' ')[0] ?? ''}`),
    ...rules.stdout.split('\n').map((line) => `rule ${line}`),
    ...readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => `mount ${line}`),
    ...readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes('cgroup'))
      .flatMap(cgroups),
    ...processes(),
  ];
  return new Set(found.filter((line) => OURS.test(line)));
}

/** The first two levels of one mounted hierarchy. */
function cgroups(mountLine: string): readonly string[] {
  const root = mountLine.split(' ')[4] ?? '';
  const children = (path: string): readonly string[] =>
    readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${path}/${entry.name}`);
  return children(root).map((path) => `cgroup ${path}`);
}

/** By command line and working folder; this process and its parents have neither of a set-up's. */
function processes(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const scope = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
        return [`process ${pid} ${command} ${OURS.test(scope) ? 'in a cgroup of slipway' : ''}`];
      } catch {
        return []; // It ended meanwhile.
      }
    });
}

/** What is there now and was not before. */
export async function newSince(before: ReadonlySet<string>): Promise<readonly string[]> {
  return [...(await tracesOnHost())].filter((trace) => !before.has(trace));
}
