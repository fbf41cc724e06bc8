import type { FeedEntry, FromLoadBalancer } from '#libs/contracts';

const texts = new WeakMap<readonly FeedEntry[], string>();

/** As JSON. The entries of a message that goes to many gateways are written once. */
export function encoded(message: FromLoadBalancer): string {
  if (!('entries' in message)) return JSON.stringify(message);
  const { entries, ...others } = message;
  const text = texts.get(entries) ?? JSON.stringify(entries);
  texts.set(entries, text);
  return `${JSON.stringify(others).slice(0, -1)},"entries":${text}}`;
}
