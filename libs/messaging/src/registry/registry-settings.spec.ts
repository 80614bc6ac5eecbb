import { renderSettings } from '@haproxystats/runtime';
import { loadConfig } from '../../../../test/support/load-config';
import { registrySettingsOf, validateRegistry } from './registry-settings';

const url = 'url = https://registry.example.org:8081/apis\n';
const load = (text: string) => loadConfig(`[registry]\n${text}`, { validators: [validateRegistry] });

describe('[registry]', () => {
  it('is not there unless a url is named', () => {
    expect(registrySettingsOf(load('').settings)).toBeUndefined();
    expect(registrySettingsOf(load(url).settings)).toEqual({
      url: 'https://registry.example.org:8081/apis',
      timeoutMs: 3_000,
    });
  });

  it('takes a login whose password is set or in a file, and a CA', () => {
    const { settings } = loadConfig(
      `[registry]\n${url}username = me\npassword = s3cret\ntls-ca = /ca\ntimeout = 0.5\n`,
    );
    expect(registrySettingsOf(settings)).toMatchObject({
      login: { username: 'me', password: 's3cret' },
      caFile: '/ca',
      timeoutMs: 500,
    });
    expect(renderSettings({ settings })).toMatch(/\[registry\][^[]*password = \*\*\*/);
    expect(renderSettings({ settings })).not.toContain('s3cret');
    const file = loadConfig(`[registry]\n${url}username = me\npassword-file = /p\n`).settings;
    expect(registrySettingsOf(file)?.login?.password).toEqual({
      section: 'registry',
      key: 'password-file',
      path: '/p',
    });
  });

  it.each([
    [
      'username = me\npassword = s3cret\n',
      "option 'username' in section 'registry': it counts only with 'url'",
    ],
    [`${url}password = s3cret\n`, "option 'password' in section 'registry': it counts only with 'username'"],
    [`${url}password-file = /p\n`, "'password-file' in section 'registry': it counts only with 'username'"],
    [`${url}username = me\n`, "a login needs 'password' or 'password-file' too"],
    [`${url}username = me\npassword = s3cret\npassword-file = /p\n`, 'are both set: keep one of them'],
    [`${url}username = me\npassword-file = /nowhere/p\n`, "'/nowhere/p' cannot be read"],
    [`${url}tls-ca = /nowhere/ca\n`, "'/nowhere/ca' cannot be read"],
    ['url = http://registry:8081\ntls-ca = /ca\n', "it counts only with an 'https://' url"],
    ['url = http://me:s3cret@registry:8081\n', 'a login does not belong into the URL'],
    ['url = registry:8081\n', 'not a URL such as http://host:8081'],
    ['url = http://registry:8081/?key=s3cret\n', 'not a URL such as http://host:8081'],
  ])('refuses %j, without a word of the password', (text, expected) => {
    const { faults } = load(text);
    expect(faults.join('\n')).toContain(expected);
    expect(faults.join('\n')).not.toContain('s3cret');
  });
});
