import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
  type AclEntry,
  type Admin,
} from 'kafkajs';
import { kafkaUsers, type Grant, type KafkaUserName } from './access-table';

const operations: Readonly<Record<Grant['operations'][number], AclOperationTypes>> = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Delete: AclOperationTypes.DELETE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
};

/** Grants rights, and takes them back, as the one who may do all. */
export class KafkaRights {
  private constructor(readonly admin: Admin) {}

  static async at(broker: string): Promise<KafkaRights> {
    const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    return new KafkaRights(admin);
  }

  async grantAll(): Promise<void> {
    for (const user of Object.keys(kafkaUsers) as KafkaUserName[])
      await this.grant(`User:${user}`, kafkaUsers[user].grants);
  }

  async grant(principal: string, grants: readonly Grant[]): Promise<void> {
    await this.admin.createAcls({ acl: entriesOf(principal, grants) });
  }

  async revoke(principal: string, grants: readonly Grant[]): Promise<void> {
    await this.admin.deleteAcls({ filters: entriesOf(principal, grants) });
  }

  close(): Promise<void> {
    return this.admin.disconnect();
  }
}

function entriesOf(principal: string, grants: readonly Grant[]): AclEntry[] {
  return grants.flatMap(({ resource, name, prefixed, operations: allowed }) =>
    allowed.map((operation) => ({
      principal,
      host: '*',
      operation: operations[operation],
      permissionType: AclPermissionTypes.ALLOW,
      resourceType: resource === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
      resourceName: name,
      resourcePatternType: prefixed ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    })),
  );
}
