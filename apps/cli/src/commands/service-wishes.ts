import { MOST_INSTANCES, writtenServiceNameSchema } from '#libs/contracts';
import { meantBy } from '../domain/targets.js';
import { usageError } from '../errors.js';

/** What is asked for of one service. */
export interface ServiceWish {
  readonly name: string;
  readonly source?: { readonly blob: string; readonly sha256?: string };
  readonly release?: string;
  readonly dependsOn?: readonly string[];
  readonly replicas?: number;
}

export interface ServiceOptions {
  /** Each `web=db,cache`: web begins when db and cache have succeeded. */
  readonly depends?: readonly string[];
  /** Of the only service. */
  readonly release?: string;
  /** Each `3`, of the only service, or `web=3`. */
  readonly replicas?: readonly string[];
}

/** The services by name, with what the options say of them. Throws a usage error that names the option at fault. */
export function serviceWishes(
  names: readonly string[],
  { depends = [], release, replicas = [] }: ServiceOptions = {},
): readonly ServiceWish[] {
  if (release !== undefined && names.length > 1)
    throw usageError('USAGE', '--release needs exactly one service', {
      hint: 'Name one service, or leave --release out to run the current one of each.',
    });
  const orders = depends.map(parseOrder);
  const stranger = orders.find(({ name }) => meantBy(names, name) === undefined);
  if (stranger !== undefined)
    throw usageError('USAGE', `--depends names ${stranger.name}, which is not in this command`, {
      hint: `The services of this command: ${names.join(', ')}.`,
    });
  const counts = parseCounts(replicas, names);
  return names.map((name) => {
    const dependsOn = orders
      .filter((order) => meantBy(names, order.name) === name)
      .flatMap((order) => order.others);
    const count = counts.get(name);
    return {
      name,
      release,
      ...(count === undefined ? {} : { replicas: count }),
      ...(dependsOn.length === 0 ? {} : { dependsOn: [...new Set(dependsOn)] }),
    };
  });
}

function parseCounts(texts: readonly string[], names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [name, count] of texts.map((text) => parseCount(text, names))) {
    if (counts.has(name))
      throw usageError('USAGE', `--replicas names ${name} twice`, {
        hint: `Give one count of it, such as --replicas ${name}=${count}.`,
      });
    counts.set(name, count);
  }
  return counts;
}

/** `3` or `web=3`: a service and how many instances of it are wanted. */
function parseCount(text: string, names: readonly string[]): readonly [string, number] {
  const [, named, digits = ''] = /^(?:([^=]+)=)?(\d{1,3})$/.exec(text) ?? [];
  const count = Number(digits);
  if (digits === '' || count > MOST_INSTANCES)
    throw usageError('USAGE', `--replicas is ${JSON.stringify(text)}: it must be such as 3 or web=3`, {
      hint: `The count is a whole number from 0 to ${MOST_INSTANCES}.`,
    });
  const only = names.length === 1 ? names[0] : undefined;
  const name = named === undefined ? only : meantBy(names, named);
  if (name !== undefined) return [name, count];
  throw usageError(
    'USAGE',
    named === undefined
      ? '--replicas must name its service: there are several'
      : `--replicas names ${named}, which is not asked for`,
    { hint: `Such as --replicas ${names[0] ?? 'web'}=${count}. Asked for: ${names.join(', ')}.` },
  );
}

function parseOrder(text: string): { readonly name: string; readonly others: readonly string[] } {
  const [name = '', list = '', ...more] = text.split('=');
  const others = list.split(',');
  const isName = (part: string): boolean => writtenServiceNameSchema.safeParse(part).success;
  if (more.length === 0 && [name, ...others].every(isName)) return { name, others };
  throw usageError(
    'USAGE',
    `--depends is ${JSON.stringify(text)}: it must be such as web=db or web=db,cache`,
    {
      hint: 'The service that waits stands on the left, the services it waits for on the right.',
    },
  );
}
