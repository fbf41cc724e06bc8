import { describe, expect, it } from 'vitest';
import { command, type Files, found, plan, WSGI } from './python.testing.js';

describe('Django', () => {
  const django = (settings: string, more: Files = {}): Files => ({
    'requirements.txt': 'django\ngunicorn\n',
    'manage.py': 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    'shop/settings.py': settings,
    'shop/wsgi.py': '',
    ...more,
  });
  const STATIC = 'INSTALLED_APPS = ["django.contrib.staticfiles"]\nSTATIC_ROOT = BASE_DIR / "static"\n';

  it('collects its static files only where its settings say where to', () => {
    expect(plan(django(STATIC)).build).toEqual([
      { argv: ['python', 'manage.py', 'collectstatic', '--noinput'] },
    ]);
    expect(
      plan(django('INSTALLED_APPS = ["django.contrib.staticfiles"]\n# STATIC_ROOT = "x"\n')).build,
    ).toEqual([]);
    expect(plan(django(STATIC), { env: { DISABLE_COLLECTSTATIC: '1' } }).build).toEqual([]);
    expect(plan(django(STATIC), { build: 'make assets' }).build[0]?.argv).toEqual(['make', 'assets']);
  });

  it('collects them with stand-ins for the secrets that its settings read', () => {
    const files = django(`${STATIC}KEY = env("SECRET_KEY")\nDB = env("DATABASE_URL")\n`);
    const secrets = { secrets: { SECRET_KEY: 'key', DATABASE_URL: 'db', MAIL: 'mail' } };
    const env = ['env', 'SECRET_KEY=not-known-to-the-build', 'DATABASE_URL=sqlite:///:memory:'];
    expect(plan(files, secrets).build[0]?.argv.slice(0, 3)).toEqual(env);
    expect(found(files, secrets)).toContain(
      'static files are collected, with a stand-in for SECRET_KEY and DATABASE_URL, by STATIC_ROOT of its settings; ',
    );
  });

  it.each([
    ['ALLOWED_HOSTS = []', 'localhost'],
    [
      'ALLOWED_HOSTS: list[str] = [\n    "shop.example.org",  # the site\n    \'.example.net\',\n]',
      'shop.example.org, .example.net',
    ],
  ])('ran, and answered 400 at the address that a deployment gave: %s', (settings, hosts) => {
    expect(found(django(`DEBUG = True\n${settings}\n`))).toContain(
      `it answers at no other host than ${hosts}, by ALLOWED_HOSTS of its settings`,
    );
  });

  it.each([
    'ALLOWED_HOSTS = ["*"]',
    'ALLOWED_HOSTS = env("HOSTS").split(",")',
    'ALLOWED_HOSTS = ["a", env("HOST")]',
    'ALLOWED_HOSTS = []\nALLOWED_HOSTS += more',
    '# ALLOWED_HOSTS = []',
  ])('says nothing of hosts that are not sure: %s', (settings) => {
    expect(found(django(`${settings}\n`))).not.toContain('no other host');
  });

  it('uses the settings of its server, where they are split', () => {
    const split = {
      'requirements.txt': 'django\ngunicorn\n',
      'manage.py': 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\n',
      'config/wsgi.py': 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
      'config/settings/base.py': STATIC,
      'config/settings/local.py': '',
      'config/settings/production.py': '',
    };
    expect(plan(split).build[0]?.argv.at(-1)).toBe('--settings=config.settings.production');
    expect(command(split)).toBe(`${WSGI} config.wsgi:application`);
  });

  it('is served by ASGI where only such a server is there, and from its folder', () => {
    const files = django('', { 'requirements.txt': 'django\ndaphne\n', 'shop/asgi.py': '' });
    expect(command(files)).toBe('daphne -b 0.0.0.0 -p 8000 shop.asgi:application');
    const below = Object.fromEntries(
      Object.entries(django('')).map(([path, text]) => [
        path === 'requirements.txt' ? path : `site/${path}`,
        text,
      ]),
    );
    expect(plan(below).env['PYTHONPATH']).toBe('/app/site');
  });
});
