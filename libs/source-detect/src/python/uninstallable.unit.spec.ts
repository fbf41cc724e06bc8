import { describe, expect, it } from 'vitest';
import { FLASK, plan } from './python.testing.js';

const withLine = (line: string, more: Readonly<Record<string, string>> = {}) =>
  plan({ 'app.py': FLASK, 'requirements.txt': `flask==3.1.0\n${line}\n`, ...more });

describe('a pip freeze of another machine failed in the middle of the build', () => {
  it.each([
    ['pywin32==306', 'requirements.txt names pywin32, which is there for Windows only'],
    ['pyobjc_core==10.3', 'requirements.txt names pyobjc-core, which is there for macOS only'],
    ['pkg_resources==0.0.0', 'names pkg-resources==0.0.0, which is no package'],
    [
      'click @ file:///home/conda/feedstock_root/build_artifacts/click_1/work',
      'names click by a path of the machine on which it was written',
    ],
    ['shop @ file:///C:/Users/kim/shop', 'names shop by a path of the machine'],
    ['-e c:\\users\\kim\\shop', 'names a package by a path of the machine'],
    ['-e ../shared', 'requirements.txt names ../shared, and no such folder is in the source'],
    ['./shared', 'requirements.txt names shared, and no such folder is in the source'],
  ])('%s is refused before it', (line, why) => {
    expect(() => withLine(line)).toThrow('config.json: install: ');
    expect(() => withLine(line)).toThrow(why);
  });

  it.each([
    ['pywin32==306; sys_platform == "win32"', {}],
    ['pywin32-ctypes==0.2', {}],
    ['./shared', { 'shared/setup.py': '' }],
    ['shared @ file:///app/shared', { 'shared/setup.py': '' }],
    ['own @ https://example.org/c:/own.whl', {}],
  ])('%s is installed', (line, more) => {
    expect(withLine(line, more).install.length).toBeGreaterThan(0);
  });

  it('names a way that writes it down as it can be installed, and never the path', () => {
    try {
      withLine('click @ file:///home/kim/secret/click');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ hint: expect.stringContaining('pip list --format=freeze') as string });
      expect(String(error)).not.toContain('kim');
    }
  });
});
