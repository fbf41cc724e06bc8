import { tokenSchema, type DeploymentProgress } from '#libs/contracts';
import { openDeployer } from '../adapters/deployer.js';
import { tableLines } from '../domain/table.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { valid } from './valid.js';

/** Every stored step of a request, with its time and the replica that wrote it. */
export async function history(token: string, output: Output): Promise<ExitCode> {
  valid({ argument: '<token>', schema: tokenSchema, text: token });
  const deployer = openDeployer();
  const steps = await deployer.history(token);
  const { state } = await deployer.request(token);
  const head = ['AT', 'SERVICE', 'STEP', 'PHASE', 'MS', 'NODE', 'REPLICA', 'SAID'];
  output.answer(steps, [
    ...(steps.length === 0 ? ['No step: it was answered at once.'] : tableLines(head, steps.map(row))),
    `The request ${endings[state] ?? state}.`,
  ]);
  return exitCodes.ok;
}

const endings: Readonly<Record<string, string>> = {
  open: 'is being worked on',
  cancelling: 'is being cancelled',
  succeeded: 'has succeeded',
  failed: 'has failed',
};

const NONE = '-';

function row({ at, service, event, phase, ms, node, replica, data }: DeploymentProgress): string[] {
  const time = ms === undefined ? NONE : String(Math.round(ms));
  return [at, service ?? NONE, event, phase ?? NONE, time, node ?? NONE, replica, said(data)];
}

/** The code of what went wrong, or how it ended. */
function said({ error, outcome }: DeploymentProgress['data']): string {
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code);
  return typeof outcome === 'string' ? outcome : '';
}
