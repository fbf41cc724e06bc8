import { readFileSync } from 'node:fs';

/** Loaded before an app: SIGUSR2 sets the app's clock off by as many milliseconds as a file says: this names it, without the process's number after a dot. */
export const CLOCK_FILE = 'SLIPWAY_CLOCK_FILE';

/** Steps what `Date` says and nothing else, as a system's clock that is set does: timers go on. */
function install(file: string): void {
  const RealDate = Date;
  let offMs = 0;
  const now = (): number => RealDate.now() + offMs;
  process.on('SIGUSR2', () => {
    offMs = Number(readFileSync(`${file}.${process.pid}`, 'utf8'));
  });
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    get: (target, key) => (key === 'now' ? now : (Reflect.get(target, key) as unknown)),
  });
}

const file = process.env[CLOCK_FILE];
if (file !== undefined) install(file);
