import { z } from 'zod';
import { slipwayName, writtenAppIdSchema, writtenServiceNameSchema } from './names.js';

/** Of requests for deployments and for scaling alike. */
export const writtenNamesField = z
  .object({
    appId: writtenAppIdSchema.optional().describe('The application.'),
    services: z.array(writtenServiceNameSchema).max(100).optional().describe('The services.'),
  })
  .optional()
  .describe(
    'Names as they were written, where they have `_`. Leave it out: it is filled in when the request is read.',
  );

export type WrittenNames = NonNullable<z.infer<typeof writtenNamesField>>;

interface Named {
  readonly appId: string;
  readonly written?: WrittenNames;
}

/** The names of a request as they were written, where they are others here; those that it came with, too. */
export function writtenNames({ appId, written }: Named, services: readonly string[]) {
  const [app = written?.appId] = [appId].filter(isOtherHere);
  const others = [...new Set([...services.filter(isOtherHere), ...(written?.services ?? [])])];
  if (app === undefined && others.length === 0) return undefined;
  const names: WrittenNames = { appId: app, services: others.length === 0 ? undefined : others };
  return names;
}

const isOtherHere = (name: string): boolean => slipwayName(name) !== name;

/** Checks that `written` holds the request's own names, spelled otherwise. */
export function checkWritten(
  { appId, written }: Named,
  services: readonly string[],
  context: z.RefinementCtx,
): void {
  const isOneOf = (names: readonly string[], one: string): boolean =>
    names.some((name) => slipwayName(name) === slipwayName(one));
  const strangers = (written?.services ?? []).filter((service) => !isOneOf(services, service));
  const wrong = (field: string): void =>
    context.addIssue({
      code: 'custom',
      path: ['written', field],
      message: 'expected names of this request, with _ for some hyphens',
      input: undefined,
    });
  if (strangers.length > 0) wrong('services');
  if (written?.appId !== undefined && !isOneOf([appId], written.appId)) wrong('appId');
}

/** How a service was written, where that is another name than the one it has here. */
export const writtenService = (written: WrittenNames | undefined, service: string): string | undefined =>
  written?.services?.find((name) => isOtherHere(name) && slipwayName(name) === service);
