import type { Change } from '#libs/contracts';

const signs: Readonly<Record<Change['action'], string>> = { build: '+', start: '+', replace: '~', stop: '-' };

/** One thing that would be done: `~ replace NAME on node-1`. */
export function changeLine({ action, instance, node }: Change): string {
  const what = instance === undefined ? '' : ` ${instance}`;
  return `${signs[action]} ${action}${what}${node === undefined ? '' : ` on ${node}`}`;
}
