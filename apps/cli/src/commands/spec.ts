import { appIdSchema, serviceNameSchema, type SpecRevision } from '#libs/contracts';
import { openDeployer } from '../adapters/deployer.js';
import { tableLines } from '../domain/table.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { valid } from './valid.js';

interface SpecOptions {
  readonly appId: string;
  readonly service: string;
}

/** What is wanted of a service, what runs, and its last changes: the newest first. */
export async function spec({ appId, service }: SpecOptions, output: Output): Promise<ExitCode> {
  valid(
    { argument: '<app>', schema: appIdSchema, text: appId },
    { argument: '<service>', schema: serviceNameSchema, text: service },
  );
  const found = await openDeployer().spec(appId, service);
  const head = ['REVISION', 'STATE', 'COUNT', 'RELEASE', 'CPU', 'MEMORY', 'WHEN', 'BY', 'REQUEST', 'REASON'];
  const [now] = found.history;
  const wanted = now === undefined ? 0 : now.spec.state === 'running' ? now.spec.count : 0;
  output.answer(found, [
    `${appId}/${service}: ${found.running}/${wanted} running${declaredNote(now)}`,
    '',
    ...tableLines(head, found.history.map(row)),
  ]);
  return exitCodes.ok;
}

function declaredNote(now: SpecRevision | undefined): string {
  if (now === undefined || now.spec.count === now.spec.declaredCount) return '';
  const { by, at } = now.spec.changes.count;
  return `; ${now.spec.count} wanted since \`${by}\` at ${at}, config.json declares ${now.spec.declaredCount}`;
}

const NONE = '-';

/** A name that was claimed and not verified is marked with a question mark. */
function row({
  revision,
  spec: wanted,
  principal,
  verified,
  reason,
  token,
  changedAt,
}: SpecRevision): string[] {
  return [
    ...[String(revision), wanted.state, String(wanted.count), wanted.release ?? NONE],
    ...[String(wanted.limits.cpu), `${wanted.limits.memoryMiB} MiB`, `${changedAt.slice(0, 19)}Z`],
    ...[verified ? principal : `${principal}?`, token, reason ?? NONE],
  ];
}
