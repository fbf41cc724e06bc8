const MOST_SECONDS = 60;

/** `Prefer: wait=SECONDS` of RFC 7240, 60 s at most; undefined where the client does not want to wait. */
export function preferredWait(header: string | undefined): number | undefined {
  const preferences = (header ?? '').split(/[,;]/).map((one) => one.trim());
  const seconds = preferences.flatMap((one) => /^wait\s*=\s*"?(\d{1,9})"?$/i.exec(one)?.[1] ?? [])[0];
  return seconds === undefined ? undefined : Math.min(Number(seconds), MOST_SECONDS);
}
