import {
  accessTokenSchema,
  type ExplainedPlacement,
  tokenSchema,
  type WaitingInstance,
} from '#libs/contracts';
import { type LoadBalancer, openLoadBalancer } from '../adapters/load-balancer.js';
import { placementLines } from '../domain/placement-lines.js';
import { waitingLines } from '../domain/waiting-lines.js';
import { CliError, exitCodes, type ExitCode, failure } from '../errors.js';
import type { Output } from '../output.js';
import { valid } from './valid.js';
import { waitingForRoom } from './waiting-for-room.js';

/** Why an instance is where it is, why a node request was refused, or what it waits for. */
export async function explainPlacement(word: string, output: Output): Promise<ExitCode> {
  valid({ argument: '<token-or-instance>', schema: accessTokenSchema, text: word });
  const found = await placementsOf(openLoadBalancer(), word);
  const waiting = isOfOneAnswer(word, found) ? [] : await waitingOf(word, output);
  if (found.length === 0 && waiting.length === 0)
    throw failure('PLACEMENT_UNKNOWN', `No placement of ${word} is kept`, {
      hint: 'It is neither an access token (TOKEN:SERVICE:ORDINAL), nor an instance, nor the token of a request of which something is kept.',
      next: 'slipway status',
    });
  const blocks = [
    ...waiting.map((one) => waitingLines([one])),
    ...found.map((placement) => placementLines(placement, output.paint)),
  ];
  output.answer(
    [...waiting.map((one) => ({ outcome: 'waiting', ...one })), ...found],
    blocks.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines])),
  );
  return exitCodes.ok;
}

/** Nothing else can be asked about by its word: neither its request, nor what still waits. */
const isOfOneAnswer = (word: string, found: readonly ExplainedPlacement[]): boolean =>
  found.some(({ accessToken }) => accessToken === word);

/** What waits for room has no answer yet. The deployer knows what it lacks. */
async function waitingOf(word: string, output: Output): Promise<readonly WaitingInstance[]> {
  const waiting = await waitingForRoom({}, output);
  return waiting.filter(({ token, accessToken }) => token === word || accessToken === word);
}

/** A word may be any of three, and what one cannot be is not asked for. */
async function placementsOf(api: LoadBalancer, word: string): Promise<readonly ExplainedPlacement[]> {
  const one = await known(() =>
    // No name of a container has a colon, and each access token has two.
    word.includes(':') ? api.placement(word) : api.placementOfInstance(word),
  );
  if (one !== undefined) return [one];
  return tokenSchema.safeParse(word).success ? api.placementsOfRequest(word) : [];
}

async function known<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof CliError && error.code === 'PLACEMENT_UNKNOWN') return undefined;
    throw error;
  }
}
