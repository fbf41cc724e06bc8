import { tokenSchema } from '#libs/contracts';
import { openDeployer } from '../adapters/deployer.js';
import { beforeSending } from '../before-sending.js';
import { errorLines } from '../domain/reply-lines.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { deployerAndKafkaSettings } from '../settings.js';
import { ask, asQuestion, buildRequest, type Following } from './request.js';
import { valid } from './valid.js';

interface CancelOptions extends Following {
  /** The token of the request that is to end. */
  readonly cancels: string;
}

/** Ends a request: what it does stops, what it left is removed, and its own reply says so. */
export async function cancel(options: CancelOptions, output: Output): Promise<ExitCode> {
  const { cancels, timeoutMs } = options;
  valid({ argument: '<token>', schema: tokenSchema, text: cancels });
  deployerAndKafkaSettings();
  // Messages of one application keep their order: the cancel cannot overtake what it cancels.
  const { appId } = await beforeSending(options.interrupted, () => openDeployer().request(cancels));
  const request = buildRequest({ mode: 'cancel', appId, services: [], timeoutMs, cancels });
  const { reply, elapsedMs } = await ask(asQuestion(request), options, output);
  const { paint } = output;
  const next = `slipway history ${cancels}`;
  output.answer({ ...reply, elapsedMs: Math.round(elapsedMs), next }, [
    ...(reply.error === undefined
      ? [`${paint.good('✔')} ${cancels} is being cancelled`]
      : errorLines(reply.error, paint, '')),
    `next: ${paint.bold(next)}`,
  ]);
  return reply.status ? exitCodes.ok : exitCodes.failed;
}
