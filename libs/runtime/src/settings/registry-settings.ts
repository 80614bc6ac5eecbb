import { registryUrl } from './checks';
import type { Setting } from './setting';

/** [registry]: where the schemas of the result topics are, for records in Avro. */
export const registrySettings = [
  {
    section: 'registry',
    key: 'url',
    type: 'string',
    check: registryUrl,
    doc: 'The schema registry that keeps the schemas of the result topics, as `http://host:8081` or `https://…`, with a path where its Confluent API has one, as in `http://host:8080/apis/ccompat/v7`. Needed for results in Avro, and for nothing else.',
  },
  {
    section: 'registry',
    key: 'username',
    type: 'string',
    doc: 'Who logs in to the registry (HTTP basic authentication). The services need to read only, `haproxystats schemas register` to write too. Unset = nobody logs in.',
  },
  {
    section: 'registry',
    key: 'password',
    type: 'string',
    secret: 'whole',
    doc: 'The password. Set it by the environment, or use `password-file`.',
  },
  {
    section: 'registry',
    key: 'password-file',
    type: 'string',
    doc: 'A file with the password on one line, instead of `password`. It is read again at each request, and so is the file of `tls-ca`.',
  },
  {
    section: 'registry',
    key: 'timeout',
    type: 'seconds',
    min: 0.001,
    default: 3,
    doc: 'How long a request to the registry may take as a whole. Then it is tried again later; what needs no schema that is new goes on meanwhile.',
  },
  {
    section: 'registry',
    key: 'tls-ca',
    type: 'string',
    doc: 'For `https://`: a PEM file with the CA that has signed the certificate of the registry. Unset = the CAs that Node.js comes with.',
  },
] as const satisfies readonly Setting[];
