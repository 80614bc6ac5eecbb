import type { Admin, Kafka } from 'kafkajs';

/** Settles as `work` does, once its connection is closed. Rejects as kafkajs does where no broker answers. */
export async function withAdmin<T>(
  kafka: Pick<Kafka, 'admin'>,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
