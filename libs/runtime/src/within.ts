/**
 * The result of `work`, or an error `<who> does not answer within <ms> ms` once it has taken longer. The work itself
 * goes on, and what it comes to is passed over: a connection that was cut may answer nothing for a quarter of an hour.
 */
export async function within<T>(ms: number, who: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${who} does not answer within ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
