import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { settingsTable } from '@haproxystats/runtime';
import { kafkaAclCommands, kafkaUsers, redisAclRules, type KafkaUserName } from '../support/access-table';

const path = resolve(__dirname, '../../docs/SECURITY.md');
const block = /(<!-- The commands are those of .* -->\n)[^]*?(?=\n- One processor)/;
const users = Object.keys(kafkaUsers) as KafkaUserName[];

/** A heading and a block for each user. */
function renderRights(): string {
  const parts = users.map(
    (user) =>
      `\nUser \`${user}\`, ${kafkaUsers[user].does}:\n\n\`\`\`\n${kafkaAclCommands(user).join('\n')}\n\`\`\`\n`,
  );
  return parts.join('');
}

describe('docs/SECURITY.md', () => {
  if (process.env['UPDATE_DOCS'] === '1') {
    const page = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      page.replace(block, (_, comment: string) => comment + renderRights()),
    );
  }
  const page = readFileSync(path, 'utf8');

  it('grants in Kafka what the security test runs with (UPDATE_DOCS=1 writes it anew)', () => {
    expect(block.exec(page)?.[0]).toContain(renderRights());
    const shown = page.split('\n').filter((line) => line.startsWith('kafka-acls'));
    expect(shown).toEqual(users.flatMap(kafkaAclCommands));
  });

  it('grants in Redis what the security test runs with', () => {
    expect(page).toContain(`\nACL SETUSER hs ${redisAclRules('PASSWORD')}\n`);
  });

  it('names every option of TLS and logins', () => {
    const options = settingsTable.filter(({ key }) => /^(tls|sasl|password)/.test(key)).map(({ key }) => key);
    expect(options.length).toBeGreaterThan(10);
    expect(options.filter((key) => !page.includes(key))).toEqual([]);
  });
});
