import { spawn } from 'node:child_process';
import { desktopSettings } from '../settings.js';

/** What opens a URL, by platform. */
const PROGRAMS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
  linux: ['xdg-open'],
};

/** Over SSH and in containers there is none. */
export function hasDesktop(): boolean {
  if (process.platform !== 'linux') return PROGRAMS[process.platform] !== undefined;
  const { DISPLAY, WAYLAND_DISPLAY } = desktopSettings();
  return Boolean(DISPLAY ?? WAYLAND_DISPLAY);
}

/** Resolves once it was started. Where the program is missing nothing happens: the address was printed. */
export async function openInBrowser(url: string): Promise<void> {
  const [program, ...args] = PROGRAMS[process.platform] ?? [];
  if (program === undefined) return;
  const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore' });
  await new Promise<void>((resolve) => {
    child.once('spawn', resolve);
    child.once('error', () => resolve());
  });
  child.unref();
}
