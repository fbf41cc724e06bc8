import { describe, expect, it } from 'vitest';
import { FLASK, found, plan } from './python.testing.js';

const LOCK =
  'lock-version = "1.0"\nrequires-python = ">=3.9"\n[[packages]]\nname = "flask"\n[[packages]]\nname = "waitress"\n';

describe('pylock.toml (PEP 751)', () => {
  it('is installed by uv, and names the server', () => {
    const files = { 'pylock.toml': LOCK, 'app.py': FLASK };
    const { install, manifests, base, command } = plan(files);
    expect(install.map(({ argv }) => argv)).toEqual([['uv', 'pip', 'sync', 'pylock.toml']]);
    expect(manifests).toEqual(['pylock.toml']);
    expect(base).toMatchObject({ version: { text: '>=3.9' } });
    expect(command?.[0]).toBe('waitress-serve');
    expect(found(files)).toContain('uv 0.13.9, by pylock.toml');
  });

  it('wins over the ranges of pyproject.toml, and gives way to requirements.txt, which says so', () => {
    const project = '[project]\nname = "x"\nversion = "1"\ndependencies = ["flask"]\n';
    const both = { 'pylock.toml': LOCK, 'pyproject.toml': project, 'app.py': FLASK };
    expect(plan(both).install[0]?.argv[0]).toBe('uv');
    expect(found({ ...both, 'requirements.txt': 'flask\n' })).toContain(
      'pylock.toml is not read, since requirements.txt is there',
    );
  });

  it('may have a name of its own, where it is the only one', () => {
    expect(plan({ 'pylock.prod.toml': LOCK, 'app.py': FLASK }).manifests).toEqual(['pylock.prod.toml']);
  });

  it('that names a folder of the source is installed with the whole source', () => {
    const text = `${LOCK}[[packages]]\nname = "units"\n[packages.directory]\npath = "units"\n`;
    expect(plan({ 'pylock.toml': text, 'app.py': FLASK }).installNeedsSource).toBe(true);
  });
});
