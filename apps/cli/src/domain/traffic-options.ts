import { parseWeight } from './weights.js';

/** What was given of `slipway traffic`, as it was written. */
export interface TrafficOptionsGiven {
  readonly weight?: readonly string[];
  readonly for?: string;
  readonly release?: string;
  readonly instances?: number;
  readonly reason?: string;
  readonly token?: string;
  readonly isTimeoutGiven: boolean;
}

/** What is wrong with options, and what to do instead. */
export interface OptionProblem {
  readonly message: string;
  readonly hint: string;
}

/** An option that would be accepted and do nothing beside the others; undefined where each does something. Pure. */
export function idleOption(given: TrafficOptionsGiven): OptionProblem | undefined {
  const { weight, release, isTimeoutGiven } = given;
  if (weight !== undefined && release !== undefined)
    return {
      message: '--weight cannot be used with --release',
      hint: 'One weighs instances, the other gives requests to a release: they are two commands.',
    };
  if (given.for !== undefined && weight?.some((text) => parseWeight(text)?.weight !== undefined) !== true)
    return weight === undefined
      ? { message: '--for needs --weight', hint: 'Such as: --weight shop-prices-t1-0=20 --for 10m' }
      : { message: '--for cannot be used with auto alone', hint: 'auto ends a weight at once.' };
  if (release !== undefined) return undefined;
  if (given.instances !== undefined)
    return {
      message: '--instances needs --release',
      hint: 'It says how many instances of that release run. Of all others: slipway scale.',
    };
  const [idle] = [
    ...(given.reason === undefined ? [] : ['--reason']),
    ...(given.token === undefined ? [] : ['--token']),
    ...(isTimeoutGiven ? ['--timeout'] : []),
  ];
  return idle === undefined
    ? undefined
    : { message: `${idle} needs --release`, hint: 'Nothing else of slipway traffic is a request.' };
}
