export interface CarbonSettings {
  readonly interface: string;
  readonly port: number;
  /** Answers what is not yet in the files. */
  readonly cacheQueryPort: number;
  /** Port 0 is any free one. */
  readonly pickleReceiverPort: number;
  /** Absolute, where carbon looks for its other files. */
  readonly configDirectory: string;
  readonly storageDirectory: string;
  readonly whisperDirectory: string;
}

/**
 * carbon.conf: every metric gets a file, but no more than some hundred writes a second keep carbon from reading what comes, on a machine
 * that is busy with other tests: what is not yet written it answers from memory. No metrics of carbon's own.
 */
export function carbonConf(settings: CarbonSettings): string {
  return `[cache]
USER =
CONF_DIR = ${settings.configDirectory}
STORAGE_DIR = ${settings.storageDirectory}
LOG_DIR = ${settings.storageDirectory}
PID_DIR = ${settings.storageDirectory}
LOCAL_DATA_DIR = ${settings.whisperDirectory}
LINE_RECEIVER_INTERFACE = ${settings.interface}
LINE_RECEIVER_PORT = ${settings.port}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = ${settings.pickleReceiverPort}
CACHE_QUERY_INTERFACE = ${settings.interface}
CACHE_QUERY_PORT = ${settings.cacheQueryPort}
CARBON_METRIC_INTERVAL = 0
ENABLE_TAGS = False
MAX_CACHE_SIZE = inf
MAX_CREATES_PER_MINUTE = inf
MAX_UPDATES_PER_SECOND = 500
WHISPER_SPARSE_CREATE = True
LOG_UPDATES = False
LOG_CREATES = False
LOG_CACHE_HITS = False
LOG_CACHE_QUEUE_SORTS = False
`;
}

/** storage-schemas.conf: one point a second for an hour, whatever the metric. */
export const storageSchemasConf = '[everything]\npattern = .*\nretentions = 1s:1h\n';
