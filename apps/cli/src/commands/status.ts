import { appIdSchema, type RegistryServiceLine } from '#libs/contracts';
import { openNodeManager } from '../adapters/node-manager.js';
import { tableLines } from '../domain/table.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { valid } from './valid.js';

interface StatusOptions {
  /** Of every application when left out. */
  readonly appId?: string;
  /** Those that have ended, too. */
  readonly all: boolean;
}

/** What runs where. */
export async function status({ appId, all }: StatusOptions, output: Output): Promise<ExitCode> {
  valid({ argument: '<app>', schema: appIdSchema, text: appId });
  const registry = openNodeManager();
  const [services, instances] = await Promise.all([
    registry.services({ appId }),
    registry.instances({ appId, state: all ? undefined : 'running' }),
  ]);
  const rows = instances.map((i) => [i.appId, i.service, i.state, i.node, i.url, i.release, i.instance]);
  const head = ['APP', 'SERVICE', 'STATE', 'NODE', 'URL', 'RELEASE', 'INSTANCE'];
  const counted = services.filter(({ running, wanted }) => all || running > 0 || (wanted ?? 0) > 0);
  const lines = [
    ...(counted.length === 0
      ? []
      : tableLines(['APP', 'SERVICE', 'RUNNING', 'RELEASE'], counted.map(serviceRow))),
    ...(counted.length === 0 || rows.length === 0 ? [] : ['']),
    ...(rows.length === 0 ? [] : tableLines(head, rows)),
  ];
  output.answer(instances, lines.length === 0 ? nothing(appId, output) : lines);
  return exitCodes.ok;
}

/** `2/3`: two of three that are wanted. */
const serviceRow = ({ appId, service, running, wanted, release }: RegistryServiceLine): string[] => [
  ...[
    appId,
    service,
    wanted === undefined || wanted === null ? String(running) : `${running}/${wanted}`,
    release ?? '-',
  ],
];

function nothing(appId: string | undefined, { paint }: Output): string[] {
  const what = appId === undefined ? 'Nothing runs.' : `Nothing of ${appId} runs.`;
  return [what, `next: ${paint.bold(`slipway deploy <dir> --app ${appId ?? '<id>'}`)}`];
}
