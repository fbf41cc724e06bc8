import { serviceNameSchema } from '#libs/contracts';
import { usageError } from '../errors.js';

/** What is asked for of one service. */
export interface ServiceWish {
  readonly name: string;
  readonly source?: { readonly blob: string };
  readonly release?: string;
  readonly dependsOn?: readonly string[];
}

export interface ServiceOptions {
  /** Each `web=db,cache`: web begins when db and cache have succeeded. */
  readonly depends?: readonly string[];
  /** Of the only service. */
  readonly release?: string;
}

/** The services by name, with what the options say of them. Throws a usage error that names the option at fault. */
export function serviceWishes(
  names: readonly string[],
  { depends = [], release }: ServiceOptions = {},
): readonly ServiceWish[] {
  if (release !== undefined && names.length > 1)
    throw usageError('USAGE', '--release is of one service, and there are several', {
      hint: 'Name one service, or leave --release out: each runs its newest.',
    });
  const orders = depends.map(parseOrder);
  const stranger = orders.find(({ name }) => !names.includes(name));
  if (stranger !== undefined)
    throw usageError('USAGE', `--depends names ${stranger.name}, which is not asked for`, {
      hint: `Asked for: ${names.join(', ')}.`,
    });
  return names.map((name) => {
    const dependsOn = orders.filter((order) => order.name === name).flatMap((order) => order.others);
    return { name, release, ...(dependsOn.length === 0 ? {} : { dependsOn: [...new Set(dependsOn)] }) };
  });
}

function parseOrder(text: string): { readonly name: string; readonly others: readonly string[] } {
  const [name = '', list = '', ...more] = text.split('=');
  const others = list.split(',');
  const isName = (part: string): boolean => serviceNameSchema.safeParse(part).success;
  if (more.length === 0 && [name, ...others].every(isName)) return { name, others };
  throw usageError(
    'USAGE',
    `--depends is ${JSON.stringify(text)}: it must be such as web=db or web=db,cache`,
    {
      hint: 'Left the service that waits, right the ones that must have succeeded first.',
    },
  );
}
