/** A metric of an app as it is now; the line with these labels where it has several. 0 where there is none yet. */
export async function metricOf(url: string, name: string, labels = ''): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((one) => /^[^ {]+/.exec(one)?.[0] === name && one.includes(labels));
  return Number(line?.split(' ').at(-1) ?? 0);
}
